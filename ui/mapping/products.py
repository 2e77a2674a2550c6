# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of layers that a map can make, each with a box to check."""

from __future__ import annotations

from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QAbstractItemView, QLabel, QListWidget, QListWidgetItem

from ...plugin.core.products import PRODUCTS
from ...plugin.host.text import tr


class ProductChoice(QObject):
    """Fills a list widget with the products; the one that is pointed at is explained below."""

    changed = pyqtSignal()

    def __init__(self, widget: QListWidget, words: QLabel) -> None:
        super().__init__(widget)
        self._widget = widget
        self._words = words
        for product in PRODUCTS.values():
            item = QListWidgetItem(tr(product.title), widget)
            item.setData(Qt.ItemDataRole.UserRole, product.id)
            item.setToolTip(tr(product.help))
            item.setCheckState(Qt.CheckState.Unchecked)
        widget.itemChanged.connect(lambda item: self.changed.emit())
        widget.currentItemChanged.connect(self._explain)
        widget.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)  # a bar of colour would hide the check
        widget.setCurrentRow(0)

    def chosen(self) -> tuple[str, ...]:
        """Return the ids of the products that are checked, in their order."""
        items = [self._widget.item(row) for row in range(self._widget.count())]
        checked = (item for item in items if item.checkState() == Qt.CheckState.Checked)
        return tuple(str(item.data(Qt.ItemDataRole.UserRole)) for item in checked)

    def show(self, chosen: tuple[str, ...], gives_attention: bool) -> None:
        """Check `chosen`; what needs attention is grey for models that give none, but can be taken off."""
        self._widget.blockSignals(True)
        for row in range(self._widget.count()):
            item = self._widget.item(row)
            product = PRODUCTS[item.data(Qt.ItemDataRole.UserRole)]
            is_chosen = product.id in chosen
            item.setCheckState(Qt.CheckState.Checked if is_chosen else Qt.CheckState.Unchecked)
            is_possible = gives_attention or not product.from_attention or is_chosen
            usable = Qt.ItemFlag.ItemIsEnabled
            item.setFlags(item.flags() | usable if is_possible else item.flags() & ~usable)
        self._widget.blockSignals(False)

    def _explain(self, item: QListWidgetItem, *_: object) -> None:
        if item is not None:
            self._words.setText(tr(PRODUCTS[item.data(Qt.ItemDataRole.UserRole)].help))
