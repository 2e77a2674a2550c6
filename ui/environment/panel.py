# SPDX-License-Identifier: GPL-2.0-or-later
"""What is known of the worker's Python, and the ways to one: set up by us, the user's own, by hand."""

from __future__ import annotations

from typing import Optional

from qgis.core import QgsApplication
from qgis.PyQt.QtGui import QFontDatabase
from qgis.PyQt.QtWidgets import QMessageBox, QWidget

from ...plugin.core.environment import home
from ...plugin.core.errors import ChronomapError
from ...plugin.core.interpreter import ENVIRONMENT_VARIABLE, NEEDED, WANTED, Probe, probe
from ...plugin.core.setup import free_mb
from ...plugin.core.wheels import Wheels, wheels_here
from ...plugin.host.environment import WorkerEnvironment
from ...plugin.host.inquiry import Inquiry
from ...plugin.host.text import tr
from ..loading import load_ui
from .by_hand import instructions

_ICON_PX = 24
_PARTS = 1000  # of the progress bar


class EnvironmentPanel(QWidget):
    """Shows the worker environment and changes it; several panels may show the same one."""

    def __init__(self, environment: WorkerEnvironment) -> None:
        super().__init__()
        load_ui(self, __file__)
        self.environment = environment
        self._wheels = wheels_here()
        self._asking = Inquiry(tr("Chronomap: asking a Python"), self)
        self._reporting = Inquiry(tr("Chronomap: collecting diagnostics"), self)
        font = self.headline.font()
        font.setBold(True)
        self.headline.setFont(font)
        for text in (self.log, self.hand_text):
            text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        for wheels in self._wheels:
            self.wheels_box.addItem(tr(wheels.title))
        self.what.setText(", ".join([*NEEDED.values(), *WANTED.values()]) + tr("; QGIS's own Python stays as it is"))
        self.own_file.setFilePath(environment.chosen)
        self._connect()
        self.log.setPlainText("\n".join(environment.lines))
        self._show_wheels()
        self._show()
        self._show_progress()
        if environment.answer is None:
            environment.check()

    @property
    def wheels(self) -> Wheels:
        """The build of torch that is chosen."""
        return self._wheels[max(0, self.wheels_box.currentIndex())]

    def _connect(self) -> None:
        environment = self.environment
        environment.changed.connect(self._show)
        environment.moved.connect(self._show_progress)
        environment.noted.connect(self.log.appendPlainText)
        environment.ended.connect(self._show_end)
        self._asking.answered.connect(self._take_answer)
        self._asking.failed.connect(self.own_answer.setText)
        self._reporting.answered.connect(self._copy_diagnostics)
        self._reporting.failed.connect(self.outcome.setText)
        self.wheels_box.currentIndexChanged.connect(self._show_wheels)
        self.check_button.clicked.connect(lambda: environment.check(anew=True))
        self.setup_button.clicked.connect(self._set_up)
        self.cancel_button.clicked.connect(environment.cancel)
        self.own_file.fileChanged.connect(self._show)
        self.own_button.clicked.connect(self._ask_own)
        self.own_back_button.clicked.connect(self._give_back)
        self.online_choice.toggled.connect(self._show_wheels)
        self.hand_copy_button.clicked.connect(lambda: _copy(self.hand_text.toPlainText()))
        self.remove_button.clicked.connect(self._remove)
        self.diagnostics_button.clicked.connect(self._ask_diagnostics)

    # ---- what is shown ----

    def _show(self, *_: object) -> None:
        environment, answer = self.environment, self.environment.answer
        managed, is_busy = environment.managed, environment.is_setting_up
        name = "mIconSuccess.svg" if environment.is_ready else "mIconWarning.svg"
        self.state_icon.setPixmap(QgsApplication.getThemeIcon(name).pixmap(_ICON_PX, _ICON_PX))
        self.state_icon.setVisible(answer is not None)
        self.headline.setText(_headline(answer, is_broken=managed is not None and not environment.chosen))
        self.detail.setText(_detail(answer, environment))
        self.setup_button.setText(tr("&Repair: set it up again") if managed else tr("&Set it up for me"))
        self.setup_button.setEnabled(not is_busy)
        self.wheels_box.setEnabled(not is_busy)
        self.own_button.setEnabled(not is_busy and bool(self.own_file.filePath()))
        self.own_back_button.setVisible(bool(environment.chosen))
        self.remove_button.setEnabled(managed is not None and not is_busy)
        self._show_place()

    def _show_wheels(self, *_: object) -> None:
        wheels = self.wheels
        self.size.setText(
            tr("about {download} to download, {disk} on disk").format(
                download=_size(wheels.download_mb), disk=_size(wheels.disk_mb)
            )
        )
        self.hand_text.setPlainText(instructions(wheels, is_offline=self.offline_choice.isChecked()))

    def _show_place(self) -> None:
        managed = self.environment.managed
        place = str(home())
        if managed is None:
            self.place.setText(tr("{folder} ({free} free)").format(folder=place, free=_size(free_mb())))
            return
        text = tr("{folder} ({size}, made {created}; {free} free)")
        size, free = _size(managed.size_mb), _size(free_mb())
        self.place.setText(text.format(folder=managed.folder, size=size, created=managed.created, free=free))

    def _show_progress(self) -> None:
        environment = self.environment
        is_busy = environment.is_setting_up
        self.progress.setVisible(is_busy)
        self.cancel_button.setVisible(is_busy)
        self.log.setVisible(is_busy or bool(environment.lines))
        self.progress.setValue(round(_PARTS * environment.fraction))
        if is_busy:
            self.outcome.setText(environment.text)
        self.outcome.setVisible(bool(self.outcome.text()))

    def _show_end(self, sentence: str) -> None:
        self.outcome.setText(sentence or tr("Done: Chronomap can train."))
        self._show_progress()

    # ---- what is done ----

    def _set_up(self) -> None:
        self.log.clear()
        self.environment.set_up(self.wheels)

    def _ask_own(self) -> None:
        python = self.own_file.filePath().strip()
        self.own_answer.setText(tr("Asking {python} ...").format(python=python))
        self._asking.ask(lambda monitor: _fresh_probe(python))

    def _take_answer(self, answer: Probe) -> None:
        if answer.problem:
            sentence = tr("{python} cannot run the worker: {problem}. Nothing was changed.")
            self.own_answer.setText(sentence.format(python=answer.python, problem=answer.problem))
            return
        self.own_answer.setText(tr("Used from now on: {python}").format(python=answer.python) + _absent(answer))
        self.environment.use(answer.python)

    def _give_back(self) -> None:
        self.own_file.setFilePath("")
        self.own_answer.setText("")
        self.environment.use("")

    def _remove(self) -> None:
        managed = self.environment.managed
        if managed is None:
            return
        question = tr("Delete {folder} ({size})? Models and maps stay.")
        text = question.format(folder=managed.folder, size=_size(managed.size_mb))
        if QMessageBox.question(self, tr("Remove"), text) != QMessageBox.StandardButton.Yes:
            return
        try:
            self.environment.remove()
            self.outcome.setText("")
        except ChronomapError as error:
            self.outcome.setText(str(error))
        self._show_progress()

    def _ask_diagnostics(self) -> None:
        self.diagnostics_button.setEnabled(False)
        self._reporting.ask(lambda monitor: self.environment.diagnostics())

    def _copy_diagnostics(self, text: str) -> None:
        _copy(text)
        self.diagnostics_button.setEnabled(True)
        self.diagnostics_button.setText(tr("Copied"))


