# SPDX-License-Identifier: GPL-2.0-or-later
"""What a person does on the pages of the window; chapters are made of it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QDialog, QToolButton
from qgis.utils import iface, plugins

from .beat import Beat
from .person import Person, Steps, pause, shown, until

READ_S, TRAIN_S, _MAP_S = 90.0, 900.0, 400.0
Figures = dict[str, Any]


def scene() -> Path:
    """Return the folder of the demo scene."""
    return Path(os.environ["CHRONOMAP_WALK_SCENE"])


def window() -> Any:
    """Return the plugin's window."""
    return plugins["chronomap"]._window


def open_by_toolbar(person: Person, figures: Figures) -> Steps:
    """Click the button of the toolbar; note the time until the window is drawn."""
    action = plugins["chronomap"]._open_action
    button = next(b for b in iface.mainWindow().findChildren(QToolButton) if b.defaultAction() is action)
    action.triggered.connect(lambda: figures.setdefault("_opening", time.perf_counter()))
    spent = _handler_seconds(plugins["chronomap"])
    yield from person.click(button)
    yield from until(lambda: window() is not None and window().isVisible(), 10.0, "the window")
    figures.pop("_opening", None)
    figures.setdefault("window_opens_s", round(spent[0], 3))
    window().move(4, 30)
    yield from pause(1.0)


def _handler_seconds(plugin: Any) -> list[float]:
    """Return where the time between click and drawn window will stand."""
    spent = [0.0]
    begun = time.perf_counter()

    def drawn() -> None:
        spent[0] = time.perf_counter() - begun_at[0]

    begun_at = [begun]

    def begin() -> None:
        begun_at[0] = time.perf_counter()

    plugin._open_action.triggered.disconnect()
    plugin._open_action.triggered.connect(begin)
    plugin._open_action.triggered.connect(plugin.open_window)
    plugin._open_action.triggered.connect(lambda: (window().repaint(), drawn()))
    return spent


def go_to(person: Person, page: str) -> Steps:
    """Choose a page in the list at the left."""
    yield from person.item(window().page_list, page)


def choose_rasters(person: Person, folder: Path, pattern: str, mask_pattern: str, preset: str) -> Steps:
    """Type folder, pattern and pattern of masks on the page Data."""
    data = window().page("data")
    yield from person.tab(data.tabs, "Rasters")
    yield from person.type(data.rasters.folder.lineEdit(), str(folder))
    yield from person.type(data.rasters.pattern, pattern)
    yield from until(lambda: data.findings.survey.rows, READ_S, "the dates")
    yield from pause(2.0)
    yield from person.look("rasters")
    yield from person.tab(data.tabs, "Masks")
    yield from person.type(data.masks.pattern, mask_pattern)
    if preset:
        yield from person.choose(data.masks.preset, preset)
    yield from until(lambda: not data.findings.is_surveying, READ_S, "the masks")
    yield from person.look("masks")


def pick_layers(person: Person, button: Any, words: str) -> Steps:
    """Tick the layers whose names have `words` in the dialog that `button` opens."""
    yield from person.click(button)
    yield from until(lambda: shown(QDialog, "layers"), 10.0, "the list of layers")
    picker: Any = shown(QDialog, "layers")
    yield from person.type(picker.filter, words)
    yield from person.click(picker.tick_all)
    yield from person.look("picker")
    yield from person.click(picker.buttons.button(picker.buttons.Ok))


def choose_training(person: Person, layer: str, field: str, per_polygon: int) -> Steps:
    """Choose layer, class field and cap on the page Data; look at classes and split."""
    samples = window().page("data").samples
    yield from person.tab(window().page("data").tabs, "Training data")
    yield from person.look("training_empty")
    yield from person.choose(samples.layer, layer)
    yield from pause(1.5)
    if samples.class_field.currentField() != field:
        yield from person.choose(samples.class_field, field)
    if per_polygon:
        yield from person.type(samples.max_per_polygon, str(per_polygon))
    yield from until(lambda: window().page("data").findings.census, READ_S, "the classes")
    yield from pause(1.5)
    yield from person.look("training")
    yield from person.tab(window().page("data").tabs, "Split")
    yield from pause(1.5)
    yield from person.look("split")
    yield from person.tab(window().page("data").tabs, "Rasters")
    yield from pause(4.0)
    yield from person.look("series")


def choose_network(person: Person, title: str, epochs: int) -> Steps:
    """Choose an architecture and how many epochs at most."""
    yield from go_to(person, "Network")
    network = window().page("network")
    yield from person.look("network")
    tree = network.architecture_list
    item = tree.findItems(title, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)[0]
    tree.scrollToItem(item)
    yield from person.click(tree.viewport(), tree.visualItemRect(item).center())
    yield from person.look("architecture")
    yield from person.tab(network.tabs, "Learning")
    yield from person.look("strategy")
    if epochs:
        yield from person.type(network.strategy_form._rows["epochs"].field.widget, str(epochs))


