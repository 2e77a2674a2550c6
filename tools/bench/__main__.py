# SPDX-License-Identifier: GPL-2.0-or-later
"""How fast are maps, and how close to what the machine allows: one run, one table, one JSON file.

python tools/bench [--architecture ltae tempcnn random_forest] [--size 2048] [--layouts files] [--peers]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import host
from peers import peer_maps
from scene import BANDS, DATES, LAYOUTS, Layout, make_model, make_samples, make_scene
from tables import Scene, print_tables
from whole import whole_map

from plugin.raster.samples import load_samples

RESULTS = Path(__file__).resolve().parents[2] / "build" / "bench.json"


def main() -> None:
    """Measure what was asked for, print it and keep it."""
    options = parsed_arguments()
    rates = host.matrix_rates()
    figures: dict[str, dict] = {"machine": {"cores": host.cores(), "load": os.getloadavg()[0], **rates}}
    print("matrix products: " + ", ".join(f"{rate / 1e12:.2f} TFLOP/s in {name}" for name, rate in rates.items()))
    with tempfile.TemporaryDirectory(prefix="chronomap-bench-", dir=options.folder) as name:
        folder = Path(name)
        samples = {"shallow": make_samples(folder), "deep": make_samples(folder, is_shuffled=True)}
        models = [make_model(folder, samples["shallow"], architecture) for architecture in options.architecture]
        plain = {} if options.maps_only else {model.stem: plain_figures(model, samples["shallow"]) for model in models}
        if options.peers:
            models.append(make_model(folder, samples["deep"], "random_forest"))
        for size, compress, kind in product(options.size, options.compress, options.layouts):
            cube = make_scene(folder, Layout(size, compress, kind, is_repeated=options.repeat))
            print(f"\n{size} px, {DATES} dates, {BANDS} bands, {compress}, {kind}")
            scene = measure_scene(cube, models, samples, options)
            print_tables(scene, plain, rates)
            figures[f"{size} {compress} {kind}"] = scene
        figures.update({f"plain {name}": row for name, row in plain.items()})
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print(f"\n{RESULTS}")


def plain_figures(model: Path, samples: Path) -> dict[str, float]:
    """Measure what can be had without Chronomap, and our training beside it."""
    row = host.in_worker("torch_side.py", str(model), str(samples), is_plain=True)
    print(f"{model.stem}, without maps: " + ", ".join(f"{name} {value:,.4g}/s" for name, value in row.items()))
    if "training" in row:
        best = max(value for name, value in row.items() if name.startswith("dataloader"))
        alone, together = row["training"] / best, row["side_by_side"] / best
        print(f"  training: {alone:.2f} times the best loop with a DataLoader, side by side {together:.2f}", flush=True)
    return row


def measure_scene(cube: Path, models: list[Path], samples: dict[str, Path], options: argparse.Namespace) -> Scene:
    """Measure reading, our maps, and those of the peers that are installed."""
    reading = measure_files(cube, cube.parent, options.memory_mb)
    rows = {model.stem: measure_model(cube, model, reading["reading by GDAL"], options) for model in models}
    known = {kind: load_samples(path) for kind, path in samples.items()}
    return {"files": reading, "maps": rows, "peers": peer_maps(cube, known, cube.parent) if options.peers else {}}


def measure_files(cube: Path, folder: Path, memory_mb: int) -> dict[str, float]:
    """Measure reading and writing alone, in pixels per second."""
    found = {
        "reading by GDAL": host.reading_gdal(cube),
        "reading": host.reading_ours(cube, memory_mb),
        "writing": host.writing(cube, folder),
    }
    print("  " + ", ".join(f"{name} {pace / 1e3:,.0f}k px/s" for name, pace in found.items()), flush=True)
    return found


def measure_model(cube: Path, model: Path, reading: float, options: argparse.Namespace) -> dict[str, Any]:
    """Measure arithmetic alone and the whole map, in float32 and as a map chooses; both share the cores."""
    alone = host.arithmetic(cube, model)
    row: dict[str, Any] = {"flops": alone["flops"], "arithmetic": alone["forms"]}
    precisions = ["float32", "auto"] if options.precision == "auto" and len(alone["forms"]) > 1 else ["float32"]
    for precision in precisions:
        whole = whole_map(cube, model, precision, options.memory_mb)
        limit = 1.0 / (1.0 / reading + 1.0 / alone["forms"][whole.form])
        print(
            f"  {model.stem:19s} {whole.form:17s} {whole.pace / 1e3:4.0f}k px/s, limit {limit / 1e3:4.0f}k, memory "
            f"{whole.both_mb:.0f} of {options.memory_mb} MB, load {os.getloadavg()[0]:.1f}",
            *whole.notes, flush=True,
        )  # fmt: skip
        row[precision] = {**asdict(whole), "limit": limit, "share": whole.pace / limit}
    return row


def parsed_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, nargs="+", default=[2048])
    parser.add_argument("--architecture", nargs="+", default=["ltae", "tempcnn", "random_forest"])
    parser.add_argument("--compress", nargs="+", default=["DEFLATE"])
    parser.add_argument("--layouts", nargs="+", default=["files"], choices=LAYOUTS, help="how the scene is stored")
    parser.add_argument("--peers", action="store_true", help="also whole maps by OTB and scikit-learn, where installed")
    parser.add_argument("--maps-only", action="store_true", help="neither training nor plain loops")
    parser.add_argument("--repeat", action="store_true", help="one tile repeated by VRT: little disk for large scenes")
    parser.add_argument("--precision", default="auto", choices=["auto", "float32"])
    parser.add_argument("--memory-mb", type=int, default=1000)
    parser.add_argument("--folder", default=None, help="where the scene is made; the system's temporary folder else")
    return parser.parse_args()


if __name__ == "__main__":
    main()
