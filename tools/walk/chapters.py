# SPDX-License-Identifier: GPL-2.0-or-later
"""What is walked: the chapters, each a generator of steps in a QGIS of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsProject
from qgis.PyQt.QtCore import QPoint
from qgis.utils import iface, loadPlugin, reloadPlugin, startPlugin, unloadPlugin

from .desktop import workers_of
from .pages import (
    READ_S,
    TRAIN_S,
    Figures,
    choose_network,
    choose_rasters,
    choose_training,
    empty_pages,
    go_to,
    make_map,
    open_by_toolbar,
    other_pages,
    pick_layers,
    portrait,
    scene,
    told,
    train,
    window,
)
from .person import Person, Steps, pause, until
from .tuning import find_rate, search_settings, small_and_dark


def demo(person: Person, figures: Figures) -> Iterator[None]:
    """Walk the whole path on the demo scene."""
    yield from _add_layers()
    yield from _whole_path(person, figures, 20, 12)
    yield from portrait(person, figures)
    yield from other_pages(person, figures)


def _whole_path(person: Person, figures: Figures, per_polygon: int, epochs: int) -> Steps:
    """Go from the empty window to the map of the demo scene, whose layers are there."""
    yield from open_by_toolbar(person, figures)
    yield from empty_pages(person)
    yield from choose_rasters(person, scene(), "S2_????????.tif", "*_SCL.tif", "")
    yield from choose_training(person, "Training polygons", "crop", per_polygon)
    yield from choose_network(person, "L-TAE", epochs)
    yield from train(person, figures)
    yield from make_map(person, figures)


def _add_layers() -> Steps:
    """Add an image and the training polygons of the demo scene to the project."""
    iface.addRasterLayer(str(min(scene().glob("S2_????????.tif"))), "S2 image")
    iface.addVectorLayer(str(scene() / "training_polygons.gpkg"), "Training polygons", "ogr")
    yield from pause(1.0)  # the first layer sets the CRS once it is drawn


def real(person: Person, figures: Figures) -> Iterator[None]:
    """Walk the path on the real scene, its rasters chosen from the project's layers."""
    folder = Path(os.environ["CHRONOMAP_WALK_REAL"])
    for path in sorted(folder.glob("*.tif")):
        iface.addRasterLayer(str(path), path.stem)
    iface.addVectorLayer(str(folder / "lulc_polygons.gpkg"), "Land use", "ogr")
    yield from pause(2.0)
    yield from open_by_toolbar(person, figures)
    data = window().page("data")
    yield from pick_layers(person, data.rasters.add_layers, "NDVI")
    yield from until(lambda: data.findings.survey.rows, READ_S, "the dates")
    yield from person.look("rasters")
    yield from person.tab(data.tabs, "Masks")
    yield from pick_layers(person, data.masks.add_layers, "CLM")
    yield from until(lambda: not data.findings.is_surveying, READ_S, "the masks")
    yield from person.look("masks")
    yield from choose_training(person, "Land use", "LULC_ID", 20)
    yield from choose_network(person, "L-TAE", 15)
    yield from train(person, figures)
    yield from make_map(person, figures)


def _start_training(person: Person, figures: Figures) -> Steps:
    """Open the window and start a training; go on once it learns."""
    yield from open_by_toolbar(person, figures)
    yield from go_to(person, "Train")
    page = window().page("train")
    yield from until(page.train_button.isEnabled, READ_S, "the start: " + told(page))
    yield from person.click(page.train_button)
    run = window().workspace.queue.runs[-1]
    yield from until(lambda: len(run.epochs) > 1 or run.is_over, TRAIN_S, "two epochs")


