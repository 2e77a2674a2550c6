# SPDX-License-Identifier: GPL-2.0-or-later
"""Small model files, windows and slots for the tests of inference."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.core.products import PRODUCTS
from chronomap.plugin.core.records import to_plain
from chronomap.plugin.core.slots import OutputArray, SlotLayout
from chronomap.plugin.worker.architectures import build_network, registry
from chronomap.plugin.worker.classical import fit_classical
from chronomap.plugin.worker.mapping import OpenMap
from chronomap.plugin.worker.model_file import network_arrays, save_model
from synthetic import SCALE, series
from worker.making import BANDS, make_card, make_preparation, make_samples

CLASSES, DATES = 4, 9
DAYS = series(1, CLASSES, DATES)["days"].tolist()
KEYS = ("tempcnn", "ltae", "gru", "random_forest")


def write_model(path: Path, key: str, temperature: float = 1.0, **changed: Any) -> Path:
    """Write a small model: a network as it starts, with lively batch statistics, or a fitted forest."""
    card = make_card(key, CLASSES, DATES)
    card = replace(card, temperature=temperature, hyperparameters={**card.hyperparameters, **changed})
    if registry()[key].architecture.kind == "classical":
        card = replace(card, hyperparameters={**card.hyperparameters, "trees": 12})
        samples = make_samples(60, CLASSES, DATES)
        fitted = fit_classical(card, samples, make_preparation(card), Monitor())
        save_model(path, replace(card, is_refit=fitted.is_refit), fitted.arrays)
        return path
    torch.manual_seed(3)
    network = build_network(card)
    for name, buffer in network.named_buffers():
        if "running" in name:
            buffer.uniform_(0.5, 1.5)
    save_model(path, card, network_arrays(network))
    return path


def make_series(pixels: int, dtype: str = "int16", seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return values (n, T, C) as stored and valid (n, T): clouds, a pixel in seven without any date."""
    generator = np.random.default_rng(seed)
    values = generator.uniform(0, 5000, (pixels, DATES, len(BANDS))).astype(dtype)
    valid = generator.random((pixels, DATES)) < 0.6
    valid[::7] = False
    return values, valid


def layout_for(products: tuple[str, ...], pixels: int, dtype: str = "int16", **types: str) -> SlotLayout:
    """Return a slot layout; `types` change the type of a product."""
    outputs = [
        OutputArray(name, PRODUCTS[name].band_count(CLASSES, DATES), types.get(name, PRODUCTS[name].dtype))
        for name in products
    ]
    return SlotLayout(DATES, len(BANDS), pixels, dtype, tuple(outputs))


def map_open_message(folder: Path, model: Path, layout: SlotLayout, **changed: Any) -> dict[str, Any]:
    """Return a map_open request for one slot."""
    return {
        "do": "map_open",
        "model": str(model),
        "days": DAYS,
        "scale": np.full((DATES, len(BANDS)), SCALE).tolist(),
        "offset": np.zeros((DATES, len(BANDS))).tolist(),
        "slots": [str(folder), 1],
        "layout": to_plain(layout),
        "min_valid_dates": 1,
        "class_values": [10 * k for k in range(CLASSES)],
        "class_nodata": 255,
        "attention_byte": False,
        "in_season": [date % 3 > 0 for date in range(DATES)],
        "decided_probability": 0.4,
        "device": "cpu",
        "compute": {"device": "cpu", "batch": 64, "threads": 1},
        **changed,
    }


@dataclass
class HostSlot:
    """The host's side of slot 0: its files, made anew."""

    layout: SlotLayout
    folder: Path
    files: dict[str, Path] = field(init=False)

    def __post_init__(self) -> None:
        self.files = self.layout.files(self.folder, 0)
        sizes = {"values": self.layout.dates * self.layout.bands * np.dtype(self.layout.dtype).itemsize}
        sizes["valid"] = self.layout.dates
        sizes.update({o.product: o.bands * np.dtype(o.dtype).itemsize for o in self.layout.outputs})
        for name, path in self.files.items():
            path.write_bytes(b"\x5a" * (sizes[name] * self.layout.pixels))  # what a former window left

    def put(self, values: np.ndarray, valid: np.ndarray) -> None:
        """Write series (n, T, C) and (n, T) as a cube's window would lie."""
        self._overwrite("values", np.ascontiguousarray(values.transpose(1, 2, 0)).tobytes())
        self._overwrite("valid", np.ascontiguousarray(valid.T.astype(np.uint8)).tobytes())

    def get(self, product: str, pixels: int) -> np.ndarray:
        """Return a result, (bands, n)."""
        output = next(o for o in self.layout.outputs if o.product == product)
        count = output.bands * pixels
        return np.fromfile(self.files[product], output.dtype, count).reshape(output.bands, pixels)

    def _overwrite(self, name: str, content: bytes) -> None:
        with self.files[name].open("r+b") as file:
            file.write(content)


def map_series(opened: OpenMap, host: HostSlot, values: np.ndarray, valid: np.ndarray) -> dict[str, np.ndarray]:
    """Send series through the slot as one window; return every product, (bands, n)."""
    host.put(values, valid)
    opened.process(0, len(values), Monitor())
    return {output.product: host.get(output.product, len(values)) for output in host.layout.outputs}
