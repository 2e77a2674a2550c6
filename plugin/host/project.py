# SPDX-License-Identifier: GPL-2.0-or-later
"""The recipe as the project keeps it, and the place where a project's results go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Optional

from qgis.core import QgsProject

from ..core.errors import InputError
from ..core.recipe import Recipe, recipe_from_plain
from ..core.records import to_plain
from .text import tr

SCOPE = "chronomap"
_RECIPE = "recipe"
_FOLDER = "chronomap"


def store_recipe(recipe: Recipe) -> None:
    """Keep `recipe` in the open project; a project that never had one stays as it is for an untouched recipe."""
    project = QgsProject.instance()
    text = json.dumps(to_plain(recipe), ensure_ascii=False)
    stored, is_stored = project.readEntry(SCOPE, _RECIPE, "")
    if text != stored and (is_stored or recipe != Recipe()):
        project.writeEntry(SCOPE, _RECIPE, text)


def stored_recipe() -> Optional[Recipe]:
    """Return the recipe of the open project, None where it has none.

    Raises:
        InputError: it is damaged, or from a newer version of the plugin.
    """
    text, is_stored = QgsProject.instance().readEntry(SCOPE, _RECIPE, "")
    if not is_stored or not text:
        return None
    name = tr("This project")
    try:
        return recipe_from_plain(json.loads(text), name)
    except ValueError as error:
        raise InputError(f"{name} holds damaged Chronomap settings ({error}): they start anew.") from error


def results_folder() -> Path:
    """Return where results of the open project go unless the user says else."""
    home = QgsProject.instance().homePath()
    return Path(home) / _FOLDER if home else Path.home() / _FOLDER
