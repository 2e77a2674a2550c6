# SPDX-License-Identifier: GPL-2.0-or-later
"""A recipe: the jobs of the main path, from rasters to map, as the dialog shows, keeps and runs them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Optional, Union

from .errors import InputError
from .jobs import CubeJob, ExtractJob, MapJob, SearchJob, TableJob, TrainJob
from .records import from_plain, read_json, to_plain, write_json

RECIPE_FORMAT = 1


def _train_default() -> TrainJob:
    return TrainJob(samples="", architecture="ltae", model="")


@dataclass(frozen=True)
class Recipe:
    """One job per step; each reads what the step before wrote. With `table` the samples come from a table instead.

    `search` looks for settings on the samples and the split of `train`.
    """

    cube: CubeJob = field(default_factory=lambda: CubeJob(output=""))
    extract: ExtractJob = field(default_factory=lambda: ExtractJob("", "", "", ""))
    table: Optional[TableJob] = None
    train: TrainJob = field(default_factory=_train_default)
    map: MapJob = field(default_factory=lambda: MapJob("", "", {"class": ""}))
    search: SearchJob = field(default_factory=lambda: SearchJob("", ""))
    is_mapped: bool = False  # the map is made as soon as the model is trained
    format: int = RECIPE_FORMAT

    @property
    def samples(self) -> Union[ExtractJob, TableJob]:
        """The job that makes the samples."""
        return self.table or self.extract


def placed(recipe: Recipe) -> Recipe:
    """Return `recipe` with every step fed by the last; folder and name come from the model's path.

    A search goes into a folder beside the model unless it has one of its own.

    Cube and samples are named after what they are made of, so that trainings on the same data share them and never
    write over those of others. The map's outputs keep their products and are named after the model.
    """
    model = Path(recipe.train.model)
    folder, name = model.parent, model.stem
    cube = replace(recipe.cube, output=str(folder / f"cube_{_digest(recipe.cube)}.json"))
    extract = replace(recipe.extract, cube=cube.output)
    extract = replace(extract, output=str(folder / f"samples_{_digest(extract)}.npz"))
    table = recipe.table
    if table is not None:
        table = replace(table, output=str(folder / f"samples_{_digest(table)}.npz"))
    samples = (table or extract).output
    search = replace(
        recipe.search,
        samples=samples,
        folder=recipe.search.folder or str(folder / "search"),
        split=recipe.train.split,
        grid_step_days=recipe.train.grid_step_days,
        device=recipe.train.device,
    )
    outputs = {product: str(folder / f"{name}_{product}.tif") for product in recipe.map.outputs}
    return replace(
        recipe,
        cube=cube,
        extract=extract,
        table=table,
        train=replace(recipe.train, samples=samples, report=str(model.with_suffix(".html"))),
        map=replace(recipe.map, cube=cube.output, model=str(model), outputs=outputs),
        search=search,
    )


def _digest(job: Union[CubeJob, ExtractJob, TableJob]) -> str:
    """Return a short name for all that decides on the output of `job`."""
    plain = {name: value for name, value in to_plain(job).items() if name not in ("output", "report", "memory_mb")}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:8]


def save_recipe(recipe: Recipe, path: Path) -> None:
    """Write the recipe as JSON."""
    write_json(path, to_plain(recipe))


def load_recipe(path: Path) -> Recipe:
    """Read a recipe written by save_recipe.

    Raises:
        InputError: the file is missing, damaged, no recipe, or from a newer version of the plugin.
    """
    return recipe_from_plain(read_json(path), str(path))


def recipe_from_plain(plain: Any, origin: str) -> Recipe:
    """Rebuild a recipe from plain JSON values; `origin` names where they come from.

    Raises:
        InputError: they are no recipe, damaged, or from a newer version of the plugin.
    """
    if not isinstance(plain, dict) or "cube" not in plain or "train" not in plain:
        raise InputError(f"{origin} holds no Chronomap settings: choose a file saved from the Chronomap window.")
    if plain.get("format", 0) > RECIPE_FORMAT:
        raise InputError(f"{origin} was saved by a newer Chronomap: update the plugin.")
    return from_plain(Recipe, plain)
