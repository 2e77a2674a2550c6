# SPDX-License-Identifier: GPL-2.0-or-later
"""Menus that lead from the window to Processing algorithms, filled in as far as the window knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, Optional, Union

from qgis.core import QgsApplication, QgsProcessingAlgorithm
from qgis.PyQt.QtWidgets import QMenu, QPushButton

from ..plugin.host.text import tr

_PROVIDER = "chronomap"

OpenAlgorithm = Callable[[str, dict[str, Any]], None]  # name within the provider, parameters


@dataclass(frozen=True)
class Entry:
    """An algorithm by its id within the provider; `title` where its own does not tell what it is for here."""

    algorithm: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""


@dataclass(frozen=True)
class Step:
    """Something the window does itself: its title, what it does in a sentence, and how."""

    title: str
    does: str
    run: Callable[[], None]


Entries = Sequence[Union[Entry, Step]]


def fill_menu(button: QPushButton, open_algorithm: Optional[OpenAlgorithm], find: Callable[[], Entries]) -> None:
    """Give `button` a menu of what `find` returns each time it opens; without Processing hide the button."""
    button.setVisible(open_algorithm is not None)
    if open_algorithm is None:
        return
    menu = QMenu(button)
    menu.setToolTipsVisible(True)
    menu.aboutToShow.connect(lambda: _refill(menu, open_algorithm, find()))
    button.setMenu(menu)


def _refill(menu: QMenu, open_algorithm: OpenAlgorithm, entries: Entries) -> None:
    menu.clear()
    registry = QgsApplication.processingRegistry()
    for entry in entries:
        if isinstance(entry, Step):
            action = menu.addAction(entry.title)
            action.setToolTip(f"<p>{entry.does}</p>")
            action.triggered.connect(lambda _=False, run=entry.run: run())
            continue
        algorithm = registry.algorithmById(f"{_PROVIDER}:{entry.algorithm}")
        if algorithm is None:
            continue
        action = menu.addAction((entry.title or algorithm.displayName()) + "…")
        does, _, _ = algorithm.shortHelpString().partition("\n")
        action.setToolTip(f"<p>{does}</p>")
        parameters = known_parameters(algorithm, entry.parameters)
        action.triggered.connect(
            lambda _=False, name=entry.algorithm, known=parameters: open_algorithm(name, dict(known))
        )
    if menu.isEmpty():
        menu.addAction(tr("Nothing to do yet")).setEnabled(False)


def known_parameters(algorithm: QgsProcessingAlgorithm, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of `parameters` that have a value and that `algorithm` has."""
    return {
        name: value
        for name, value in parameters.items()
        if value not in ("", None, []) and algorithm.parameterDefinition(name) is not None
    }
