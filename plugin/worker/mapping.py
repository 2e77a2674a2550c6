# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands "map_open", "window" and "map_close": windows in mapped slots are computed, one after another."""

from __future__ import annotations

import mmap
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..core.errors import InputError, WorkerError
from ..core.monitor import Event, Monitor
from ..core.products import PRODUCTS
from ..core.records import from_plain
from ..core.slots import SlotLayout
from .compute import Compute, Lanes, lanes, settle, start_compute
from .device import give_back_memory, make_repeatable
from .early import with_decision
from .encoding import Code, make_codes
from .precision import Probe, choose_form, forms_for
from .predictor import Predictor, torch_readable

if TYPE_CHECKING:
    from .session import Session

_STATE = "map"
_SPARSE = 4  # fewer than one pixel in so many: gather them one by one


def map_open(session: Session, message: Event) -> Event:
    """Answer ``map_open``: load the model, map the slots, choose what changes arithmetic; ready{compute}.

    Raises:
        InputError: a product is asked for that the model cannot give, or the device is not there.
        ModelFileError: the model file cannot be used.
    """
    _close(session)
    make_repeatable()
    opened = OpenMap(message, session.monitor)
    session.resources.callback(opened.close)
    session.state[_STATE] = opened
    return {"event": "ready", "compute": asdict(opened.compute)}


def window(session: Session, message: Event) -> Event:
    """Answer ``window``: compute the first `pixels` pixels of a slot; window{slot, invalid}.

    Raises:
        Canceled: the user stopped the job.
    """
    if _STATE not in session.state:
        raise WorkerError("A window came before the map was opened.")
    slot, pixels = int(message["slot"]), int(message["pixels"])
    return {"event": "window", "slot": slot, "invalid": session.state[_STATE].process(slot, pixels, session.monitor)}


def map_close(session: Session, message: Event) -> Event:
    """Answer ``map_close`` once every slot is unmapped: the host may delete the files."""
    _close(session)
    return {"event": "done", "outputs": {}}


def _close(session: Session) -> None:
    opened = session.state.pop(_STATE, None)
    if opened is not None:
        opened.close()


class Slot:
    """One slot mapped into memory: the series of a window and its results."""

    def __init__(self, layout: SlotLayout, folder: Path, number: int) -> None:
        self._layout = layout
        self._maps: dict[str, mmap.mmap] = {}
        for name, path in layout.files(folder, number).items():
            with path.open("r+b") as file:
                self._maps[name] = mmap.mmap(file.fileno(), 0)

    def inputs(self, pixels: int) -> tuple[np.ndarray, np.ndarray]:
        """Return values (T * C, pixels) in the sensor's type and valid (T, pixels) uint8; drop them before close."""
        layout = self._layout
        return self._array("values", layout.dtype, layout.dates * layout.bands, pixels), self._array(
            "valid", "uint8", layout.dates, pixels
        )

    def results(self, pixels: int) -> list[np.ndarray]:
        """Return the arrays (bands, pixels) to fill, in the layout's order; drop them before close."""
        return [self._array(output.product, output.dtype, output.bands, pixels) for output in self._layout.outputs]

    def close(self) -> None:
        """Unmap the files."""
        for mapped in self._maps.values():
            mapped.close()

    def _array(self, name: str, dtype: str, rows: int, pixels: int) -> np.ndarray:
        return np.frombuffer(self._maps[name], dtype, rows * pixels).reshape(rows, pixels)


