# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of architectures, by family."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QAbstractItemView, QTreeWidget, QTreeWidgetItem, QWidget

from ...plugin.core.catalog import FAMILIES, Architecture, load_catalog
from ...plugin.host.text import tr

_ID = Qt.ItemDataRole.UserRole
_LETTERS = 25  # in a line; longer titles end in dots


class ArchitectureList(QTreeWidget):
    """Families as headings, architectures below; tells which one the user chose."""

    chosen = pyqtSignal(str)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setIndentation(self.fontMetrics().averageCharWidth())
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Architectures"))
        self._items: dict[str, QTreeWidgetItem] = {}
        self._fill()
        self.currentItemChanged.connect(self._tell)

    def show_choice(self, architecture_id: str) -> None:
        """Mark an architecture without telling."""
        self.blockSignals(True)
        self.setCurrentItem(self._items.get(architecture_id))
        self.blockSignals(False)

    def _fill(self) -> None:
        for family, title in FAMILIES.items():
            heading = QTreeWidgetItem(self, [tr(title)])
            heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
            font = heading.font(0)
            font.setBold(True)
            heading.setFont(0, font)
            for entry in load_catalog().values():
                if entry.family == family:
                    self._items[entry.id] = _item(heading, entry)
        self.expandAll()
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setFixedWidth(self.fontMetrics().averageCharWidth() * _LETTERS)

    def _tell(self, item: Optional[QTreeWidgetItem]) -> None:
        if item is not None and item.data(0, _ID):
            self.chosen.emit(item.data(0, _ID))


def short_title(architecture: Architecture) -> str:
    """Return the title without what stands in brackets: the family or the summary says it."""
    return tr(architecture.title).partition(" (")[0]


def _item(heading: QTreeWidgetItem, entry: Architecture) -> QTreeWidgetItem:
    item = QTreeWidgetItem(heading, [short_title(entry)])
    item.setData(0, _ID, entry.id)
    item.setToolTip(0, f"{tr(entry.title)}\n{tr(entry.summary)}")
    return item
