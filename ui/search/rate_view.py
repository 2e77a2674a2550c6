# SPDX-License-Identifier: GPL-2.0-or-later
"""The learning rate that a run has found: its chart, and a button that takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ...plugin.core.jobs import RateFinderJob
from ...plugin.core.settings import with_value
from ...plugin.host.queue import Run
from ...plugin.host.text import tr
from ..figure_view import FigureView
from ..workspace import Workspace

_SETTING = "learning_rate"


class RateView(QWidget):
    """Shows one run of a RateFinderJob."""

    def __init__(self, workspace: Workspace, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._rate = 0.0
        self._told = QLabel()
        self._told.setWordWrap(True)
        self.use_button = QPushButton()
        self.use_button.setAutoDefault(False)
        self.use_button.clicked.connect(self._use)
        self.figure_view = FigureView(is_whole=True)
        row = QHBoxLayout()
        row.addWidget(self._told, 1)
        row.addWidget(self.use_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addLayout(row)
        layout.addWidget(self.figure_view, 1)
        workspace.recipe_changed.connect(self._show_use)

    def show_run(self, run: Run) -> None:
        """Show what `run` has found, or that it looks yet."""
        self._rate = rounded(run.output(_SETTING) or 0.0)
        chart = run.output("chart")
        self.figure_view.show_file(Path(chart) if chart else None, tr("Loss over rising learning rates"))
        awaited = tr("The chart appears with the last step.") if not run.is_over else run.error
        falls = tr("{title}: the loss falls fastest at {rate}.").format(title=run.title, rate=f"{self._rate:g}")
        self._told.setText(falls if self._rate else awaited)
        self._show_use()

    def hasHeightForWidth(self) -> bool:  # noqa: N802 (Qt's name)
        """Ask for no height of its own, though labels wrap: what stands beside it in the window would be pushed out."""
        return False

    def _show_use(self) -> None:
        self.use_button.setVisible(bool(self._rate))
        is_taken = self._workspace.recipe.train.strategy.get(_SETTING) == self._rate
        text = tr("{rate} is in use") if is_taken else tr("&Use {rate}")
        self.use_button.setText(text.format(rate=f"{self._rate:g}"))
        self.use_button.setEnabled(not is_taken)
        self.use_button.setToolTip(tr("Sets the learning rate on the page Network"))

    def _use(self) -> None:
        train = self._workspace.recipe.train
        self._workspace.update(train=with_value(train, _SETTING, self._rate))


def rounded(rate: float) -> float:
    """Return a learning rate with two digits: more says nothing."""
    return float(f"{rate:.2g}")


def is_rate_run(run: Run) -> bool:
    """Return whether a run looks for a learning rate."""
    return isinstance(run.jobs[-1], RateFinderJob)
