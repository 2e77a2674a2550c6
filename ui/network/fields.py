# SPDX-License-Identifier: GPL-2.0-or-later
"""Editors of single settings, made from their declaration."""

from __future__ import annotations

import math
from typing import Any

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QEvent, QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QValidator
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QSpinBox, QWidget

from ...plugin.core.catalog import Hyperparameter
from ...plugin.host.shelf import SUFFIX
from ...plugin.host.text import tr

_DECIMALS = 10
_SHARE = 0.95  # settings from 0 to at most this are shares, stepped evenly
_SHARE_STEP = 0.05


class Field(QObject):
    """The editor of one setting: its widget, its value, and a signal when the user changed it."""

    edited = pyqtSignal(object)

    def __init__(self, setting: Hyperparameter) -> None:
        super().__init__()
        self.setting = setting
        self.widget: QWidget = _MAKERS[setting.kind](self, setting)
        self.widget.setObjectName(setting.name)
        self.widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.widget.setAccessibleName(tr(setting.label))
        self.widget.installEventFilter(self)

    def show_value(self, value: Any) -> None:
        """Show `value` without telling."""
        widget = self.widget
        widget.blockSignals(True)
        if isinstance(widget, QComboBox):
            widget.setCurrentIndex(widget.findData(value))
        elif isinstance(widget, QCheckBox):
            widget.setChecked(bool(value))
        elif isinstance(widget, QgsFileWidget):
            widget.setFilePath(value)
        elif isinstance(widget, QSpinBox):
            widget.setValue(int(value))
        else:
            widget.setValue(float(value))
        widget.blockSignals(False)

    def eventFilter(self, widget: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        """Leave the wheel to the page unless the field is in use: scrolling must not change settings."""
        if event.type() == QEvent.Type.Wheel and not self.widget.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(widget, event)


class NumberBox(QDoubleSpinBox):
    """A spin box that writes numbers as short as they are, 1e-06 or 0.25, and steps by their size."""

    def textFromValue(self, value: float) -> str:  # noqa: N802 (Qt's name)
        """Return `value` with up to six digits."""
        return self.locale().toString(value, "g", 6)

    def valueFromText(self, text: str) -> float:  # noqa: N802 (Qt's name)
        """Return the number in `text`."""
        return self.locale().toDouble(self._bare(text))[0]

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Take any way of writing a number in the range."""
        value, is_number = self.locale().toDouble(self._bare(text))
        if is_number and self.minimum() <= value <= self.maximum():
            return QValidator.State.Acceptable, text, position
        is_begun = set(self._bare(text).lower()) <= set("0123456789e+-.,")
        return (QValidator.State.Intermediate if is_begun else QValidator.State.Invalid), text, position

    def stepBy(self, steps: int) -> None:  # noqa: N802 (Qt's name)
        """Move shares by a twentieth, other numbers by a tenth of their own decade."""
        if self.minimum() >= 0 and self.maximum() <= _SHARE:
            step = _SHARE_STEP
        else:
            value = abs(self.value()) or min(1.0, self.maximum() / 100)
            decade = 10.0 ** math.floor(math.log10(value) + 1e-9)
            step = decade / 10 if steps < 0 and math.isclose(value, decade) else decade
        self.setValue(round(self.value() + steps * step, _DECIMALS))

    def _bare(self, text: str) -> str:
        return text.removesuffix(self.suffix()).strip() if self.suffix() else text.strip()


def _whole(field: Field, setting: Hyperparameter) -> QSpinBox:
    box = QSpinBox()
    box.setRange(int(setting.minimum), int(setting.maximum))
    box.setKeyboardTracking(False)
    box.setSuffix(_suffix(setting))
    box.setStepType(QSpinBox.StepType.AdaptiveDecimalStepType)
    box.setSpecialValueText(tr(setting.zero))  # '': the number
    box.valueChanged.connect(field.edited.emit)
    return box


def _number(field: Field, setting: Hyperparameter) -> NumberBox:
    box = NumberBox()
    box.setDecimals(_DECIMALS)
    box.setRange(setting.minimum, setting.maximum)
    box.setKeyboardTracking(False)
    box.setSuffix(_suffix(setting))
    box.valueChanged.connect(field.edited.emit)
    return box


def _truth(field: Field, setting: Hyperparameter) -> QCheckBox:
    box = QCheckBox(tr("yes"))
    box.toggled.connect(field.edited.emit)
    return box


def _choice(field: Field, setting: Hyperparameter) -> QComboBox:
    box = QComboBox()
    for choice in setting.choices:
        box.addItem(tr(choice.replace("_", " ")), choice)
    box.activated.connect(lambda index: field.edited.emit(box.itemData(index)))
    return box


def _model(field: Field, setting: Hyperparameter) -> QgsFileWidget:
    box = QgsFileWidget()
    box.setFilter(f"Chronomap model (*{SUFFIX})")
    box.setDialogTitle(tr(setting.label))
    box.lineEdit().setPlaceholderText(tr("a new model"))
    box.setFocusProxy(box.lineEdit())
    box.fileChanged.connect(field.edited.emit)
    return box


def _suffix(setting: Hyperparameter) -> str:
    return f" {tr(setting.unit)}" if setting.unit else ""


_MAKERS = {"int": _whole, "float": _number, "bool": _truth, "choice": _choice, "model": _model}
