# SPDX-License-Identifier: GPL-2.0-or-later
"""The leaderboard of a search, read from its folder while it grows; its trials give settings and models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Optional

from qgis.PyQt.QtCore import Qt, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QHeaderView, QTableWidgetItem, QWidget

from ...plugin.core.card import read_card
from ...plugin.core.catalog import find_architecture
from ...plugin.core.errors import ModelFileError
from ...plugin.core.search import FAILED, SearchPlaces, TrialRecord, best_record, ranked, read_records
from ...plugin.core.strategy import strategy_defaults
from ...plugin.host.text import tr
from ...plugin.run.search_page import STATES, settings_text
from ..loading import load_ui
from ..network.architecture_list import short_title
from ..times import span

_RECORD = Qt.ItemDataRole.UserRole
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_SETTINGS = 3  # the column that takes what is left of the width


class TrialBoard(QWidget):
    """Shows the trials of one folder, best first."""

    settings_wanted = pyqtSignal(object)  # the TrialRecord whose settings shall be trained
    model_wanted = pyqtSignal(object)  # the TrialRecord whose model shall be shown

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        load_ui(self, __file__)
        self.records: list[TrialRecord] = []
        self._places = SearchPlaces(Path())
        self._stamp: tuple[object, ...] = ()
        self.table.horizontalHeader().setSectionResizeMode(_SETTINGS, QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeaderItem(_SETTINGS).setToolTip(tr("Those that differ from the default preset"))
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.table.itemSelectionChanged.connect(self._enable)
        self.table.itemDoubleClicked.connect(lambda _: self._use())
        self.use_button.clicked.connect(self._use)
        self.open_button.clicked.connect(self._open)
        self.page_button.clicked.connect(self._open_page)
        self._show()

    def show_folder(self, folder: Path) -> None:
        """Show the search in `folder`; reads it only where it has changed.

        Raises:
            InputError: the list of trials is damaged.
        """
        places = SearchPlaces(folder)
        files = [path for path in (places.records, places.best) if path.is_file()]
        stamp = (folder, *(path.stat().st_mtime_ns for path in files))
        if stamp == self._stamp:
            return
        self._stamp, self._places, self.records = stamp, places, []
        try:
            self.records = read_records(places.records)
        finally:
            self._show()

    @property
    def chosen(self) -> Optional[TrialRecord]:
        """The trial of the chosen row."""
        items = self.table.selectedItems()
        return items[0].data(_RECORD) if items else None

    def _show(self) -> None:
        chosen = self.chosen
        self.table.setRowCount(0)
        for rank, record in enumerate(ranked(self.records), 1):
            self.table.insertRow(rank - 1)
            for column, item in enumerate(_cells(rank, record)):
                item.setData(_RECORD, record)
                self.table.setItem(rank - 1, column, item)
            if chosen is not None and record.trial == chosen.trial:
                self.table.selectRow(rank - 1)
        for column in range(self.table.columnCount()):
            if column != _SETTINGS:
                self.table.resizeColumnToContents(column)
        self.head_label.setText(" ".join((_head(self.records), _tested(self._places.best))).strip())
        self._enable()

    def _enable(self) -> None:
        record = self.chosen
        self.use_button.setEnabled(record is not None)
        self.open_button.setEnabled(record is not None and bool(record.model))
        self.page_button.setEnabled(self._places.page.is_file())

    def _use(self) -> None:
        if self.chosen is not None:
            self.settings_wanted.emit(self.chosen)

    def _open(self) -> None:
        if self.chosen is not None:
            self.model_wanted.emit(self.chosen)

    def _open_page(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._places.page)))


def _head(records: list[TrialRecord]) -> str:
    """Return in a sentence how far the search is."""
    if not records:
        return tr("No model yet: each one is listed here as soon as it is trained, and stays in the folder.")
    best = best_record(records)
    if best is None:
        return tr("{count} models, none of them complete yet.").format(count=len(records))
    words = tr("{count} models. Best: trial {trial}, {architecture}, validation macro F1 {score:.3f}.")
    title = short_title(find_architecture(best.architecture))
    return words.format(count=len(records), trial=best.trial, architecture=title, score=best.macro_f1)


def _tested(model: Path) -> str:
    """Return how good the best model of the last run is on samples that no trial has seen."""
    try:
        metrics = read_card(model).metrics if model.is_file() else {}
    except ModelFileError:
        return ""
    return tr("Test macro F1 {score:.3f}.").format(score=metrics["macro_f1"]) if metrics.get("n") else ""


def _cells(rank: int, record: TrialRecord) -> list[QTableWidgetItem]:
    architecture = find_architecture(record.architecture)
    preset = {**architecture.defaults(), **strategy_defaults(architecture)}
    others = {name: value for name, value in record.settings.items() if preset.get(name) != value}
    settings = QTableWidgetItem(settings_text(replace(record, settings=others)) or tr("the default preset"))
    settings.setToolTip(settings_text(record).replace("; ", "\n"))
    state = QTableWidgetItem(tr(STATES.get(record.state, record.state)))
    missing = tr("Never predicts {classes}.").format(classes=", ".join(record.missing)) if record.missing else ""
    state.setToolTip(" ".join(part for part in (record.note, missing) if part))
    score = f"{record.macro_f1:.3f}" if record.state != FAILED else "–"
    title = QTableWidgetItem(short_title(architecture))
    title.setToolTip(tr("Trial {number}").format(number=record.trial))
    return [_number(str(rank)), title, _number(score), settings, _number(span(record.seconds)), state]


def _number(text: str) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setTextAlignment(_RIGHT)
    return item
