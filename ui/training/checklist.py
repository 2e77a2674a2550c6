# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of what is wrong or doubtful before a run, each line with a button that leads to its fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable, Optional

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from ...plugin.host.preflight import DOUBTFUL, NOTED, WRONG
from ...plugin.host.text import tr

_GOOD = ""
_ICONS = {
    WRONG: QStyle.StandardPixmap.SP_MessageBoxCritical,
    DOUBTFUL: QStyle.StandardPixmap.SP_MessageBoxWarning,
    NOTED: QStyle.StandardPixmap.SP_MessageBoxInformation,
    _GOOD: QStyle.StandardPixmap.SP_DialogApplyButton,
}
_NAMES = {WRONG: "Wrong", DOUBTFUL: "Doubtful", NOTED: "Noted", _GOOD: "Good"}
_ORDER = (WRONG, DOUBTFUL, NOTED)
_MOST_LINES = 7  # of text that are shown without scrolling


@dataclass(frozen=True)
class Line:
    """A sentence; `button` and `fix` where it can be put right from here."""

    severity: str
    sentence: str
    button: str = ""
    fix: Optional[Callable[[], None]] = None


class Checklist(QScrollArea):
    """Shows lines, wrong ones first, then doubts, then notes; one good line where there is none."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName(tr("What is wrong or doubtful"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._lines: Sequence[Line] = ()
        self._told: list[tuple[str, str]] = []

    @property
    def is_ready(self) -> bool:
        """Whether nothing is wrong."""
        return not any(line.severity == WRONG for line in self._lines)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show other lines."""
        self._lines = sorted(lines, key=lambda line: _ORDER.index(line.severity))
        told = [(line.severity, line.sentence) for line in self._lines]
        if told == self._told and self.widget() is not None:
            return  # a focused button stays where it is
        self._told = told
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(4)
        if not self._lines:
            layout.addWidget(_row(Line(_GOOD, tr("Everything that can be checked before the start is in order."))))
        for line in self._lines:
            layout.addWidget(_row(line))
        layout.addStretch()
        self.setWidget(body)
        most = _MOST_LINES * self.fontMetrics().lineSpacing()
        self.setFixedHeight(min(body.sizeHint().height() + 2 * self.frameWidth() + 2, most))


def _row(line: Line) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    image, text = QLabel(), QLabel(line.sentence)
    size = image.fontMetrics().height()
    image.setPixmap(image.style().standardIcon(_ICONS[line.severity]).pixmap(size, size))
    image.setAccessibleName(tr(_NAMES[line.severity]))
    image.setAlignment(Qt.AlignmentFlag.AlignTop)
    text.setWordWrap(True)
    text.setTextFormat(Qt.TextFormat.PlainText)
    layout.addWidget(image)
    layout.addWidget(text, 1)
    if line.fix is not None:
        button = QPushButton(line.button)
        button.setAutoDefault(False)
        button.setAccessibleName(f"{line.button}: {line.sentence}")
        button.clicked.connect(line.fix)
        layout.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
    return row
