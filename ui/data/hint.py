# SPDX-License-Identifier: GPL-2.0-or-later
"""What is missing, in words beside the field it belongs to; and paths as one reads them."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QLabel

_SIGN = "\u26a0 "  # the warning sign
_LONGEST = 260


def show_hint(label: QLabel, sentence: str, is_warning: bool = True) -> None:
    """Show `sentence` in `label`, or hide it where there is none; what is very long stands whole in the tool tip."""
    text = sentence if len(sentence) <= _LONGEST else sentence[: _LONGEST - 1] + "…"
    label.setText((_SIGN if is_warning else "") + text if sentence else "")
    label.setToolTip(sentence if text != sentence else "")
    label.setVisible(bool(sentence))
