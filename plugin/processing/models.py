# SPDX-License-Identifier: GPL-2.0-or-later
"""Model Designer models that come with the plugin (resources/models/*.model3, written by tools/models.py)."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProcessingModelAlgorithm
from qgis.PyQt.QtGui import QIcon

from ..core.errors import InputError
from ..core.process import PLUGIN_ROOT
from ..host.text import tr
from .about import GROUPS
from .base import ICON

MODELS = PLUGIN_ROOT / "resources" / "models"
_GROUP = "models"


class ShippedModel(QgsProcessingModelAlgorithm):
    """A model of the plugin in the toolbox; its id is the file's name, so that titles may be translated."""

    def __init__(self, path: Path) -> None:
        """Read the model.

        Raises:
            InputError: the file is damaged.
        """
        super().__init__()
        self._path = path
        if not self.fromFile(str(path)):
            raise InputError(f"The model {path} cannot be read: install the plugin again.")

    def createInstance(self) -> ShippedModel:  # noqa: N802 (QGIS calls it)
        """Return the model anew."""
        return ShippedModel(self._path)

    def name(self) -> str:
        """Return the id, which never changes."""
        return self._path.stem

    def displayName(self) -> str:  # noqa: N802
        """Return the title."""
        return tr(super().displayName())

    def groupId(self) -> str:  # noqa: N802
        """Return the id of the toolbox group."""
        return _GROUP

    def group(self) -> str:
        """Return the title of the toolbox group."""
        return tr(GROUPS[_GROUP])

    def tags(self) -> list[str]:
        """Return words the toolbox finds the model by."""
        return ["chronomap", "model", "time series", "example"]

    def icon(self) -> QIcon:
        """Return the provider's icon."""
        return QIcon(str(ICON))


def shipped_models() -> list[ShippedModel]:
    """Return the models of the plugin, by title."""
    return sorted((ShippedModel(path) for path in MODELS.glob("*.model3")), key=lambda model: model.displayName())