def _headline(answer: Optional[Probe], is_broken: bool) -> str:
    if answer is None:
        return tr("Looking for a Python with torch ...")
    if not answer.problem:
        versions = answer.versions
        return tr("Ready: Python {python}, torch {torch}, computes on {device}").format(
            python=versions["python"], torch=versions["torch"], device=versions["device"]
        )
    if is_broken:
        return tr("The Python that Chronomap set up does not work any more: repair it.")
    return tr("Chronomap needs a Python with torch before it can train.")


def _detail(answer: Optional[Probe], environment: WorkerEnvironment) -> str:
    if answer is None:
        return ""
    lines = [tr("Asked: {python}. {problem}.").format(python=answer.python, problem=answer.problem)]
    if not answer.problem:
        lines = [answer.python + _absent(answer)]
    if environment.chosen:
        lines.append(tr("It is the one you chose."))
    elif environment.from_variable:
        lines.append(tr("{variable} names it.").format(variable=ENVIRONMENT_VARIABLE))
    return "\n".join(lines)


def _absent(answer: Probe) -> str:
    """Say what does not work without the packages that are missing."""
    if not answer.absent:
        return ""
    return ". " + tr("It lacks {packages}: forests need scikit-learn, charts matplotlib, searches optuna.").format(
        packages=", ".join(answer.absent)
    )


def _fresh_probe(python: str) -> Probe:
    probe.cache_clear()
    return probe(python)


def _size(mb: float) -> str:
    return f"{mb / 1000:.1f} GB" if mb >= 1000 else f"{mb:.0f} MB"


def _copy(text: str) -> None:
    QgsApplication.clipboard().setText(text)
