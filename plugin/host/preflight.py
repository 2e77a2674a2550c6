# SPDX-License-Identifier: GPL-2.0-or-later
"""Everything that is wrong or doubtful with a run, before it starts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..core.catalog import load_catalog
from ..core.jobs import CubeJob, ExtractJob, Job, MapJob, TableJob, TrainJob
from ..core.products import PRODUCTS
from ..core.recipe import Recipe
from ..run.check import output_paths, problems
from ..run.train import stopped_training
from .steps import due_jobs, named, run_jobs
from .text import tr

WRONG, DOUBTFUL, NOTED = "wrong", "doubtful", "noted"
RENAME, ANEW = "rename", "anew"  # fixes that are no page: give the model a free name; begin the training anew
_PAGES: dict[type, str] = {
    CubeJob: "data",
    ExtractJob: "data",
    TableJob: "data",
    TrainJob: "network",
    MapJob: "map",
}


@dataclass(frozen=True)
class Finding:
    """One sentence; `fix` is the topic of the page where it is put right, RENAME, ANEW, or ''."""

    severity: str
    sentence: str
    fix: str = ""


def findings(recipe: Recipe, told: Iterable[str] = (), coming: Collection[str] = ()) -> list[Finding]:
    """Return what is wrong and what is doubtful with a run of `recipe`, in the order of the work.

    `told` are topics of pages that say themselves what is missing there: jobs of theirs are not checked. `coming` are
    the models of runs that are not over.
    """
    recipe = named(recipe, coming)
    jobs = run_jobs(recipe)
    skipped = set(told)
    wrong = [
        Finding(WRONG, sentence, _PAGES[type(job)])
        for job, found in job_problems(due_jobs(jobs))
        if _PAGES[type(job)] not in skipped
        for sentence in found
    ]
    return [*wrong, *_twice(recipe, coming), *_no_attention(recipe), *_doubts(recipe)]


def job_problems(jobs: Iterable[Job]) -> Iterator[tuple[Job, list[str]]]:
    """Yield each job of a chain with its problems; what jobs before it write counts as there."""
    awaited: set[str] = set()
    for job in jobs:
        yield job, problems(job, awaited)
        awaited.update(str(path) for path in output_paths(job))


def chain_problems(jobs: Iterable[Job]) -> list[str]:
    """Return what is wrong with jobs that run one after the other, a sentence each."""
    return [sentence for _, found in job_problems(jobs) for sentence in found]


def _twice(recipe: Recipe, coming: Collection[str]) -> Iterator[Finding]:
    model = recipe.train.model
    if model in coming:
        yield Finding(
            WRONG, tr("Another run makes {name} already: give this one its own name.").format(name=model), RENAME
        )


def _stopped(recipe: Recipe) -> Iterator[Finding]:
    training = next(job for job in run_jobs(recipe) if isinstance(job, TrainJob))
    stopped = None if training.fresh else stopped_training(training)
    if stopped is not None:
        sentence = tr("This training was stopped after epoch {epoch} of {epochs}: it goes on from there.")
        yield Finding(DOUBTFUL, sentence.format(epoch=stopped.epoch, epochs=stopped.epochs), ANEW)


def _no_attention(recipe: Recipe) -> Iterator[Finding]:
    """The map's own check needs the model; what the architecture gives is known before."""
    entry = load_catalog().get(recipe.train.architecture)
    wanted = [PRODUCTS[product] for product in recipe.map.outputs if product in PRODUCTS]
    if recipe.is_mapped and entry is not None and not entry.gives_attention:
        titles = ", ".join(tr(product.title) for product in wanted if product.from_attention)
        if titles:
            sentence = tr("{architecture} gives no attention: leave out {products}, or choose another network.")
            yield Finding(WRONG, sentence.format(architecture=entry.title, products=titles), "map")


def _doubts(recipe: Recipe) -> Iterator[Finding]:
    model = Path(recipe.train.model)
    if model.exists():
        yield Finding(
            DOUBTFUL, tr("The model {name} is there already and will be replaced.").format(name=model), RENAME
        )
    yield from _stopped(recipe)
    if recipe.train.split.method == "pixel":
        yield Finding(
            DOUBTFUL,
            tr(
                "Samples are split pixel by pixel: neighbours of test pixels are trained on, and the accuracy looks "
                "better than it is."
            ),
            "data",
        )
