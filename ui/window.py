# SPDX-License-Identifier: GPL-2.0-or-later
"""The window: pages in a list at the left, what runs at the foot; a thin shell over the workspace."""

from __future__ import annotations

from typing import Callable, Optional

from qgis.core import QgsSettings
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtCore import Qt, QTimer, QUrl
from qgis.PyQt.QtGui import QDesktopServices, QIcon, QKeySequence, QShowEvent
from qgis.PyQt.QtWidgets import (
    QAction,
    QDialog,
    QFrame,
    QListWidgetItem,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from ..plugin.core.process import PLUGIN_ROOT
from ..plugin.host.text import tr
from .gaps import GapMarks
from .loading import load_ui
from .page import Page
from .pages import PAGES
from .settings_menu import settings_menu
from .training.run_panel import state_line
from .workspace import Workspace

_GEOMETRY, _PAGE = "chronomap/window/geometry", "chronomap/window/page"
_ICONS = PLUGIN_ROOT / "resources" / "icons"
_HELP = PLUGIN_ROOT / "resources" / "help"
_CHECK_MS = 150  # gaps are looked for once a user pauses


class ChronomapWindow(QDialog):
    """Shows the pages; each is made when it is first wanted, the rest when the window has time."""

    def __init__(self, workspace: Workspace, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.workspace = workspace
        self._pages: dict[int, Page] = {}
        self._marks = GapMarks()
        load_ui(self, __file__)
        self.setWindowIcon(QIcon(str(_ICONS / "chronomap.svg")))
        self._message_bar = QgsMessageBar(self)
        self._message_bar.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.message_layout.addWidget(self._message_bar)
        workspace.messages.set_bar(self._message_bar)
        self._fill_list()
        self.settings_button.setMenu(settings_menu(self, workspace))
        self._checking = QTimer(self)
        self._checking.setSingleShot(True)
        self._checking.setInterval(_CHECK_MS)
        self._checking.timeout.connect(self._check)
        self._connect()
        self._restore()

    # ---- pages ----

    def page(self, topic: str) -> Page:
        """Return the page about `topic`, made if it is not there yet."""
        return self._made(self._index(topic))

    def go_to(self, topic: str) -> None:
        """Show the page about `topic`."""
        self.page_list.setCurrentRow(self._index(topic))

    def _index(self, topic: str) -> int:
        return next(index for index, kind in enumerate(PAGES) if kind.topic == topic)

    def _made(self, index: int) -> Page:
        if index not in self._pages:
            page = PAGES[index](self.workspace)
            page.show_recipe()
            page.gaps_changed.connect(self._checking.start)
            self._pages[index] = page
            self.stack.widget(index).setWidget(page)
        return self._pages[index]

    def _make_rest(self) -> None:
        """Make one page that is not there yet and come back for the next: no long pause."""
        missing = next((index for index in range(len(PAGES)) if index not in self._pages), None)
        if missing is not None:
            self._made(missing)
            QTimer.singleShot(0, self._make_rest)
        else:
            self._checking.start()

    def _fill_list(self) -> None:
        for kind in PAGES:
            item = QListWidgetItem(QIcon(str(_ICONS / kind.icon)), tr(kind.title))
            item.setData(Qt.ItemDataRole.UserRole, tr(kind.title))
            self.page_list.addItem(item)
            area = QScrollArea()
            area.setWidgetResizable(True)
            area.setFrameShape(QFrame.Shape.NoFrame)
            self.stack.addWidget(area)
        texts = [*(tr(kind.title) for kind in PAGES), tr("{count} missing").format(count=88)]
        widest = max(self.page_list.fontMetrics().horizontalAdvance(text) for text in texts)
        self.page_list.setFixedWidth(widest + self.page_list.iconSize().width() + 36)

    def _show_page(self, index: int) -> None:
        self._made(index)
        self.stack.setCurrentIndex(index)
        self.back_button.setEnabled(index > 0)
        self.next_button.setEnabled(index < len(PAGES) - 1)
        QgsSettings().setValue(_PAGE, PAGES[index].topic)
        self._show_run()
        self._checking.start()

    def _step(self, step: int) -> None:
        self.page_list.setCurrentRow(max(0, min(len(PAGES) - 1, self.page_list.currentRow() + step)))

    # ---- what is missing ----

    def _check(self) -> None:
        """Say on every page that is made what is missing there, and count it in the list."""
        marked: dict[QWidget, str] = {}
        for index, page in self._pages.items():
            gaps = page.gaps()
            marked.update(gaps)
            self.workspace.gaps[page.topic] = gaps
            self.workspace.doubts[page.topic] = page.doubts()
            self.workspace.notes[page.topic] = page.notes()
            item = self.page_list.item(index)
            title = item.data(Qt.ItemDataRole.UserRole)
            item.setText(title + ("\n" + tr("{count} missing").format(count=len(gaps)) if gaps else ""))
            item.setToolTip("\n".join(gaps.values()))
        self._marks.show(marked)
        self.workspace.checked.emit()

    def _show_field(self, field: QWidget) -> None:
        """Bring a field of the shown page into view and type into it."""
        area = self.stack.currentWidget()
        if area.isAncestorOf(field):
            area.ensureWidgetVisible(field)
            field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _reload(self) -> None:
        for page in self._pages.values():
            page.show_recipe()
        self._checking.start()

    # ---- what runs ----

    def _show_run(self, *_: object) -> None:
        run = self.workspace.queue.active
        is_told = self.page_list.currentRow() == self._index("train")  # the page itself tells it
        self.strip.setVisible(run is not None and not is_told)
        if run is not None:
            self.strip_bar.setValue(round(1000 * run.progress))
            self.strip_label.setText(state_line(run))

    def _lead_to_run(self) -> None:
        self.go_to("train")
        self.workspace.run_wanted.emit()

    # ---- the window ----

    def _connect(self) -> None:
        workspace = self.workspace
        workspace.recipe_loaded.connect(self._reload)
        workspace.recipe_changed.connect(self._checking.start)
        workspace.shelf.changed.connect(self._checking.start)
        workspace.page_wanted.connect(self.go_to)
        workspace.field_wanted.connect(self._show_field)
        workspace.queue.changed.connect(self._show_run)
        workspace.queue.run_changed.connect(self._show_run)
        self.page_list.currentRowChanged.connect(self._show_page)
        self.strip_button.clicked.connect(self._lead_to_run)
        self.back_button.clicked.connect(lambda: self._step(-1))
        self.next_button.clicked.connect(lambda: self._step(1))
        self.help_button.clicked.connect(self.show_help)
        self.close_button.clicked.connect(self.close)
        self._add_key(QKeySequence("Ctrl+PgUp"), lambda _: self._step(-1))
        self._add_key(QKeySequence("Ctrl+PgDown"), lambda _: self._step(1))
        self._add_key(QKeySequence(QKeySequence.StandardKey.HelpContents), lambda _: self.show_help())

    def _add_key(self, key: QKeySequence, run: Callable[[bool], None]) -> None:
        action = QAction(self)
        action.setShortcut(key)
        action.triggered.connect(run)
        self.addAction(action)

    def show_help(self) -> None:
        """Open the help of the page that is shown."""
        QDesktopServices.openUrl(help_url(PAGES[self.stack.currentIndex()].topic))

    def _restore(self) -> None:
        settings = QgsSettings()
        geometry = settings.value(_GEOMETRY)
        if geometry is not None:
            self.restoreGeometry(geometry)
        topic = settings.value(_PAGE, PAGES[0].topic)
        known = [kind.topic for kind in PAGES]
        self.page_list.setCurrentRow(known.index(topic) if topic in known else 0)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Make the other pages once the window is there."""
        super().showEvent(event)
        QTimer.singleShot(0, self._make_rest)

    def reject(self) -> None:
        """Close, by button, Escape or the frame; what runs goes on. Remember where the window was."""
        QgsSettings().setValue(_GEOMETRY, self.saveGeometry())
        super().reject()


def help_url(topic: str) -> QUrl:
    """Return the local help page of `topic`."""
    return QUrl.fromLocalFile(str(_HELP / f"{topic}.html"))
