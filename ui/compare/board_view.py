# SPDX-License-Identifier: GPL-2.0-or-later
"""The board in the window: verdict, cautions, table, figures; sorted, picked, copied and exported."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Optional

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QApplication, QFileDialog, QMenu, QWidget

from ...plugin.core.board import Board, load_board
from ...plugin.core.errors import ChronomapError
from ...plugin.core.jobs import BoardJob
from ...plugin.host.queue import DONE, Run
from ...plugin.host.text import tr
from ...plugin.run.compare_figures import board_figures
from ...plugin.run.compare_page import gap_words, is_flattering, verdict_words
from ...plugin.run.compare_paper import paper_lines
from ..figure_view import FigureView
from ..loading import load_ui
from ..workspace import Workspace
from .board_table import fill_table, ticked


class BoardView(QWidget):
    """Shows one board; figures of other picks are drawn by a short job beside the queue."""

    shown = pyqtSignal(str)  # the board's file

    def __init__(self, workspace: Workspace, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.workspace = workspace
        load_ui(self, __file__)
        self._path = Path()
        self._board: Optional[Board] = None
        self._picked: Optional[Board] = None
        self._charts = Path()
        self._scratch = tempfile.TemporaryDirectory(prefix="chronomap-board-")
        self._drawings = 0
        self.figure_view = FigureView()
        self.figure_area.setWidget(self.figure_view)
        self.board_splitter.setStretchFactor(1, 1)
        self.board_splitter.setSizes([190, 520])
        self.export_button.setMenu(self._menu())
        self.open_button.clicked.connect(self._choose)
        self.pick_button.clicked.connect(self.show_ticked)
        self.copy_button.clicked.connect(self.copy)
        self.figure_combo.currentIndexChanged.connect(self._show_figure)
        self._show_words()

    @property
    def board(self) -> Optional[Board]:
        """What is shown, as it was picked."""
        return self._picked

    def open(self, path: Path) -> None:
        """Show the board in `path`; the message bar tells what is wrong with it."""
        try:
            self._board = self._picked = load_board(path)
        except ChronomapError as error:
            self.workspace.messages.failure(str(error))
            return
        self._path = path
        fill_table(self.table, self._board)
        charts = path.parent / "charts"
        if all((charts / f"{figure.id}.svg").is_file() for figure in board_figures(self._board)):
            self._take_charts(charts)
        else:
            self._draw(())
        self._show_words()
        self.shown.emit(str(path))

    def show_ticked(self) -> None:
        """Draw the figures of the ticked entries."""
        names = ticked(self.table)
        if self._board is None or not names:
            self.workspace.messages.info(tr("Tick at least one model in the table."))
            return
        self._draw(names)

    def copy(self) -> None:
        """Put method and result in words onto the clipboard."""
        if self._picked is not None:
            QApplication.clipboard().setText("\n\n".join(paper_lines(self._picked)))
            self.workspace.messages.info(tr("Method and result are on the clipboard."))

    def export(self, **outputs: str) -> Run:
        """Write outputs of BoardJob, of the entries that are shown."""
        names = tuple(entry.name for entry in self._picked.entries) if self._picked else ()
        run = self.workspace.queue.start_beside(BoardJob(str(self._path), names, **outputs), tr("Export"))
        run.finished.connect(lambda: self._tell(run, next(iter(outputs.values()))))
        return run

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction(tr("Report (HTML)…"), self._export_report)
        menu.addAction(tr("Tables (CSV)…"), self._export_tables)
        menu.addAction(tr("Charts (SVG)…"), self._export_charts)
        return menu

    def _export_report(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, tr("Export report"), "comparison.html", "HTML (*.html)")
        if path:
            self.export(report=path)

    def _export_tables(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, tr("Export tables"), "models.csv", "CSV (*.csv)")
        if path:
            table = Path(path)
            self.export(table=path, pairs=str(table.with_name(f"{table.stem}_pairs{table.suffix}")))

    def _export_charts(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Export charts"))
        if folder:
            self.export(charts=folder)

    def _tell(self, run: Run, where: str) -> None:
        if run.state == DONE:
            self.workspace.messages.success(tr("Written to {where}.").format(where=where))
        elif run.error:
            self.workspace.messages.failure(run.error)

    def _choose(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, tr("Open comparison"), "", tr("Comparison") + " (*.json)")
        if path:
            self.open(Path(path))

    def _draw(self, names: tuple[str, ...]) -> None:
        """Draw the figures of the entries called `names` (() = all) and show them when they are there."""
        if self._board is None:
            return
        self._drawings += 1
        board, folder = self._board, Path(self._scratch.name) / str(self._drawings)
        run = self.workspace.queue.start_beside(BoardJob(str(self._path), names, charts=str(folder)), tr("Figures"))
        run.finished.connect(lambda: self._drawn(run, board, names, folder))

    def _drawn(self, run: Run, board: Board, names: tuple[str, ...], folder: Path) -> None:
        if run.state != DONE:
            self.workspace.messages.failure(run.error)
        elif board is self._board:  # another one was opened meanwhile
            self._picked = board.picked(names) if names else board
            self._take_charts(folder)
            self._show_words()

    def _take_charts(self, folder: Path) -> None:
        self._charts = folder
        chosen = self.figure_combo.currentData()
        self.figure_combo.blockSignals(True)
        self.figure_combo.clear()
        for figure in board_figures(self._picked) if self._picked else []:
            self.figure_combo.addItem(tr(figure.title), figure.id)
        self.figure_combo.setCurrentIndex(max(0, self.figure_combo.findData(chosen)))
        self.figure_combo.blockSignals(False)
        self._show_figure()

    def _show_figure(self, *_: Any) -> None:
        name = self.figure_combo.currentData()
        title = self.figure_combo.currentText()
        self.figure_view.show_file(self._charts / f"{name}.svg" if name else None, title)

    def _show_words(self) -> None:
        board = self._picked
        for widget in (self.pick_button, self.copy_button, self.export_button, self.figure_combo):
            widget.setEnabled(board is not None)
        if board is None:
            self.verdict_label.setText(tr("Compare models, or open a comparison that was made before."))
            self.caution_label.hide()
            return
        self.verdict_label.setText(verdict_words(board))
        told = [*(gap_words(board.gap) if is_flattering(board.gap) else []), *board.warnings]
        self.caution_label.setText("\n".join(f"\u26a0 {sentence}" for sentence in told))
        self.caution_label.setVisible(bool(told))
