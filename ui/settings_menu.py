# SPDX-License-Identifier: GPL-2.0-or-later
"""The menu that saves, loads and copies the settings of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

from qgis.PyQt.QtWidgets import QApplication, QFileDialog, QMenu, QWidget

from ..plugin.core.errors import ChronomapError
from ..plugin.core.recipe import Recipe, load_recipe, save_recipe
from ..plugin.host.commands import python_commands, shell_commands
from ..plugin.host.project import results_folder
from ..plugin.host.steps import run_jobs
from ..plugin.host.text import tr
from .workspace import Workspace

_FILTER = "Chronomap settings (*.json)"


def settings_menu(parent: QWidget, workspace: Workspace) -> QMenu:
    """Return the menu; it works on the workspace's recipe as it is when an entry is chosen."""
    menu = QMenu(parent)
    entries: tuple[tuple[str, Callable[[], None]], ...] = (
        (tr("&Save settings…"), lambda: _save(parent, workspace)),
        (tr("&Load settings…"), lambda: _load(parent, workspace)),
        (tr("Start &anew"), lambda: workspace.load(Recipe())),
        ("", menu.addSeparator),
        (tr("Copy as &qgis_process commands"), lambda: _copy(workspace, shell_commands(run_jobs(workspace.recipe)))),
        (tr("Copy as &Python"), lambda: _copy(workspace, python_commands(run_jobs(workspace.recipe)))),
    )
    for text, action in entries:
        if text:
            menu.addAction(text).triggered.connect(lambda _=False, chosen=action: chosen())
        else:
            action()
    return menu


def _save(parent: QWidget, workspace: Workspace) -> None:
    path, _ = QFileDialog.getSaveFileName(parent, tr("Save settings"), str(results_folder()), _FILTER)
    if path:
        save_settings(workspace, Path(path).with_suffix(".json"))


def save_settings(workspace: Workspace, path: Path) -> None:
    """Write the recipe to `path` and tell it."""
    try:
        save_recipe(workspace.recipe, path)
    except OSError as error:
        workspace.messages.failure(
            tr("{path} cannot be written ({reason}): choose another place.").format(path=path, reason=error.strerror)
        )
        return
    workspace.messages.success(tr("The settings are in {path}.").format(path=path))


def _load(parent: QWidget, workspace: Workspace) -> None:
    path, _ = QFileDialog.getOpenFileName(parent, tr("Load settings"), str(results_folder()), _FILTER)
    if path:
        load_settings(workspace, Path(path))


def load_settings(workspace: Workspace, path: Path) -> None:
    """Take the recipe of the file `path`, or tell why it cannot be taken."""
    try:
        workspace.load(load_recipe(path))
    except ChronomapError as error:
        workspace.messages.failure(str(error))


def _copy(workspace: Workspace, text: str) -> None:
    QApplication.clipboard().setText(text)
    workspace.messages.info(tr("The commands are on the clipboard."), text)
