# SPDX-License-Identifier: GPL-2.0-or-later
"""What a run will take, told before it starts: looked up in the background once the recipe is in order."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Optional

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...plugin.core.ensemble import member_count, members_advice
from ...plugin.core.machine import available_memory
from ...plugin.core.monitor import Event
from ...plugin.core.recipe import Recipe
from ...plugin.host.inquiry import Inquiry
from ...plugin.host.replies import Replies
from ...plugin.host.steps import named
from ...plugin.host.text import tr
from ...plugin.run.estimate import Estimate, Span, estimate_of, size_request
from ...plugin.run.live import LiveWorker
from ...plugin.run.workload import Workload, workload
from ..times import span

_TOPIC = "forecast"
_TITLE = "Chronomap: what a run will take"


class Forecast(QObject):
    """Looks up one recipe at a time; `told` when words, doubts or advice are others."""

    told = pyqtSignal()

    def __init__(self, live: LiveWorker, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.words = ""
        self.doubts: list[str] = []
        self.advice = ""  # on how many members to train
        self.members = 1  # that the recipe trains
        self._live = live
        self._recipe: Optional[Recipe] = None
        self._work: Optional[Workload] = None
        self._inquiry = Inquiry(tr(_TITLE), self)
        self._inquiry.answered.connect(self._ask_size)
        self._inquiry.failed.connect(self._fail)
        self._replies = Replies(self)
        self._replies.answered.connect(self._tell)
        self._replies.failed.connect(lambda sentence, _: self._fail(sentence))

    def want(self, recipe: Recipe) -> None:
        """Look `recipe` up, unless that was done or is under way."""
        recipe = named(recipe)
        if self._recipe is not None and _without_names(recipe) == _without_names(self._recipe):
            return
        self._recipe = recipe
        self._set(tr("Looking up how long it will take…"))
        self._replies.drop()
        self._inquiry.ask(lambda monitor: workload(recipe, monitor))

    def drop(self) -> None:
        """Want nothing any more: the recipe is not in order, or something runs whose pace a look would disturb."""
        if self._recipe is not None:
            self._recipe = None
            self._inquiry.drop()
            self._replies.drop()
            self._set("")

    def _ask_size(self, work: Workload) -> None:
        if self._recipe is not None:
            self._work = work
            self._replies.expect(self._live.ask(size_request(self._recipe.train, work), _TOPIC))

    def _tell(self, answer: Event) -> None:
        if self._recipe is not None and self._work is not None:
            found = estimate_of(self._recipe, self._work, answer)
            train = self._recipe.train
            samples = self._work.samples * (train.split.train + train.split.validation)
            self.members = member_count(train, samples)
            self._set(estimate_words(found), shortages(found, Path(train.model).parent), members_advice(train, samples))

    def _fail(self, sentence: str) -> None:
        if sentence:
            self._set(tr("How long it will take is not known: {reason}").format(reason=sentence))

    def _set(self, words: str, doubts: Sequence[str] = (), advice: str = "") -> None:
        self.words, self.doubts, self.advice = words, list(doubts), advice
        self.told.emit()


def estimate_words(found: Estimate) -> str:
    """Return time, memory and disk in one line."""
    parts = [tr("training {time}").format(time=span_words(found.training))]
    if found.sampling_s >= 1:
        parts.insert(0, tr("samples {time}").format(time=span(found.sampling_s)))
    if found.is_mapped:
        parts.append(tr("map {time}").format(time=span(found.mapping_s)))
    return tr("About {time} on {device} ({parts}); up to {memory} of memory beside QGIS, {disk} on disk.").format(
        time=span_words(found.total),
        device=found.device,
        parts=", ".join(parts),
        memory=size_words((found.host_mb + found.worker_mb) * 1e6),
        disk=size_words(found.disk_bytes),
    )


def shortages(found: Estimate, folder: Path) -> list[str]:
    """Return what this computer has too little of."""
    place = next((path for path in (folder, *folder.parents) if path.exists()), Path.home())
    free, memory = shutil.disk_usage(place).free, available_memory()
    needed = (found.host_mb + found.worker_mb) * 1e6
    sentences = []
    if found.disk_bytes > free:
        sentence = tr("The run may need {needed} on disk, and {free} are free: choose another folder.")
        sentences.append(sentence.format(needed=size_words(found.disk_bytes), free=size_words(free)))
    if memory and needed > memory:
        sentence = tr("The run may need {needed} of memory, and {free} are free: lower the batch size or the memory.")
        sentences.append(sentence.format(needed=size_words(needed), free=size_words(memory)))
    return sentences


def span_words(found: Span) -> str:
    """Return a span of time as "8 s" or "3 min to 20 min"."""
    low, high = span(found.low), span(found.high)
    return low if low == high else tr("{low} to {high}").format(low=low, high=high)


def size_words(size: float) -> str:
    """Return bytes as "12 MB" or "3.1 GB"."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(size / 1e6, 0.1):.{0 if size >= 1e7 else 1}f} MB"


def _without_names(recipe: Recipe) -> Recipe:
    """Return `recipe` without what changes no estimate."""
    return replace(recipe, train=replace(recipe.train, model="", report=""), map=replace(recipe.map, model="", cube=""))
