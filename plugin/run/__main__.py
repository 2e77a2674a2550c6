# SPDX-License-Identifier: GPL-2.0-or-later
"""Run a job without QGIS: ``python -m plugin.run job.json`` (GDAL and numpy here, torch in CHRONOMAP_PYTHON)."""

from __future__ import annotations

import sys
from pathlib import Path

from ..core.errors import ChronomapError
from ..core.jobs import load_job
from ..core.monitor import Event, Monitor
from ..core.narration import narrate
from .dispatch import run_job


def main(arguments: list[str]) -> int:
    """Run the job file named on the command line; return the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m plugin.run job.json\n")
        return 2
    try:
        run_job(load_job(Path(arguments[0]).resolve()), Monitor(_tell))
    except ChronomapError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _tell(event: Event) -> None:
    line = narrate(event)
    if line:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