def train(person: Person, figures: Figures) -> Steps:
    """Read the list before the start, train, watch; note forecast, truth and lateness."""
    yield from go_to(person, "Train")
    page = window().page("train")
    yield from until(page.train_button.isEnabled, READ_S, "the start: " + told(page))
    yield from until(lambda: "about" in page.estimate_label.text().lower(), 120.0, page.estimate_label.text())
    yield from person.look("before")
    figures["forecast"] = page.estimate_label.text()
    beat, begun = Beat(), time.monotonic()
    beat.start()
    yield from person.click(page.train_button)
    run = window().workspace.queue.runs[-1]
    yield from until(lambda: len(run.epochs) > 4 or run.is_over, TRAIN_S, "five epochs")
    figures["lateness_with_look"] = beat.stop()
    yield from person.look("curves")
    beat.start()
    yield from until(lambda: run.is_over, TRAIN_S, "the end of the training")
    yield from pause(0.5)
    figures["lateness"] = beat.stop()
    figures["stalls"] = beat.stacks
    figures["truth_s"] = round(time.monotonic() - begun, 1)
    figures["run"] = f"{run.state} {run.error} {len(run.epochs)} epochs"
    yield from person.look("accuracy")
    yield from person.tab(page.run_panel.tabs, "Log")
    yield from person.look("log")


def told(page: Any) -> str:
    """Return what the list before a training says."""
    return "; ".join(line.sentence for line in page.checklist._lines)


def make_map(person: Person, figures: Figures) -> Steps:
    """Preview the view, then map everything with attention."""
    yield from go_to(person, "Map")
    page = window().page("map")
    yield from person.look("map_page")
    for product in ("Confidence", "Attention"):
        if any(product in page.products_list.item(i).text() for i in range(page.products_list.count())):
            yield from person.item(page.products_list, product, at_box=True)
    yield from person.look("map_products")
    yield from person.click(page.preview_button)
    yield from until(lambda: page._preview is None, _MAP_S, "the preview")
    window().move(4, 420)
    yield from pause(2.0)
    yield from person.look("preview")
    window().move(4, 30)
    beat = Beat()
    begun = time.monotonic()
    yield from person.click(page.map_button)
    yield from pause(3.0)
    yield from person.look("mapping")
    beat.start()
    yield from until(lambda: page._run is not None and page._run.is_over, _MAP_S, "the map")
    yield from pause(4.0)
    figures["lateness_map"] = beat.stop()
    figures["stalls_map"] = beat.stacks
    figures["map_s"] = round(time.monotonic() - begun, 1)
    figures["map_run"] = f"{page._run.state} {page._run.error}"
    yield from person.look("mapped")
    window().showMinimized()
    yield from pause(2.0)
    yield from person.look("map_in_qgis")
    window().showNormal()
    window().raise_()
    window().activateWindow()
    yield from pause(3.0)  # the window manager brings it back


def portrait(person: Person, _: Figures) -> Steps:
    """Take the picture of map and curves side by side."""
    yield from go_to(person, "Train")
    page = window().page("train")
    yield from person.row(page.run_list, 1)
    yield from person.tab(page.run_panel.tabs, "Learning")
    window().resize(880, 520)
    window().move(480, 215)
    bar = window().stack.currentWidget().verticalScrollBar()
    bar.setValue(bar.maximum())
    iface.mapCanvas().zoomScale(22000)
    yield from pause(3.0)
    yield from person.look("portrait")
    iface.mapCanvas().zoomToFullExtent()
    window().resize(1100, 680)
    window().move(4, 30)
    yield from pause(1.0)


def other_pages(person: Person, _: Figures) -> Steps:
    """Look at the pages that only show."""
    yield from go_to(person, "Models")
    yield from person.look("models")
    yield from person.click(window().page("models").more_button)
    yield from person.look("models_more")
    yield from person.key("Escape")
    for words in ("Accuracy", "Learning"):
        yield from person.tab(window().page("models").tabs, words)
        yield from person.look(f"models_{words.lower()}")
    yield from go_to(person, "Compare")
    yield from person.look("compare")
    yield from go_to(person, "Environment")
    yield from pause(2.0)
    yield from person.look("environment")
    yield from go_to(person, "Train")
    yield from person.click(window().settings_button)
    yield from person.look("settings")
    yield from person.key("Escape")


def empty_pages(person: Person) -> Steps:
    """Look at every page before anything is chosen."""
    for row in range(window().page_list.count()):
        yield from person.row(window().page_list, row)
        yield from pause(0.6)
        yield from person.look(f"empty_{row}")
    yield from person.row(window().page_list, 0)
