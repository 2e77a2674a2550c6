# SPDX-License-Identifier: GPL-2.0-or-later
"""Draw a figure of plugin/charts to files, for a QGIS whose Python has no matplotlib."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import InputError, OutputError
from ..core.monitor import Event

if TYPE_CHECKING:
    from .session import Session

_SUFFIXES = (".svg", ".png")


def draw_figure(session: Session, message: Event) -> Event:
    """Answer ``draw``: call the chart function with the arrays of the .npz file; each output is written whole or not.

    Raises:
        InputError: there is no such figure, the arrays cannot be read, or an output is neither .svg nor .png.
        OutputError: an output cannot be written.
    """
    from ..charts import draw  # noqa: PLC0415 (matplotlib is imported only where something is drawn)

    arrays, outputs = Path(message["arrays"]), [Path(path) for path in message["outputs"]]
    for path in outputs:
        if path.suffix.lower() not in _SUFFIXES:
            raise InputError(f"The chart {path} cannot be drawn as '{path.suffix}': choose a name in .svg or .png.")
    if not arrays.is_file():
        raise InputError(f"The arrays of the chart {outputs[0]} are missing ({arrays}): start the job again.")
    partials = [path.with_name(f"{path.stem}.part{path.suffix}") for path in outputs]
    try:
        draw(message["figure"], arrays, partials)
        for partial, path in zip(partials, outputs):
            os.replace(partial, path)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"The chart {outputs[0]} cannot be written ({reason}): choose another place.") from error
    finally:
        for partial in partials:
            if partial.is_file():
                partial.unlink()
    return {"event": "done", "outputs": {path.suffix[1:].lower(): str(path) for path in outputs}}
