# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures: pure matplotlib functions of results.

FIGURES maps the name of a figure to its function. Each takes numpy arrays as keyword arguments (they travel by .npz:
names and dates as unicode arrays, single values as 0-d arrays) and returns a matplotlib Figure.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Callable

import numpy as np
from matplotlib.figure import Figure

from ..core.errors import InputError
from .areas import class_areas
from .attention import heads_heatmap, importance_by_class, importance_heatmap
from .comparison import accuracy_cost, class_dots, score_intervals, verdict_matrix
from .comparison_curves import attention_overlay, learning_overlay, reliability_diagram
from .comparison_matrices import confusion_differences, confusion_panels
from .early import early_season
from .filters import filter_responses
from .honesty import deletion_curves, seed_agreement
from .profile import profiles
from .rates import rate_sweep
from .scores import class_scores, confusion_matrix, learning_curves
from .series import series_explained
from .steps import attention_matrix, attention_steps
from .style import save_figure

FIGURES: dict[str, Callable[..., Figure]] = {
    function.__name__: function
    for function in (
        importance_by_class,
        importance_heatmap,
        heads_heatmap,
        learning_curves,
        rate_sweep,
        confusion_matrix,
        class_areas,
        class_scores,
        profiles,
        series_explained,
        attention_steps,
        attention_matrix,
        filter_responses,
        deletion_curves,
        seed_agreement,
        early_season,
        score_intervals,
        verdict_matrix,
        class_dots,
        confusion_panels,
        confusion_differences,
        accuracy_cost,
        reliability_diagram,
        learning_overlay,
        attention_overlay,
    )
}


def draw(name: str, arrays: Path, outputs: Iterable[Path]) -> None:
    """Draw figure `name` from the .npz file `arrays` into `outputs` (.svg, .png or .pdf).

    Raises:
        InputError: there is no such figure.
        OSError: a file cannot be read or written.
    """
    if name not in FIGURES:
        raise InputError(f"There is no figure '{name}': choose one of {', '.join(FIGURES)}.")
    with np.load(arrays, allow_pickle=False) as stored:
        figure = FIGURES[name](**{key: stored[key] for key in stored.files})
    save_figure(figure, [Path(output) for output in outputs])
