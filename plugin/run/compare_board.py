# SPDX-License-Identifier: GPL-2.0-or-later
"""A board written out: figures, tables, report."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Union

from ..core.board import Board, Entry, Pair, pareto
from ..core.errors import OutputError
from ..core.jobs import BoardJob, CompareJob
from ..core.worker import Worker
from .compare_figures import SCORE_TITLES, board_figures
from .compare_page import board_report
from .exchange import draw


def publish(board: Board, job: Union[CompareJob, BoardJob], charts: Mapping[str, Path]) -> dict[str, Any]:
    """Write what `job` names; return it, and `figures`: macro F1 by entry. `charts`: files by id, for the report.

    Raises:
        OutputError: a file cannot be written.
    """
    try:
        if job.table:
            rows = map(_entry_row, board.entries, pareto(board.entries))
            write_table(Path(job.table), ENTRY_COLUMNS, rows)
        if job.pairs:
            write_table(Path(job.pairs), PAIR_COLUMNS, (_pair_row(pair, board) for pair in board.pairs))
        if job.report:
            Path(job.report).write_text(board_report(board, charts), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{error.filename} cannot be written ({error.strerror}): choose another place.") from error
    written = {name: getattr(job, name) for name in ("table", "pairs", "charts", "report") if getattr(job, name)}
    return {"figures": {entry.name: entry.scores["macro_f1"].value for entry in board.entries}, **written}


def draw_board(board: Board, job: Union[CompareJob, BoardJob], scratch: Path, worker: Worker) -> dict[str, Path]:
    """Draw the figures that `job` wants, into its folder or `scratch`; return the files by id.

    Raises:
        OutputError: a chart cannot be written.
    """
    if not (job.charts or job.report):
        return {}
    folder = Path(job.charts) if job.charts else scratch / "charts"
    folder.mkdir(parents=True, exist_ok=True)
    files = {figure.id: folder / f"{figure.id}.svg" for figure in board_figures(board)}
    for figure in board_figures(board):
        draw(worker, figure.chart, figure.arrays, [files[figure.id]])
    return files


ENTRY_COLUMNS = (
    "name", "architecture", *(f"{name}{part}" for name in SCORE_TITLES for part in ("", "_low", "_high")),
    "macro_f1_sd_of_seeds", "calibration_error", "seeds", "folds", "training_seconds", "parameters", "flops",
    "pixels_per_second", "hours_per_billion_pixels", "pareto", "models",
)  # fmt: skip
PAIR_COLUMNS = (
    "first", "second", "difference", "low", "high", "p", "p_holm", "only_first_right", "only_second_right", "mcnemar_p",
    "mcnemar_p_holm", "verdict",
)  # fmt: skip


def write_table(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV file, whole or not at all; floats with six digits."""
    partial = path.with_name(path.name + ".part")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        for row in rows:
            writer.writerow([f"{cell:.6g}" if isinstance(cell, float) else cell for cell in row])
    os.replace(partial, path)


def _entry_row(entry: Entry, is_pareto: bool) -> list[Any]:
    scores = [figure for name in SCORE_TITLES for figure in vars(entry.scores[name]).values()]
    return [
        entry.name, entry.architecture, *scores, entry.spread, entry.reliability.error, entry.seeds, entry.folds,
        entry.seconds, entry.parameters, entry.flops, entry.pixels_per_second, entry.hours_per_billion,
        "yes" if is_pareto else "no", " ".join(entry.models),
    ]  # fmt: skip


def _pair_row(pair: Pair, board: Board) -> list[Any]:
    names = [entry.name for entry in board.entries]
    gap = pair.difference
    return [
        names[pair.first], names[pair.second], gap.value, gap.low, gap.high, pair.p, pair.p_holm, pair.only_first,
        pair.only_second, pair.mcnemar_p, pair.mcnemar_holm, pair.verdict,
    ]  # fmt: skip
