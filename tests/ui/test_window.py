# SPDX-License-Identifier: GPL-2.0-or-later
"""The window: pages, keyboard, what is missing, what a project remembers."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from chronomap.plugin.core.jobs import CubeJob
from chronomap.plugin.core.recipe import Recipe
from chronomap.plugin.host.project import stored_recipe
from chronomap.ui.pages import PAGES
from chronomap.ui.settings_menu import load_settings, save_settings
from chronomap.ui.window import help_url
from chronomap.ui.workspace import Workspace
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QFontMetrics
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QLabel
from waiting import wait, wait_until

RECIPE = Recipe(cube=CubeJob("", rasters=("/in/a.tif",)), is_mapped=True)


def all_pages(window):
    wait_until(lambda: len(window._pages) == len(PAGES))
    return [window.page(kind.topic) for kind in PAGES]


def test_the_window_opens_in_less_than_half_a_second(open_window):
    started = time.process_time()
    open_window()
    QApplication.processEvents()
    assert time.process_time() - started < 0.5


def test_the_window_fits_a_small_screen(window):
    all_pages(window)
    hint = window.minimumSizeHint()
    assert hint.width() <= 1366
    assert hint.height() <= 700  # 768 less the panels of a desktop
    assert window.width() <= 1366
    assert window.height() <= 700


def test_every_page_has_a_title_an_icon_and_a_topic_of_its_own(window):
    from chronomap.plugin.core.process import PLUGIN_ROOT  # noqa: PLC0415

    assert len({page.topic for page in all_pages(window)}) == len(PAGES)
    for row, kind in enumerate(PAGES):
        assert kind.title
        assert (PLUGIN_ROOT / "resources/icons" / kind.icon).is_file()
        assert window.page_list.item(row).text().startswith(kind.title)


@pytest.mark.parametrize("topic", [kind.topic for kind in PAGES])
def test_help_of_a_page_is_there_and_its_links_lead_somewhere(topic):
    page = Path(help_url(topic).toLocalFile())
    links = re.findall(r'(?:href|src)="(?!https?:)([^"#]+)', page.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (page.parent / link).is_file()] == []


@pytest.mark.parametrize("way", ["button", "escape", "frame"])
def test_the_window_closes_and_remembers_its_place(window, open_window, way):
    window.resize(900, 600)
    if way == "escape":
        QTest.keyClick(window, Qt.Key.Key_Escape)
    else:
        (window.close_button.click if way == "button" else window.close)()
    assert not window.isVisible()
    assert open_window().size() == window.size()


def test_control_and_page_keys_turn_the_pages(window):
    window.page_list.setCurrentRow(0)
    window.activateWindow()
    wait_until(window.isActiveWindow, 5.0)
    QTest.keyClick(window, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    assert window.stack.currentIndex() == 1
    QTest.keyClick(window, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ControlModifier)
    assert window.stack.currentIndex() == 0


def test_mnemonics_of_a_page_and_the_window_do_not_collide(window):
    for page in all_pages(window):
        letters = [*mnemonics(page), *mnemonics(window.settings_button.parent(), deep=False)]
        assert sorted(set(letters)) == sorted(letters), page.topic


def mnemonics(widget, deep=True):
    """Return the letters after & in the texts of what is inside `widget`."""
    option = Qt.FindChildOption.FindChildrenRecursively if deep else Qt.FindChildOption.FindDirectChildrenOnly
    from qgis.PyQt.QtWidgets import QAbstractButton  # noqa: PLC0415

    found = [child.text() for kind in (QAbstractButton, QLabel) for child in widget.findChildren(kind, "", option)]
    return [text[text.index("&") + 1].lower() for text in found if "&" in text.replace("&&", "")]


def test_what_is_missing_stands_in_words_at_its_field(window):
    window.go_to("train")
    page = window.page("train")
    page.name_edit.setText("a/b")
    window._check()
    labels = [label for label in page.findChildren(QLabel, "gap") if label.isVisible()]
    assert [label.text() for label in labels] == [page.gaps()[page.name_edit]]
    assert "1 missing" in window.page_list.currentItem().text()
    page.name_edit.setText("a")
    window._check()
    assert not any(label.isVisible() for label in labels)


def test_a_project_keeps_its_recipe(workspace, tmp_path):
    project = QgsProject.instance()
    workspace.load(RECIPE)
    project.write(str(tmp_path / "first.qgs"))
    project.clear()
    assert workspace.recipe == Recipe()
    project.write(str(tmp_path / "second.qgs"))
    project.read(str(tmp_path / "first.qgs"))
    assert workspace.recipe == RECIPE
    project.read(str(tmp_path / "second.qgs"))
    assert workspace.recipe == Recipe()


def test_an_untouched_recipe_leaves_the_project_clean(workspace):
    QgsProject.instance().setDirty(False)
    workspace.load(Recipe())
    wait(0.6)
    assert stored_recipe() is None
    assert not QgsProject.instance().isDirty()


def test_a_change_is_kept_in_the_project_without_being_told(workspace):
    workspace.update(cube=RECIPE.cube)
    wait_until(lambda: stored_recipe() is not None, 5.0)
    assert stored_recipe().cube == RECIPE.cube
    assert QgsProject.instance().isDirty()


def test_a_workspace_that_is_closed_writes_no_project_any_more(workspace, qgis_iface):
    other = Workspace(qgis_iface)
    other.load(RECIPE)
    QgsProject.instance().clear()
    other.close()
    other.update(is_mapped=False)
    wait(0.6)
    assert stored_recipe() is None


def test_settings_go_to_a_file_and_come_back(window, workspace, tmp_path):
    workspace.load(RECIPE)
    save_settings(workspace, tmp_path / "run.json")
    workspace.load(Recipe())
    load_settings(workspace, tmp_path / "run.json")
    assert workspace.recipe == RECIPE


def test_a_file_without_settings_is_told_and_changes_nothing(window, workspace, tmp_path):
    workspace.load(RECIPE)
    (tmp_path / "other.json").write_text("{}")
    load_settings(workspace, tmp_path / "other.json")
    assert workspace.recipe == RECIPE
    assert "no Chronomap settings" in window._message_bar.currentItem().text()


def test_the_menu_copies_the_run_as_commands(window, workspace):
    workspace.load(RECIPE)
    actions = {action.text(): action for action in window.settings_button.menu().actions()}
    actions["Copy as &qgis_process commands"].trigger()
    lines = QApplication.clipboard().text().splitlines()
    assert [line.split()[2] for line in lines] == [
        "chronomap:buildcube",
        "chronomap:extractsamples",
        "chronomap:train_ltae",
        "chronomap:map",
    ]
    actions["Copy as &Python"].trigger()
    assert QApplication.clipboard().text().startswith("import processing")


def test_texts_are_not_cut_with_a_large_font(open_window):
    normal = QApplication.font()
    large = QApplication.font()
    large.setPointSizeF(normal.pointSizeF() * 1.4)
    QApplication.setFont(large)
    try:
        window = open_window()
        QApplication.processEvents()
        metrics = QFontMetrics(large)
        assert window.page_list.width() > max(metrics.horizontalAdvance(kind.title) for kind in PAGES) + 24
    finally:
        QApplication.setFont(normal)


@pytest.mark.parametrize("name", ["window.ui", "training/page.ui", "training/run_panel.ui", "models/page.ui"])
def test_layouts_have_no_fixed_fonts_and_no_colours(name):
    text = (Path(__file__).parents[2] / "ui" / name).read_text(encoding="utf-8")
    assert "<font>" not in text
    assert "styleSheet" not in text
    assert "<palette" not in text
