# SPDX-License-Identifier: GPL-2.0-or-later
"""Arrays on their way to the worker and back: .npy files in a local folder, named in the request."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..core.card import ModelCard
from ..core.errors import InputError
from ..core.monitor import Monitor
from ..core.season import days_since, season_start_for
from ..core.slots import local_folder
from ..core.worker import Worker
from ..raster.samples import SampleSet


def write_arrays(folder: Path, arrays: dict[str, np.ndarray]) -> dict[str, str]:
    """Save each array as .npy in `folder`; return the paths by name."""
    paths = {name: folder / f"{name}.npy" for name in arrays}
    for name, array in arrays.items():
        np.save(paths[name], array, allow_pickle=False)
    return {name: str(path) for name, path in paths.items()}


def band_order(card: ModelCard, bands: tuple[str, ...], owner: str) -> list[int]:
    """Return the indices that put `bands` of `owner` into the model's order.

    Raises:
        InputError: a band of the model is missing.
    """
    missing = [name for name in card.bands if name not in bands]
    if missing:
        raise InputError(
            f"The model reads the bands {', '.join(card.bands)}, but {owner} has {', '.join(bands)}; missing: "
            f"{', '.join(missing)}. Choose or rename the bands in 'Build cube', or use another model."
        )
    return [bands.index(name) for name in card.bands]


def season_days(card: ModelCard, dates: tuple[str, ...]) -> list[float]:
    """Return the days of `dates` counted from the model's season start, in the years of `dates`."""
    return days_since(season_start_for(card.season_start, card.days[0], dates), dates)


@dataclass(frozen=True)
class Series:
    """Series without labels: values (N, T, C) as stored, valid (N, T), scale and offset (T, C)."""

    values: np.ndarray
    valid: np.ndarray
    bands: tuple[str, ...]
    dates: tuple[str, ...]
    scale: np.ndarray
    offset: np.ndarray


def predict(
    worker: Worker, job: Any, card: ModelCard, samples: SampleSet | Series, monitor: Monitor, attention: bool = False
) -> tuple[np.ndarray, Any]:
    """Let the worker classify `samples` with `job.model`; return probability (N, K), attention (N, heads, T) or None.

    Raises:
        InputError: a band of the model is missing in the samples.
    """
    order = band_order(card, samples.bands, "the sample file")
    with local_folder(samples.values.nbytes) as folder:
        arrays = write_arrays(folder, {"values": samples.values[:, :, order], "valid": samples.valid})
        outputs = {"probability": str(folder / "probability.npy")}
        if attention:
            outputs["attention"] = str(folder / "attention.npy")
        message = {
            "do": "predict",
            "model": job.model,
            "arrays": arrays,
            "scale": samples.scale[:, order].tolist(),
            "offset": samples.offset[:, order].tolist(),
            "days": season_days(card, samples.dates),
            "outputs": outputs,
            "device": job.device,
        }
        worker.request(message, monitor)
        return np.load(outputs["probability"]), np.load(outputs["attention"]) if attention else None


def draw(worker: Worker, figure: str, arrays: dict[str, Any], outputs: list[Path]) -> None:
    """Let the worker draw a figure of plugin/charts to each of `outputs` (.svg or .png)."""
    with local_folder(1 << 20) as folder:
        packed = folder / "figure.npz"
        np.savez(packed, **{name: np.asarray(value) for name, value in arrays.items()})
        message = {"do": "draw", "figure": figure, "arrays": str(packed), "outputs": [str(path) for path in outputs]}
        worker.request(message, Monitor())