class OpenMap:
    """A map being made: predictor, slots, and how products are stored."""

    def __init__(self, message: Event, monitor: Monitor) -> None:
        """Open the map that a ``map_open`` request describes; raises as map_open does."""
        self._layout = from_plain(SlotLayout, message["layout"])
        self._least_dates = max(1, int(message["min_valid_dates"]))  # a series without any date has no answer
        products = {output.product for output in self._layout.outputs}
        self._wants_attention = any(PRODUCTS[product].from_attention for product in products)
        self._decided_probability = message.get("decided_probability", 0.0) if "decided_date" in products else 0.0
        self._resources = ExitStack()
        with ExitStack() as until_open:
            until_open.callback(self._resources.close)
            compute = start_compute(message.get("device", "auto"), message.get("compute") or {}, monitor)
            self._predictor = _load(message, compute)
            self._codes = self._make_codes(message)
            self._slots = self._map_slots(*message["slots"])
            self._lanes: Lanes = self._resources.enter_context(lanes(compute.threads, compute.device))
            if not compute.batch:
                compute = settle(compute, self._predictor, self._layout.dtype, self._lanes, monitor)
                if message.get("probe"):
                    forms = forms_for(self._predictor, self._wants_attention)
                    probe = _probe(message, self._layout.dtype)
                    compute = choose_form(compute, self._predictor, forms, probe, self._lanes, monitor)
                give_back_memory()  # of forms and batch sizes that were tried
            else:
                self._predictor.compute_in(getattr(torch, compute.dtype), compute.engine)
            self.compute: Compute = compute
            self._predictor.batch = compute.batch
            until_open.pop_all()

    def process(self, slot: int, pixels: int, monitor: Monitor) -> int:
        """Compute the first `pixels` pixels of slot number `slot`; return how many of them got nodata.

        Raises:
            Canceled: the user stopped the job.
        """
        values, valid = self._slots[slot].inputs(pixels)
        results = self._slots[slot].results(pixels)
        clear = np.flatnonzero(np.count_nonzero(valid, axis=0) >= self._least_dates)
        if len(clear) < pixels:
            for code, result in zip(self._codes, results):
                result.fill(code.nodata)
        series = _signed(values), torch.from_numpy(valid)

        def work(positions: np.ndarray) -> None:
            monitor.check()
            self._answer(positions, series, results)

        batch = self.compute.batch
        self._lanes.run(work, [clear[start : start + batch] for start in range(0, len(clear), batch)])
        return pixels - len(clear)

    def close(self) -> None:
        """Unmap the slots and give the threads back; a second time does nothing."""
        self._resources.close()

    def _answer(self, positions: np.ndarray, series: tuple[Tensor, Tensor], results: list[np.ndarray]) -> None:
        """Compute the pixels at `positions`, at most a batch of them, and store their products."""
        values, valid = (take_series(part, positions) for part in series)
        stored = values.numpy().view(self._layout.dtype)  # as signed numbers they only travelled
        values = torch_readable(stored).unflatten(1, (self._layout.dates, self._layout.bands))
        answer = self._predictor.answer(values, valid, self._wants_attention)
        if self._decided_probability:
            answer = with_decision(self._predictor, values, valid, answer, self._decided_probability)
        place = _as_slice(positions)
        for code, result in zip(self._codes, results):
            result[:, place] = code.encode(answer).cpu().numpy()

    def _make_codes(self, message: Event) -> list[Code]:
        if self._wants_attention and not self._predictor.gives_attention:
            raise InputError(
                f"The model {message['model']} gives no attention: leave the attention layers out, or choose a network "
                "with attention, such as L-TAE."
            )
        return make_codes(
            self._layout.outputs,
            message["class_values"],
            message["class_nodata"],
            bool(message.get("attention_byte")),
            message.get("in_season", ()),
        )

    def _map_slots(self, folder: str, count: int) -> list[Slot]:
        slots = [Slot(self._layout, Path(folder), number) for number in range(int(count))]
        for slot in slots:
            self._resources.callback(slot.close)
        return slots


def take_series(rows: Tensor, positions: np.ndarray) -> Tensor:
    """Return columns `positions` (ascending) of `rows` (m, pixels) as (n, m), contiguous.

    A block is transposed whole where most of it is wanted: several times faster than pixel by pixel.
    """
    first, count = int(positions[0]), len(positions)
    width = int(positions[-1]) + 1 - first
    if width > _SPARSE * count:
        return rows.index_select(1, torch.from_numpy(positions)).t().contiguous()
    block = rows[:, first : first + width].contiguous().t().contiguous()  # the middle step: torch's blocked transpose
    return block if width == count else block.index_select(0, torch.from_numpy(positions - first))


def _signed(values: np.ndarray) -> Tensor:
    """Return the same bits as a type that torch can gather and transpose: it cannot for unsigned ones."""
    kind = values.dtype
    return torch.from_numpy(values.view(f"i{kind.itemsize}") if kind.kind == "u" and kind.itemsize > 1 else values)


def _as_slice(positions: np.ndarray) -> Any:
    """Return a slice where `positions` have no gap: numpy stores through it faster."""
    first, last = int(positions[0]), int(positions[-1])
    return slice(first, last + 1) if last - first + 1 == len(positions) else positions


def _probe(message: Event, dtype: str) -> Probe:
    values, valid = (np.load(message["probe"][name], allow_pickle=False) for name in ("values", "valid"))
    return Probe(torch_readable(values), torch.from_numpy(valid), dtype)


def _load(message: Event, compute: Compute) -> Predictor:
    scale, offset = np.asarray(message["scale"], np.float32), np.asarray(message["offset"], np.float32)
    return Predictor(Path(message["model"]), message["days"], scale, offset, compute.device, compute.batch)
