# SPDX-License-Identifier: GPL-2.0-or-later
"""Sections that take what is dropped: layers and groups of the layer tree, entries of the browser, files."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import QgsMapLayer, QgsMimeDataUtils, QgsProject
from qgis.PyQt.QtCore import QMimeData
from qgis.PyQt.QtGui import QDragEnterEvent, QDropEvent
from qgis.PyQt.QtXml import QDomDocument

from ..workspace import Workspace
from .findings import Findings
from .section import Section

_TREE = "application/qgis.layertreemodeldata"


@dataclass(frozen=True)
class Dropped:
    """Layers of the project, in the order of the tree, and paths of files and folders."""

    layers: tuple[QgsMapLayer, ...] = ()
    paths: tuple[str, ...] = ()


class DropSection(Section):
    """A section onto which layers and files can be dropped."""

    def __init__(self, workspace: Workspace, findings: Findings) -> None:
        super().__init__(workspace, findings)
        self.setAcceptDrops(True)

    def take_dropped(self, found: Dropped) -> None:
        """Add or choose what was dropped."""
        raise NotImplementedError

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 (Qt's name)
        """Take layers and files."""
        if _can_drop(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 (Qt's name)
        """Take what was dropped."""
        event.acceptProposedAction()
        self.take_dropped(_dropped(event.mimeData()))


def _can_drop(mime: QMimeData) -> bool:
    """Tell whether there may be layers or files in `mime`."""
    return mime.hasFormat(_TREE) or mime.hasUrls() or QgsMimeDataUtils.isUriList(mime)


def _dropped(mime: QMimeData) -> Dropped:
    """Return what `mime` holds; a group stands for all layers in it."""
    if mime.hasFormat(_TREE):
        document = QDomDocument()
        document.setContent(mime.data(_TREE))
        nodes = document.elementsByTagName("layer-tree-layer")
        ids = dict.fromkeys(nodes.at(index).toElement().attribute("id") for index in range(nodes.length()))
        layers = (QgsProject.instance().mapLayer(name) for name in ids)
        return Dropped(tuple(layer for layer in layers if layer is not None))
    if QgsMimeDataUtils.isUriList(mime):
        return Dropped(paths=tuple(uri.uri for uri in QgsMimeDataUtils.decodeUriList(mime)))
    return Dropped(paths=tuple(url.toLocalFile() for url in mime.urls() if url.isLocalFile()))
