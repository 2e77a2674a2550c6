# SPDX-License-Identifier: GPL-2.0-or-later
"""A form of settings, made from their declarations: two columns, groups with titles, each field with a way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, QSize, pyqtSignal
from qgis.PyQt.QtGui import QResizeEvent
from qgis.PyQt.QtWidgets import QGridLayout, QLabel, QSizePolicy, QToolButton, QWidget

from ...plugin.core.catalog import Hyperparameter, condition_text
from ...plugin.core.help import range_text, value_text
from ...plugin.host.text import tr
from .fields import Field

_PARTS = 4  # of a column: label, editor, way back, gap
_EDITOR_PX = 90
_LABEL_LETTERS = 20  # longer labels take two lines
_GAP_PX, _MARGIN_PX = 18, 6

Groups = Sequence[tuple[str, Sequence[Hyperparameter]]]


class SettingForm(QWidget):
    """Shows values and tells what the user changed; holds none itself.

    Settings whose condition does not hold are hidden; those that differ from the preset have a button to go back.
    """

    edited = pyqtSignal(str, object)  # name and value

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        self._grid.setVerticalSpacing(3)
        self._columns = 1
        self._rows: dict[str, SettingRow] = {}
        self._groups: list[tuple[QLabel, list[SettingRow]]] = []
        self._shown: list[list[str]] = []

    @property
    def rows(self) -> dict[str, SettingRow]:
        """The rows by the name of their setting."""
        return self._rows

    def set_groups(self, groups: Groups) -> None:
        """Make the fields anew."""
        for heading, rows in self._groups:
            heading.deleteLater()
            for row in rows:
                row.delete()
        declared = [setting for _, settings in groups for setting in settings]
        self._rows = {setting.name: self._make_row(setting, declared) for setting in declared}
        self._groups = [
            (self._make_heading(title), [self._rows[s.name] for s in settings]) for title, settings in groups
        ]
        self._shown = []

    def show_values(self, values: Mapping[str, Any], preset: Mapping[str, Any]) -> None:
        """Show `values`; `preset` holds those to go back to."""
        for name, row in self._rows.items():
            row.show_value(values[name], preset[name])
        self._place([[row.name for row in rows if row.setting.matters(values)] for _, rows in self._groups])

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        """Use two columns where there is room."""
        super().resizeEvent(event)
        self._place(self._shown, force=self._columns != self._fitting_columns())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Ask for the width of one column."""
        return QSize(self._column_width(), super().minimumSizeHint().height())

    def _fitting_columns(self) -> int:
        return 2 if self.width() >= 2 * self._column_width() + _GAP_PX else 1

    def _column_width(self) -> int:
        """Return what the widest line needs."""
        spacing = 2 * max(self._grid.horizontalSpacing(), 4) + 2 * _MARGIN_PX
        return max((row.width for row in self._rows.values()), default=0) + spacing

    def _make_row(self, setting: Hyperparameter, declared: Iterable[Hyperparameter]) -> SettingRow:
        row = SettingRow(setting, condition_text(setting, declared), self)
        row.edited.connect(self.edited)
        return row

    def _make_heading(self, title: str) -> QLabel:
        heading = QLabel(tr(title), self)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        return heading

    def _place(self, shown: list[list[str]], force: bool = False) -> None:
        """Lay the rows named in `shown` out, group by group, down the first column and then the next."""
        if shown == self._shown and not force:
            return
        self._shown, self._columns = shown, self._fitting_columns()
        while self._grid.count():
            self._grid.takeAt(0)
        top = 0
        for (heading, rows), names in zip(self._groups, shown):
            for row in rows:
                row.set_visible(row.name in names)
            heading.setVisible(bool(names) and bool(heading.text()))
            self._grid.addWidget(heading, top, 0, 1, -1)
            depth = -(-len(names) // self._columns)
            for number, name in enumerate(names):
                column, line = divmod(number, depth)
                for part, widget in enumerate(self._rows[name].widgets):
                    self._grid.addWidget(widget, top + 1 + line, column * _PARTS + part)
            top += 1 + depth
        for line in range(self._grid.rowCount()):
            self._grid.setRowStretch(line, int(line == top))  # what is left of the height stays below
        self._grid.setRowStretch(top, 1)
        for column in range(2):
            for part, stretch in enumerate((3, 2, 0, 0)):
                self._grid.setColumnStretch(column * _PARTS + part, stretch if column < self._columns else 0)
        self._grid.setColumnMinimumWidth(_PARTS - 1, _GAP_PX if self._columns > 1 else 0)
        self._order_tabs([name for names in shown for name in names])

    def _order_tabs(self, names: list[str]) -> None:
        editors = [widget for name in names for widget in self._rows[name].widgets[1:]]
        for first, second in zip(editors, editors[1:]):
            QWidget.setTabOrder(first, second)


class SettingRow(QObject):
    """Label, editor and the button that goes back to the preset's value."""

    edited = pyqtSignal(str, object)

    def __init__(self, setting: Hyperparameter, condition: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setting = setting
        self.name = setting.name
        self.field = Field(setting)
        self._preset: Any = None
        self._condition = condition
        self._label = QLabel(tr(setting.label), parent)
        self._label.setBuddy(self.field.widget)
        self._label.setWordWrap(True)
        self.field.widget.setParent(parent)
        self.field.widget.setMinimumWidth(max(_EDITOR_PX, self._choice_width()))
        self._back = QToolButton(parent)
        self._back.setAutoRaise(True)
        self._back.setIcon(QgsApplication.getThemeIcon("/mActionUndo.svg"))
        policy = QSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        policy.setRetainSizeWhenHidden(True)
        self._back.setSizePolicy(policy)
        self._is_visible, self._differs = True, False
        self.field.edited.connect(lambda value: self.edited.emit(self.name, value))
        self._back.clicked.connect(lambda: self.edited.emit(self.name, self._preset))

    @property
    def widgets(self) -> tuple[QWidget, ...]:
        """Label, editor and button, as they stand in a line."""
        return self._label, self.field.widget, self._back

    @property
    def width(self) -> int:
        """Pixels that the line needs."""
        metrics = self._label.fontMetrics()
        label = min(metrics.horizontalAdvance(self._label.text()) + 2, metrics.averageCharWidth() * _LABEL_LETTERS)
        editor = max(self.field.widget.minimumWidth(), self.field.widget.minimumSizeHint().width())
        return label + editor + self._back.sizeHint().width()

    def _choice_width(self) -> int:
        """Return what the longest choice needs; other editors scroll."""
        return self.field.widget.sizeHint().width() if self.setting.kind == "choice" else 0

    @property
    def explanation(self) -> str:
        """What the setting does, what it may be, and what the preset says."""
        known = tr("Range: {range}. Preset: {preset}.").format(
            range=range_text(self.setting), preset=value_text(self._preset)
        )
        return " ".join(part for part in (f"{tr(self.setting.label)}:", tr(self.setting.help), known) if part)

    def show_value(self, value: Any, preset: Any) -> None:
        """Show `value`, and whether it differs from the preset's."""
        self._preset = preset
        self.field.show_value(value)
        self._differs = value != preset
        self._back.setVisible(self._differs and self._is_visible)
        self._back.setToolTip(tr("Back to {value}").format(value=value_text(preset)))
        self._back.setAccessibleName(tr("Reset {setting}").format(setting=tr(self.setting.label)))
        for widget in self.widgets[:2]:
            widget.setToolTip(self.explanation + (f" {tr(self._condition)}" if self._condition else ""))

    def set_visible(self, is_visible: bool) -> None:
        """Show or hide the whole line."""
        self._is_visible = is_visible
        self._label.setVisible(is_visible)
        self.field.widget.setVisible(is_visible)
        self._back.setVisible(is_visible and self._differs)

    def delete(self) -> None:
        """Remove the line from its form."""
        for widget in self.widgets:
            widget.hide()
            widget.deleteLater()
        self.deleteLater()
