# SPDX-License-Identifier: GPL-2.0-or-later
"""Result tables as typed layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..core.errors import OutputError


def write_column_types(table: Path, types: Sequence[str]) -> None:
    """Write the .csvt file that tells QGIS the types of a CSV's columns ("String", "Date", "Real", "Integer").

    Raises:
        OutputError: it cannot be written beside the table.
    """
    sidecar = table.with_suffix(".csvt")
    try:
        sidecar.write_text(",".join(f'"{name}"' for name in types) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{sidecar} cannot be written ({error.strerror}): check the folder's rights.") from error
