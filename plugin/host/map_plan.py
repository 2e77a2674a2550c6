# SPDX-License-Identifier: GPL-2.0-or-later
"""From the recipe's map to jobs: its cube and the names of its files, a preview of a view, what was left unfinished."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsRasterLayer, QgsRectangle

from ..core.card import read_card
from ..core.cube_spec import load_cube_spec
from ..core.errors import ChronomapError, InputError
from ..core.jobs import Job, MapJob
from ..core.recipe import Recipe, placed
from ..run.folder import JobFolder, folder_of
from ..run.mapping import select_bands
from ..run.plan import Checkpoint, fingerprint_inputs
from .project import results_folder
from .steps import due_jobs, named

PREVIEW_PX = 512  # side of a preview
_LONGEST_NAME = 1000


@dataclass(frozen=True)
class CubeGrid:
    """Where the pixels of a cube lie: CRS, extent and size of a pixel in map units."""

    crs: QgsCoordinateReferenceSystem
    extent: QgsRectangle
    pixel_width: float
    pixel_height: float

    def size(self, extent: QgsRectangle) -> tuple[int, int]:
        """Return about how many columns and rows of the grid `extent` covers."""
        common = self.extent.intersect(extent)
        return round(common.width() / self.pixel_width), round(common.height() / self.pixel_height)


@dataclass(frozen=True)
class Unfinished:
    """A map that was stopped: windows that are finished, of how many."""

    done: int
    count: int


def grid_of_map(recipe: Recipe) -> Optional[CubeGrid]:
    """Return the grid of the map's cube, or of the first raster of a cube to come; None where there is neither."""
    cube = recipe.map.cube
    dataset = (
        _first_raster(cube, _changed_at(cube)) if cube else recipe.cube.grid or next(iter(recipe.cube.rasters), "")
    )
    return _grid_of(dataset, _changed_at(dataset)) if dataset else None


@lru_cache(maxsize=8)
def _grid_of(dataset: str, changed_at: int) -> Optional[CubeGrid]:
    """Look at a raster once for each time it has changed."""
    layer = QgsRasterLayer(dataset, "grid")
    if not layer.isValid():
        return None
    return CubeGrid(layer.crs(), layer.extent(), layer.rasterUnitsPerPixelX(), layer.rasterUnitsPerPixelY())


def has_rasters(recipe: Recipe) -> bool:
    """Return whether the page Data names rasters to make a cube of."""
    return bool(recipe.cube.rasters or recipe.cube.folder)


def map_jobs(recipe: Recipe) -> list[Job]:
    """Return what is to be run for the map: the cube where it is still to be made, then the map itself."""
    job = placed_map(recipe)
    if recipe.map.cube or not has_rasters(recipe):
        return [job]
    return [*due_jobs([placed(named(recipe)).cube]), job]


def placed_map(recipe: Recipe) -> MapJob:
    """Return the map's job with its cube, and a free file name for every layer that has none."""
    job = recipe.map
    if not job.cube and has_rasters(recipe):
        job = replace(job, cube=placed(named(recipe)).cube.output)
    if all(job.outputs.values()):
        return job
    folder, name = results_folder(), free_name(results_folder(), Path(job.model).stem or "map", tuple(job.outputs))
    return replace(job, outputs=map_outputs(tuple(job.outputs), folder, name))


def map_outputs(products: tuple[str, ...], folder: Path, name: str) -> dict[str, str]:
    """Return the file of each product: ``folder/name_product.tif``."""
    return {product: str(folder / f"{name}_{product}.tif") for product in products}


def place_of(job: MapJob) -> tuple[str, str]:
    """Return folder and name of the map's files, as map_outputs names them; ('', '') where it has no place yet."""
    for product, path in job.outputs.items():
        if path:
            return str(Path(path).parent), Path(path).stem[: -len(product) - 1] or Path(path).stem
    return "", ""


def free_name(folder: Path, name: str, products: tuple[str, ...]) -> str:
    """Return `name`, or `name` with a number where one of its files is there already."""
    names = [name, *(f"{name}_{number}" for number in range(2, _LONGEST_NAME))]
    outputs = ((candidate, map_outputs(products, folder, candidate)) for candidate in names)
    return next((name for name, paths in outputs if not any(map(os.path.exists, paths.values()))), name)


def preview_job(job: MapJob, grid: CubeGrid, view: QgsRectangle) -> MapJob:
    """Return a map of the middle of `view` (in the grid's CRS), at most PREVIEW_PX a side, into a temporary file.

    Raises:
        InputError: the view shows nothing of the cube.
    """
    common = view.intersect(grid.extent)
    if common.isEmpty():
        raise InputError("The map canvas shows nothing of the rasters: zoom to them for a preview.")
    middle = common.center()
    width = min(common.width(), PREVIEW_PX * grid.pixel_width) / 2
    height = min(common.height(), PREVIEW_PX * grid.pixel_height) / 2
    extent = (middle.x() - width, middle.y() - height, middle.x() + width, middle.y() + height)
    path = Path(tempfile.mkdtemp(prefix="chronomap-preview-")) / "class.tif"
    plain = replace(job, extent=extent, outputs={"class": str(path)}, aoi="", aoi_layer="")
    return replace(plain, cloud_optimized=False, scheduler="")


def unfinished(job: MapJob) -> Optional[Unfinished]:
    """Return how far a stopped run of this very map came, None where there is none or its inputs have changed."""
    checkpoint = _checkpoint(job)
    if checkpoint is None or not checkpoint.done:
        return None
    return Unfinished(len(checkpoint.done), len(checkpoint.numbers))


def start_anew(job: MapJob) -> None:
    """Forget what a stopped run of this map left."""
    checkpoint = _checkpoint(job)
    if checkpoint is not None:
        checkpoint.forget()


def _checkpoint(job: MapJob) -> Optional[Checkpoint]:
    folder = folder_of(job) if job.outputs and all(job.outputs.values()) else None
    if folder is None or not (folder / "plan.json").exists():
        return None
    try:
        spec = select_bands(load_cube_spec(Path(job.cube)), read_card(Path(job.model)))
        checkpoint = Checkpoint(JobFolder(folder), job, fingerprint_inputs(job, spec))
        checkpoint.load()
    except ChronomapError:  # what is wrong with cube or model is told by their own fields
        return None
    return checkpoint


@lru_cache(maxsize=8)
def _first_raster(cube: str, changed_at: int) -> str:
    """Return the raster that gives a cube its grid, '' where the description cannot be read: its field tells that."""
    try:
        spec = load_cube_spec(Path(cube))
    except InputError:
        return ""
    return spec.grid or spec.acquisitions[0].bands[0].dataset


def _changed_at(path: str) -> int:
    """Return when a file was changed, 0 where it is none."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
