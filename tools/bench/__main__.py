# SPDX-License-Identifier: GPL-2.0-or-later
"""How fast are maps, and how close to what the machine allows: one run, one table, one JSON file.

python tools/bench [--architecture ltae tempcnn random_forest] [--size 2048] [--compress DEFLATE NONE] [--stack]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import host
from scene import BANDS, DATES, Layout, make_model, make_samples, make_scene

from plugin.core.card import read_card

RESULTS = Path(__file__).resolve().parents[2] / "build" / "bench.json"


def main() -> None:
    """Measure what was asked for, print it and keep it."""
    options = parsed_arguments()
    figures: dict[str, dict] = {"machine": {"cores": host.cores(), "load": os.getloadavg()[0]}}
    with tempfile.TemporaryDirectory(prefix="chronomap-bench-", dir=options.folder) as name:
        folder = Path(name)
        samples = make_samples(folder)
        models = [make_model(folder, samples, architecture) for architecture in options.architecture]
        plain = {model: torch_side(model, samples) for model in models}
        for size in options.size:
            for compress in options.compress:
                layout = Layout(size, compress, options.stack, is_repeated=options.repeat)
                cube = make_scene(folder, layout)
                print(f"\n{size} px, {DATES} dates, {BANDS} bands, {compress}, {'stack' if options.stack else 'files'}")
                reading = measure_files(cube, folder, options.memory_mb)
                figures[f"{size} {compress}"] = {**reading}
                for model in models:
                    row = measure_model(cube, model, reading, options)
                    figures[f"{size} {compress}"][model.stem] = row
    for model, row in plain.items():
        figures[f"plain {model.stem}"] = row
        print(
            f"\n{model.stem}, without Chronomap: " + ", ".join(f"{name} {value:,.4g}/s" for name, value in row.items())
        )
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print(f"\n{RESULTS}")


def measure_files(cube: Path, folder: Path, memory_mb: int) -> dict[str, float]:
    """Measure reading and writing alone, in pixels per second."""
    found = {
        "reading by GDAL": host.reading_gdal(cube),
        "reading": host.reading_ours(cube, memory_mb),
        "writing": host.writing(cube, folder),
    }
    print("  " + ", ".join(f"{name} {pace / 1e3:,.0f}k px/s" for name, pace in found.items()), flush=True)
    return found


def measure_model(cube: Path, model: Path, reading: dict[str, float], options: argparse.Namespace) -> dict:
    """Measure arithmetic alone and the whole map; decoding and arithmetic share the cores."""
    alone = host.arithmetic(cube, model)
    limit = 1.0 / (1.0 / reading["reading by GDAL"] + 1.0 / alone)
    whole = host.whole_map(cube, model, "float32", options.memory_mb)
    chosen = host.whole_map(cube, model, "auto", options.memory_mb) if options.precision == "auto" else whole
    flops = read_card(model).flops
    print(
        f"  {model.stem:14s} arithmetic {alone / 1e3:6.0f}k px/s ({alone * flops / 1e9:5.0f} GFLOP/s)  "
        f"map {whole.pace / 1e3:6.0f}k px/s  limit {limit / 1e3:6.0f}k  share {whole.pace / limit:4.2f}  "
        f"memory {whole.host_mb:.0f} + {whole.worker_mb:.0f} MB  load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    if chosen is not whole:
        print(f"  {'':14s} precision chosen by the map: {chosen.pace / 1e3:.0f}k px/s", *chosen.notes, flush=True)
    return {
        "arithmetic": alone, "flops": flops, "map": whole.pace, "limit": limit, "share": whole.pace / limit,
        "host_mb": whole.host_mb, "worker_mb": whole.worker_mb, "map_auto": chosen.pace, "notes": chosen.notes,
    }  # fmt: skip


def torch_side(model: Path, samples: Path) -> dict[str, float]:
    """Measure with torch and scikit-learn alone, in the worker's environment."""
    command = [os.environ["CHRONOMAP_PYTHON"], str(Path(__file__).with_name("torch_side.py")), str(model), str(samples)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def parsed_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, nargs="+", default=[2048])
    parser.add_argument("--architecture", nargs="+", default=["ltae", "tempcnn", "random_forest"])
    parser.add_argument("--compress", nargs="+", default=["DEFLATE"])
    parser.add_argument("--stack", action="store_true", help="one file with all dates and bands")
    parser.add_argument("--repeat", action="store_true", help="one tile repeated by VRT: little disk for large scenes")
    parser.add_argument("--precision", default="auto", choices=["auto", "float32"])
    parser.add_argument("--memory-mb", type=int, default=1000)
    parser.add_argument("--folder", default=None, help="where the scene is made; the system's temporary folder else")
    return parser.parse_args()


if __name__ == "__main__":
    main()