def breaks(person: Person, figures: Figures) -> Iterator[None]:
    """Reload, disable and close in the middle of runs."""
    place = Path(os.environ["CHRONOMAP_WALK_MARK"])

    def workers() -> list[int]:
        return [pid for pid in workers_of(place) if b"plugin.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    iface.addRasterLayer(str(min(scene().glob("S2_????????.tif"))), "S2 image")
    iface.addVectorLayer(str(scene() / "training_polygons.gpkg"), "Training polygons", "ogr")
    yield from open_by_toolbar(person, figures)
    yield from choose_rasters(person, scene(), "S2_????????.tif", "*_SCL.tif", "")
    yield from choose_training(person, "Training polygons", "crop", 5)
    yield from _start_training(person, figures)
    figures["workers_in_run"] = len(workers())
    begun = time.monotonic()
    reloadPlugin("chronomap")
    figures["reload_s"] = round(time.monotonic() - begun, 2)
    yield from until(lambda: not workers(), 15.0, "the end of the workers after the reload")
    yield from _start_training(person, figures)
    yield from person.look("reloaded")
    unloadPlugin("chronomap")
    yield from until(lambda: not workers(), 15.0, "the end of the workers after disabling")
    yield from person.look("disabled")
    loadPlugin("chronomap")
    startPlugin("chronomap")
    yield from _start_training(person, figures)
    window().close()
    yield from pause(1.0)
    figures["workers_window_closed"] = len(workers())


def projects(person: Person, figures: Figures) -> Iterator[None]:
    """Two projects of different CRS: each keeps its recipe; picks, split and view are transformed."""
    folder = Path(os.environ["CHRONOMAP_WALK_MARK"])
    project = QgsProject.instance()
    yield from _add_layers()
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    iface.zoomFull()
    yield from pause(1.0)
    yield from open_by_toolbar(person, figures)
    yield from choose_rasters(person, scene(), "S2_????????.tif", "*_SCL.tif", "")
    yield from choose_training(person, "Training polygons", "crop", 10)
    yield from person.tab(window().page("data").tabs, "Split")
    box = window().page("data").split.show_on_map
    yield from person.click(box, QPoint(10, box.height() // 2))
    yield from pause(1.0)
    window().move(4, 480)
    yield from person.look("split_on_web_mercator")
    window().move(4, 30)
    first = window().workspace.recipe
    project.write(str(folder / "first.qgz"))
    iface.newProject()
    yield from pause(1.5)
    figures["recipe_of_new_project_is_empty"] = not window().workspace.recipe.cube.folder
    yield from person.look("new_project")
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    iface.addVectorLayer(str(scene() / "training_polygons.gpkg"), "Others", "ogr")
    yield from choose_rasters(person, scene(), "S2_20210[3-5]??.tif", "*_SCL.tif", "")
    project.write(str(folder / "second.qgz"))
    iface.addProject(str(folder / "first.qgz"))
    yield from pause(2.0)
    figures["first_recipe_is_back"] = window().workspace.recipe == first
    yield from person.look("first_again")
    yield from _pick_a_pixel(person, figures)


def _pick_a_pixel(person: Person, figures: Figures) -> Steps:
    """Click the map for the series of a pixel."""
    data = window().page("data")
    yield from person.tab(data.tabs, "Rasters")
    yield from person.click(data.rasters.series.pick)
    window().move(700, 400)
    canvas = iface.mapCanvas()
    yield from person.click_at(canvas.mapToGlobal(QPoint(canvas.width() // 3, canvas.height() // 2)))
    yield from pause(3.0)
    figures["caption_of_pixel"] = data.rasters.series.caption.text()
    figures["window_is_above_after_click"] = window().isVisible()
    yield from person.look("pixel")


def dark(person: Person, figures: Figures) -> Iterator[None]:
    """Look at the pages in QGIS's dark theme."""
    QgsApplication.instance().setUITheme("Night Mapping")
    yield from _add_layers()
    yield from _whole_path(person, figures, 5, 6)
    yield from other_pages(person, figures)


def search(person: Person, figures: Figures) -> Iterator[None]:
    """Find a learning rate and search settings on the demo scene."""
    yield from _add_layers()
    yield from open_by_toolbar(person, figures)
    yield from choose_rasters(person, scene(), "S2_????????.tif", "*_SCL.tif", "")
    yield from choose_training(person, "Training polygons", "crop", 5)
    yield from choose_network(person, "L-TAE", 12)
    yield from find_rate(person, figures)
    yield from search_settings(person, figures)
    yield from small_and_dark(person, figures)


CHAPTERS: dict[str, Callable[[Person, Figures], Iterator[None]]] = {
    "demo": demo,
    "real": real,
    "breaks": breaks,
    "projects": projects,
    "dark": dark,
    "search": search,
}
