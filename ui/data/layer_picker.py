# SPDX-License-Identifier: GPL-2.0-or-later
"""A tree of the project's raster layers, in their groups, to tick those that are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional, Union

from qgis.core import (
    QgsIconUtils,
    QgsLayerTree,
    QgsLayerTreeGroup,
    QgsLayerTreeLayer,
    QgsProject,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QDialog, QDialogButtonBox, QStyle, QTreeWidget, QTreeWidgetItem, QWidget

from ...plugin.host.text import tr
from ..loading import load_ui

_ID = Qt.ItemDataRole.UserRole
_Parent = Union[QTreeWidget, QTreeWidgetItem]


class LayerPicker(QDialog):
    """Asks for raster layers; ticking a group ticks all in it. `chosen` are the layers, in the order of the tree."""

    def __init__(self, project: QgsProject, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        load_ui(self, __file__)
        self._project = project
        self._fill(project.layerTreeRoot(), self.tree)
        self.tree.expandAll()
        self.tree.itemChanged.connect(self._count)
        self.filter.textChanged.connect(self._filter)
        self.tick_all.clicked.connect(lambda: self._tick(Qt.CheckState.Checked))
        self.tick_none.clicked.connect(lambda: self._tick(Qt.CheckState.Unchecked))
        self._count()

    @property
    def chosen(self) -> list[QgsRasterLayer]:
        """The layers that are ticked."""
        ticked = (item for item in self._leaves() if item.checkState(0) == Qt.CheckState.Checked)
        layers = (self._project.mapLayer(item.data(0, _ID)) for item in ticked)
        return [layer for layer in layers if layer is not None]

    def _fill(self, group: QgsLayerTreeGroup, parent: _Parent) -> None:
        for node in group.children():
            if isinstance(node, QgsLayerTreeLayer):
                if isinstance(node.layer(), QgsRasterLayer) and node.layer().providerType() == "gdal":
                    item = self._item(parent, node.layer().name())
                    item.setData(0, _ID, node.layerId())
                    item.setIcon(0, QgsIconUtils.iconForLayer(node.layer()))
            elif isinstance(node, (QgsLayerTreeGroup, QgsLayerTree)):
                item = self._item(parent, node.name())
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsAutoTristate)
                item.setIcon(0, self.style().standardIcon(QStyle.StandardPixmap.SP_DirIcon))
                self._fill(node, item)
                if not item.childCount():
                    (parent.invisibleRootItem() if isinstance(parent, QTreeWidget) else parent).removeChild(item)

    def _item(self, parent: _Parent, text: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(parent, [text])
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(0, Qt.CheckState.Unchecked)
        return item

    def _leaves(self, parent: Optional[QTreeWidgetItem] = None) -> Iterator[QTreeWidgetItem]:
        parent = parent or self.tree.invisibleRootItem()
        for index in range(parent.childCount()):
            child = parent.child(index)
            if child.data(0, _ID):
                yield child
            else:
                yield from self._leaves(child)

    def _filter(self, text: str) -> None:
        for item in self._leaves():
            item.setHidden(text.lower() not in item.text(0).lower())

    def _tick(self, state: Qt.CheckState) -> None:
        """Tick or untick what is shown: the chosen ones where several are chosen."""
        selected = [item for item in self.tree.selectedItems() if item.data(0, _ID)]
        items = selected if len(selected) > 1 else list(self._leaves())
        for item in items:
            if not item.isHidden():
                item.setCheckState(0, state)

    def _count(self) -> None:
        count = len(self.chosen)
        total = sum(1 for _ in self._leaves())
        text = tr("{count} of {total} layers") if total else tr("This project has no raster layer that is a file.")
        self.count.setText(text.format(count=count, total=total))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(count > 0)
