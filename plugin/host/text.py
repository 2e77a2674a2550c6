# SPDX-License-Identifier: GPL-2.0-or-later
"""Translation of what the user reads."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication


def tr(text: str) -> str:
    """Return `text` in the user's language."""
    return QCoreApplication.translate("Chronomap", text)
