# SPDX-License-Identifier: GPL-2.0-or-later
"""Questions to the worker about the dates a model decides by: arrays out, arrays back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np

from ..core.card import ModelCard
from ..core.monitor import Monitor
from ..core.slots import local_folder
from ..core.worker import Worker
from ..raster.samples import SampleSet
from .exchange import Series, band_order, season_days, write_arrays


@dataclass(frozen=True)
class Asked:
    """A model and the series it is asked about; `device` as in jobs."""

    model: str
    card: ModelCard
    samples: Union[SampleSet, Series]
    device: str = "auto"

    def message(self, command: str) -> dict[str, Any]:
        """Return a request without arrays and outputs.

        Raises:
            InputError: a band of the model is missing in the samples.
        """
        order = self.order()
        return {
            "do": command,
            "model": self.model,
            "days": season_days(self.card, self.samples.dates),
            "scale": self.samples.scale[:, order].tolist(),
            "offset": self.samples.offset[:, order].tolist(),
            "device": self.device,
        }

    def order(self) -> list[int]:
        """Return where the model's bands stand among those of the samples.

        Raises:
            InputError: one is missing.
        """
        return band_order(self.card, self.samples.bands, "the samples")

    def arrays(self) -> dict[str, np.ndarray]:
        """Return values (N, T, C) in the model's bands and valid (N, T)."""
        return {"values": self.samples.values[:, :, self.order()], "valid": self.samples.valid}


def importance(
    worker: Worker, asked: Asked, method: str, monitor: Monitor, reach_days: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return probability (N, K) and importance (N, rows, T) by `method` (core/importance.py).

    Raises:
        InputError: the model cannot be explained so.
    """
    settings = {"method": method, "reach_days": reach_days}
    found = _ask(worker, asked, {"do": "importance", **settings}, ("probability", "importance"), monitor)
    return found["probability"], found["importance"]


def deletion(
    worker: Worker, asked: Asked, weights: np.ndarray, settings: dict[str, Any], monitor: Monitor
) -> np.ndarray:
    """Return the classes (1 + draws, counts, N) chosen without some dates of each series.

    First without the most important ones by `weights` (N, T), then without as many at random; `settings` holds
    counts, draws and seed.
    """
    request = {"do": "deletion", **settings}
    return _ask(worker, asked, request, ("predicted",), monitor, {"importance": weights})["predicted"]


def growth(worker: Worker, asked: Asked, monitor: Monitor) -> np.ndarray:
    """Return probability (T, N, K) of series that end with each date, NaN before anything was seen."""
    return _ask(worker, asked, {"do": "growth"}, ("probability",), monitor)["probability"]


def one_series(worker: Worker, asked: Asked, parts: tuple[str, ...], monitor: Monitor) -> dict[str, np.ndarray]:
    """Return all that `parts` ask of the first series: see worker/explain_command.explain_series."""
    with local_folder(1 << 20) as folder:
        arrays = {name: array[:1] for name, array in asked.arrays().items()}
        output = folder / "series.npz"
        message = {"arrays": write_arrays(folder, arrays), "parts": list(parts), "outputs": {"series": str(output)}}
        worker.request({**asked.message("explain_series"), **message}, monitor)
        with np.load(output, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}


def _ask(
    worker: Worker,
    asked: Asked,
    request: dict[str, Any],
    wanted: tuple[str, ...],
    monitor: Monitor,
    more: Optional[dict[str, np.ndarray]] = None,
) -> dict[str, np.ndarray]:
    """Send a request with the asked series and `more` arrays; return the `wanted` outputs by name."""
    with local_folder(2 * asked.samples.values.nbytes) as folder:
        outputs = {name: str(folder / f"out_{name}.npy") for name in wanted}
        arrays = write_arrays(folder, {**asked.arrays(), **(more or {})})
        message = {**asked.message(request["do"]), **request, "arrays": arrays, "outputs": outputs}
        worker.request(message, monitor)
        return {name: np.load(Path(path)) for name, path in outputs.items()}
