# SPDX-License-Identifier: GPL-2.0-or-later
"""The entry "Open in Model Designer" in the toolbox's context menu, for the models that come with the plugin."""

from __future__ import annotations

from processing.gui.ContextAction import ContextAction
from processing.gui.ProviderActions import ProviderContextMenuActions
from processing.modeler.ModelerDialog import ModelerDialog
from qgis.core import QgsProcessingModelAlgorithm

from ..plugin.core.process import PLUGIN_ROOT
from ..plugin.host.text import tr

_MODELS = PLUGIN_ROOT / "resources" / "models"
_PROVIDER = "chronomap"


class OpenInDesigner(ContextAction):
    """Opens a copy: to save it, the user gives it a name and place of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.name = tr("Open in Model Designer…")

    def isEnabled(self) -> bool:  # noqa: N802 (QGIS calls it)
        """Return whether the entry fits what was clicked on."""
        clicked = self.itemData
        return isinstance(clicked, QgsProcessingModelAlgorithm) and clicked.provider().id() == _PROVIDER

    def execute(self) -> None:
        """Open the model."""
        model = QgsProcessingModelAlgorithm()
        model.fromFile(str(_MODELS / f"{self.itemData.name()}.model3"))
        model.setSourceFilePath("")  # the plugin's own file is not to be written over
        dialog = ModelerDialog.create(model)
        dialog.show()
        dialog.activate()


def offer_designer() -> OpenInDesigner:
    """Add the entry to the toolbox; return it, to be taken back."""
    entry = OpenInDesigner()
    ProviderContextMenuActions.registerProviderContextMenuActions([entry])
    return entry


def withdraw_designer(entry: OpenInDesigner) -> None:
    """Take the entry back."""
    ProviderContextMenuActions.deregisterProviderContextMenuActions([entry])
