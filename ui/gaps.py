# SPDX-License-Identifier: GPL-2.0-or-later
"""What is missing, in words below the field it belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QPalette
from qgis.PyQt.QtWidgets import QFrame, QLabel, QLayout, QSizePolicy, QVBoxLayout, QWidget

_WARM = {True: "#f0a35e", False: "#a3440f"}  # on dark, on light; the words say it, the colour only helps


class GapMarks:
    """Puts a sentence below each field that has a gap and takes it away again."""

    def __init__(self) -> None:
        self._labels: dict[QWidget, QLabel] = {}

    def show(self, gaps: Mapping[QWidget, str]) -> None:
        """Mark the fields of `gaps`, and no others."""
        for widget, label in self._labels.items():
            if widget not in gaps:
                label.hide()
        for widget, sentence in gaps.items():
            label = self._labels.get(widget) or self._add(widget)
            label.setText(sentence)
            label.setStyleSheet(f"color: {_WARM[is_dark(widget.palette())]}")  # a palette would lose to a theme's sheet
            label.setVisible(bool(sentence))
            widget.setAccessibleDescription(sentence)

    def _add(self, widget: QWidget) -> QLabel:
        """Put `widget` and a label below it where `widget` stood."""
        label = QLabel()
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setObjectName("gap")
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._labels[widget] = label
        home = _layout_of(widget)
        if home is None:  # the page itself, or a widget no layout holds
            layout = widget.layout()
            if layout is not None:
                layout.addWidget(label)
            return label
        frame = _Field(widget)
        home.replaceWidget(widget, frame)
        frame.fill(label)
        frame.show()
        return label


class _Field(QFrame):
    """A field with its sentence, in the place of the field alone."""

    def __init__(self, field: QWidget) -> None:
        super().__init__(field.parentWidget())
        self._field = field
        policy = field.sizePolicy()
        self.setSizePolicy(policy.horizontalPolicy(), policy.verticalPolicy())

    def fill(self, label: QLabel) -> None:
        """Lay out field above sentence."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._field)
        layout.addWidget(label)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Ask for no more width than the field alone: the sentence wraps."""
        hint = super().minimumSizeHint()
        return QSize(max(self._field.minimumSizeHint().width(), self._field.minimumWidth()), hint.height())


def is_dark(palette: QPalette) -> bool:
    """Return whether text is lighter than its ground."""
    return (
        palette.color(QPalette.ColorRole.WindowText).lightness() > palette.color(QPalette.ColorRole.Window).lightness()
    )


def _layout_of(widget: QWidget) -> QLayout | None:
    parent = widget.parentWidget()
    layout = parent.layout() if parent is not None else None
    return _holder(layout, widget) if layout is not None else None


def _holder(layout: QLayout, widget: QWidget) -> QLayout | None:
    """Return the layout, `layout` or one inside it, that holds `widget`."""
    if layout.indexOf(widget) >= 0:
        return layout
    inner = (layout.itemAt(index).layout() for index in range(layout.count()))
    return next((found for item in inner if item is not None for found in [_holder(item, widget)] if found), None)
