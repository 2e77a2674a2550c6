# SPDX-License-Identifier: GPL-2.0-or-later
"""Drive the real QGIS as a person would, under Xvfb; pictures and figures are left in build/walk/. Run by `make walk`.

``python3 tools/walk CHAPTER ...`` walks some chapters only.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from walk.desktop import Desktop, missing_programs, workers_of

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "walk"
SCENE = ROOT / "demo" / "scene"
REAL = ROOT.parent / "shared" / "data" / "slovenia_s2"
CHAPTERS = ("demo", "real", "breaks", "projects", "dark", "search")
_LONGEST_S, _LEAVE_S = 1200.0, 15.0  # of a chapter; until the last process is gone


def main(chapters: list[str]) -> int:
    """Walk the chapters; return 0 where nothing went wrong."""
    missing = missing_programs()
    if missing:
        print(f"The walk needs {', '.join(missing)}: apt-get install xvfb xdotool openbox qgis")
        return 1
    if not SCENE.is_dir():
        print("The walk needs the demo scene: make demo")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    failed = [chapter for chapter in chapters if not walk(chapter)]
    print(f"walk: {len(chapters) - len(failed)} of {len(chapters)} chapters went well; pictures are in {FOLDER}")
    return 1 if failed else 0


def walk(chapter: str) -> bool:
    """Walk one chapter in a QGIS of its own with a fresh profile; return whether it went well."""
    if chapter == "real" and not REAL.is_dir():
        print(f"real: skipped, there is no {REAL}")
        return True
    for path in FOLDER.glob(f"{chapter}[._]*"):
        path.unlink()
    place = FOLDER / chapter
    shutil.rmtree(place, ignore_errors=True)
    started = time.monotonic()
    told = FOLDER / f"{chapter}.json"
    with Desktop(place, ROOT) as desktop:
        os.environ.setdefault("CHRONOMAP_PYTHON", str(ROOT / ".venv" / "worker" / "bin" / "python"))
        settings = {"CHAPTER": chapter, "FOLDER": str(FOLDER), "SCENE": str(SCENE), "REAL": str(REAL)}
        code = desktop.run_qgis({f"CHRONOMAP_WALK_{key}": value for key, value in settings.items()}, _LONGEST_S)
    waited = time.monotonic()
    while workers_of(place) and time.monotonic() - waited < _LEAVE_S:
        time.sleep(0.2)
    figures = json.loads(told.read_text()) if told.is_file() else {"error": f"no word from QGIS: see {place}/qgis.log"}
    figures.update(exit_code=code, processes_left=workers_of(place), seconds=round(time.monotonic() - started))
    told.write_text(json.dumps(figures, indent=1))
    print(
        f"{chapter}: {json.dumps({key: value for key, value in figures.items() if key != 'stalls'}, indent=1)}",
        flush=True,
    )
    return not figures["error"] and not figures["processes_left"] and code == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(CHAPTERS)))
