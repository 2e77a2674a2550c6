# SPDX-License-Identifier: GPL-2.0-or-later
"""Loads the static layout of a widget from the .ui file beside its module."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt import uic
from qgis.PyQt.QtWidgets import QWidget


def load_ui(widget: QWidget, module_file: str) -> None:
    """Lay `widget` out as the .ui file of the same name as `module_file` says; its children become attributes."""
    uic.loadUi(str(Path(module_file).with_suffix(".ui")), widget)
