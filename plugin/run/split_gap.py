# SPDX-License-Identifier: GPL-2.0-or-later
"""How much a split by random pixels flatters: the same samples split by polygon, by block and by pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import InputError
from ..core.jobs import SplitGapJob, SplitSpec, TrainJob
from ..core.monitor import Event, Monitor
from ..raster.samples import load_samples
from .folder import JobFolder
from .html import Tile, bullets, page, section, table, tag, tiles, warnings
from .map_areas import write_rows
from .train import train

PIXEL = "pixel"
_LEAST_GAP = 0.01  # of macro F1: below it, nothing is said of flattery
_SCORES = ("macro_f1", "balanced_accuracy", "overall_accuracy")
_LABELS = {
    "polygon": "Whole polygons",
    "block": "Spatial blocks",
    "field": "Folds of the samples",
    "pixel": "Random pixels",
}
_COLUMNS = ("split", "seed", "test_samples", *_SCORES)


@dataclass(frozen=True)
class SplitScores:
    """Scores of one way to split, (n, 3) by seed in the order of _SCORES, and test samples by seed."""

    method: str
    scores: np.ndarray
    tested: tuple[int, ...]

    @property
    def macro_f1(self) -> float:
        """Mean macro F1 over the seeds."""
        return float(self.scores[:, 0].mean())

    @property
    def spread(self) -> float:
        """Standard deviation of macro F1 over the seeds, 0 for one."""
        return float(self.scores[:, 0].std(ddof=1)) if len(self.scores) > 1 else 0.0


def split_gap(job: SplitGapJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Train `job.architecture` under every split and seed; return the scores and the gap.

    Raises:
        ChronomapError: the samples cannot be used, no split could be made, or the worker failed.
    """
    notes: list[str] = []
    if not load_samples(Path(job.samples)).is_grouped:
        notes.append("The samples have no polygons: 'whole polygons' and 'random pixels' are the same here.")
    found: list[SplitScores] = []
    for index, method in enumerate(job.methods):
        part = monitor.part(index / len(job.methods), (index + 1) / len(job.methods))
        try:
            found.append(_score(job, method, folder, part, python))
        except InputError as error:
            notes.append(f"{_LABELS[method]}: {error}")
    if not found:
        raise InputError(f"No split could be made. {' '.join(notes)}")
    for note in notes:
        monitor.note(note)
    for scores in found:
        monitor.note(f"{_LABELS[scores.method]}: macro F1 {_figure(scores)} over {len(scores.scores)} seeds.")
    sentence, gap = gap_sentence(found)
    if sentence:
        (monitor.warning if gap >= _LEAST_GAP else monitor.note)(sentence)
    outputs: dict[str, Any] = {
        "gap": gap,
        "figures": {s.method: {"macro_f1": s.macro_f1, "sd": s.spread} for s in found},
    }
    if job.table:
        write_rows(Path(job.table), _COLUMNS, [row for scores in found for row in _rows(scores)])
        outputs["table"] = job.table
    if job.report:
        Path(job.report).write_text(_page(job, found, sentence if gap >= _LEAST_GAP else "", notes), encoding="utf-8")
        outputs["report"] = job.report
    return outputs


def gap_sentence(found: Sequence[SplitScores]) -> tuple[str, float]:
    """Return a sentence on what random pixels promise beyond the strictest other split, and that gap in macro F1.

    ('', NaN) where pixels, or all others, are missing.
    """
    by_method = {scores.method: scores for scores in found}
    honest = [scores for scores in found if scores.method != PIXEL]
    if PIXEL not in by_method or not honest:
        return "", float("nan")
    pixel, strict = by_method[PIXEL], min(honest, key=lambda scores: scores.macro_f1)
    gap = pixel.macro_f1 - strict.macro_f1
    if gap < _LEAST_GAP:
        return (
            f"Random pixels give macro F1 {_figure(pixel)}, {_LABELS[strict.method].lower()} {_figure(strict)}: no "
            "flattery is seen in these samples.",
            gap,
        )
    name = _LABELS[strict.method].lower()
    return (
        f"Split by random pixels, the test says macro F1 {pixel.macro_f1:.3f}; split by {name} it "
        f"says {strict.macro_f1:.3f}. About {gap:.2f} of it comes from neighbours of training pixels in the test, not "
        f"from skill: report {strict.macro_f1:.3f}.",
        gap,
    )


def _score(job: SplitGapJob, method: str, folder: JobFolder, monitor: Monitor, python: str) -> SplitScores:
    rows, tested = [], []
    for seed in range(job.seeds):
        model = folder.path / f"{method}_{seed}.safetensors"
        spec = SplitSpec(method, block_size=job.block_size, seed=seed)
        training = TrainJob(job.samples, job.architecture, str(model), split=spec, ensemble=1, device=job.device)
        part = monitor.part(seed / job.seeds, (seed + 1) / job.seeds)
        metrics = train(training, folder, _progress_only(part), python)["metrics"]
        if not metrics.get("n"):
            raise InputError("no test samples are left under this split.")
        rows.append([metrics[name] for name in _SCORES])
        tested.append(int(metrics["n"]))
    return SplitScores(method, np.array(rows, float), tuple(tested))


def _progress_only(monitor: Monitor) -> Monitor:
    """Return a monitor that leaves out the notes and epochs of single trainings."""

    def forward(event: Event) -> None:
        if event.get("event") == "progress":
            monitor.on_event(event)

    return Monitor(forward, monitor.is_canceled)


def _rows(scores: SplitScores) -> list[list[Any]]:
    return [
        [scores.method, seed, tested, *(f"{value:.6f}" for value in row)]
        for seed, (tested, row) in enumerate(zip(scores.tested, scores.scores))
    ]


def _figure(scores: SplitScores) -> str:
    return f"{scores.macro_f1:.3f} ± {scores.spread:.3f}" if len(scores.scores) > 1 else f"{scores.macro_f1:.3f}"


def _page(job: SplitGapJob, found: Sequence[SplitScores], warning: str, notes: Sequence[str]) -> str:
    rows = [
        (_LABELS[s.method], _figure(s), f"{s.scores[:, 1].mean():.3f}", f"{s.scores[:, 2].mean():.3f}",
         int(np.mean(s.tested)))
        for s in found
    ]  # fmt: skip
    words = (
        f"The same samples, the same architecture ({job.architecture}), {job.seeds} seeds; ± is the standard deviation "
        "over seeds. Only the way samples are dealt into training and test differs."
    )
    head = ("Split", "Macro F1", "Balanced accuracy", "Overall accuracy", "Test samples")
    body = [
        warnings([warning] if warning else []),
        tiles([Tile(_LABELS[scores.method], _figure(scores), "macro F1") for scores in found]),
        section("Scores by split", tag("p", words, kind="note"), table(head, rows)),
        section("Notes", bullets(notes)),
    ]
    return page("Chronomap accuracy", "How much the split flatters", Path(job.samples).name, body)
