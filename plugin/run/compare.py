# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare trained models on the same untouched samples: who is better, by how much, and is it more than luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..core.board import Board, Curve, Entry, Gap, Score, load_board
from ..core.ensemble import lead_of
from ..core.errors import InputError
from ..core.jobs import BASELINE, BoardJob, CompareJob
from ..core.monitor import Monitor
from ..core.records import write_json
from ..core.version import plugin_version
from ..core.worker import Worker, running_worker
from ..raster.samples import SampleSet, load_samples
from .compare_board import draw_board, publish
from .compare_measure import Answers, Arena, answers_of, attention_of, make_arena, mean_card, pace_of
from .compare_members import Contender, Member, contenders, obstacles, split_words
from .compare_words import cautions, notes, told
from .folder import JobFolder
from .statistics.bootstrap import draw_confusions, interval, intervals
from .statistics.calibration import reliability
from .statistics.pairs import compare_pairs
from .statistics.scores import class_f1, scores


def compare(job: CompareJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Compare models; return the figures by entry, and what was written.

    Raises:
        ChronomapError: the models are not comparable, an input does not fit, or the worker failed.
    """
    return run_comparison(job, folder, monitor, python)


def run_comparison(
    job: CompareJob, folder: JobFolder, monitor: Monitor, python: str, random: Optional[Score] = None
) -> dict[str, Any]:
    """Compare as compare does; `random`: macro F1 of the forest under a split by pixels, where it was measured."""
    found = contenders(job)
    samples = load_samples(Path(job.samples or found[0].card.samples))
    arena = _fair_arena(found, samples)
    with running_worker(python, folder.log) as worker:
        answers = _ask_all(job, found, arena, worker, monitor.part(0.0, 0.8))
        board = make_board(job, found, arena, answers)
        if random is not None:
            board = replace(board, gap=_gap(board, found, random))
        if job.board:
            write_json(Path(job.board), board)
        outputs = publish(board, job, draw_board(board, job, folder.path, worker))
    for sentence in board.warnings:
        monitor.warning(sentence)
    for line in told(board):
        monitor.note(line)
    return {**outputs, **({"board": job.board} if job.board else {})}


def show_board(job: BoardJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Write figures, tables and report of a board anew, of the entries that were picked.

    Raises:
        ChronomapError: the board cannot be read, or an output cannot be written.
    """
    board = load_board(Path(job.board))
    board = board.picked(job.pick) if job.pick else board
    if not (job.charts or job.report):
        return publish(board, job, {})
    with running_worker(python, folder.log) as worker:
        return publish(board, job, draw_board(board, job, folder.path, worker))


def make_board(job: CompareJob, found: Sequence[Contender], arena: Arena, answers: Sequence[Answers]) -> Board:
    """Return the board: entries by macro F1, every pair tested."""
    order = sorted(range(len(found)), key=lambda index: -_macro_f1(answers[index]))
    found, answers = [found[index] for index in order], [answers[index] for index in order]
    counts = [answer.counts for answer in answers]
    whole, drawn = draw_confusions(counts, job.draws, job.seed)
    shown = intervals(whole, drawn)
    entries = [
        _entry(contender, arena, answer, (whole[index], drawn[:, index], shown[index]))
        for index, (contender, answer) in enumerate(zip(found, answers))
    ]
    tested = arena.samples.subset(arena.tested)
    k, polygons = len(arena.names), counts[0].shape[1]
    return Board(
        entries=tuple(entries),
        pairs=compare_pairs(counts, whole, drawn),
        classes=arena.samples.classes,
        class_samples=tuple(np.bincount(tested.label, minlength=k).tolist()),
        class_polygons=tuple(len(np.unique(tested.group[tested.label == index])) for index in range(k)),
        dates=tested.dates,
        samples=len(tested),
        polygons=polygons,
        draws=job.draws,
        split=split_words(found[0].card.split) if arena.is_own else "samples that the models were not trained on",
        source=str(Path(job.samples or found[0].card.samples)),
        device=next((answer.device for answer in answers if answer.device), ""),
        price_per_hour=job.price_per_hour,
        warnings=tuple(cautions(found, arena, tested, entries)),
        notes=tuple(notes(found, arena)),
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        plugin_version=plugin_version(),
        observed=tuple(np.round(tested.valid.mean(axis=0), 4).tolist()),
    )


def _gap(board: Board, found: Sequence[Contender], random: Score) -> Gap:
    forest = next(entry for entry in board.entries if entry.architecture == BASELINE)
    return Gap(forest.name, found[0].card.split.method, forest.scores["macro_f1"], random)


def _fair_arena(found: Sequence[Contender], samples: SampleSet) -> Arena:
    """Return what the contenders are judged on.

    Raises:
        InputError: they cannot be compared on these samples.
    """
    prints = [contender.card.fingerprint == samples.fingerprint for contender in found]
    sentences = obstacles(found, is_own_samples=all(prints))
    if any(prints) and not all(prints):
        knows, other = found[prints.index(True)].name, found[prints.index(False)].name
        sentences.append(
            f"{knows} was trained on these samples and {other} was not: give a sample file that neither has seen."
        )
    names = tuple(info.name for info in found[0].card.classes)
    if not {info.name for info in samples.classes} & set(names):
        sentences.append(f"None of the samples has a class of the models ({', '.join(names)}): rename the classes.")
    if sentences:
        raise InputError("\n".join(sentences))
    members: list[Member] = [member for contender in found for member in contender.members]
    return make_arena(samples, members)


def _ask_all(
    job: CompareJob, found: Sequence[Contender], arena: Arena, worker: Worker, monitor: Monitor
) -> list[Answers]:
    answers = []
    for index, contender in enumerate(found):
        part = monitor.part(index / len(found), (index + 1) / len(found))
        part.progress(0.0, contender.name)
        quiet = Monitor(is_canceled=monitor.is_canceled)
        answer = answers_of(contender, arena, worker, job.device, quiet)
        answer.attention = attention_of(contender, arena, worker, job.device, answer, quiet)
        if job.measure_pace:
            answer.pixels_per_second, answer.device = pace_of(contender, arena.samples, worker, job.device, quiet)
        answers.append(answer)
    return answers


def _macro_f1(answers: Answers) -> float:
    return float(scores(answers.counts.mean(axis=0).sum(axis=0))["macro_f1"])


def _entry(
    contender: Contender, arena: Arena, answers: Answers, drawn: tuple[np.ndarray, np.ndarray, dict[str, Score]]
) -> Entry:
    """Return the entry of a contender; `drawn`: its confusion (K, K), those of the draws (B, K, K), its scores."""
    confusion, samples, shown = drawn
    by_class, drawn_by_class = class_f1(confusion), class_f1(samples)
    by_seed = scores(answers.counts.sum(axis=1))["macro_f1"]
    never = (confusion.sum(axis=0) == 0) & (confusion.sum(axis=1) > 0)
    return Entry(
        name=contender.name,
        architecture=contender.card.architecture,
        models=tuple(str(member.path) for member in contender.members),
        seeds=len(by_seed),
        folds=len({member.fold for member in contender.members}),
        scores=shown,
        spread=float(by_seed.std(ddof=1)) if len(by_seed) > 1 else 0.0,
        class_f1=tuple(
            interval(value, drawn_by_class[:, k]) if np.isfinite(value) else None for k, value in enumerate(by_class)
        ),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        reliability=reliability(np.concatenate(answers.probability), np.concatenate(answers.label)),
        attention=_rows(answers.attention),
        curves=tuple(_curve(member) for member in contender.members if lead_of(member.card).history),
        seconds=mean_card(contender, "seconds"),
        parameters=mean_card(contender, "parameters"),
        flops=mean_card(contender, "flops"),
        pixels_per_second=answers.pixels_per_second,
        missing=tuple(name for name, is_missing in zip(arena.names, never) if is_missing),
    )


def _rows(attention: Optional[np.ndarray]) -> tuple[tuple[float, ...], ...]:
    """Return attention rows; a class without correct samples has an empty one."""
    if attention is None:
        return ()
    return tuple(tuple(np.round(row, 6).tolist()) if np.isfinite(row).all() else () for row in attention)


def _curve(member: Member) -> Curve:
    lead = lead_of(member.card)
    return Curve(
        member.seed,
        member.fold,
        tuple(row.get("validation_loss") for row in lead.history),
        tuple(row.get("validation_macro_f1") for row in lead.history),
        lead.best_epoch,
    )
