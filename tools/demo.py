# SPDX-License-Identifier: GPL-2.0-or-later
"""The main job on generated data: scene, samples, two models, maps, attention; leaves a styled project in demo/."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from demo_picture import draw_map
from headless import Headless

DEMO = Path(__file__).resolve().parents[1] / "demo"
SCENE, RESULTS = DEMO / "scene", DEMO / "results"
CUBE, SAMPLES, PROJECT = RESULTS / "cube.json", RESULTS / "samples.npz", DEMO / "chronomap_demo.qgz"
MAX_PER_POLYGON = 20  # pixels: large parcels shall not decide
TRAINING = {"random_forest": {}, "ltae": {"epochs": 20}}  # five minutes for all; more epochs add little
TITLES = {"random_forest": "random forest", "ltae": "L-TAE"}


def main() -> None:
    """Run the whole demo and say what it did, how good it is and how long it took."""
    started = time.monotonic()
    shutil.rmtree(DEMO, ignore_errors=True)
    RESULTS.mkdir(parents=True)
    qgis = Headless()
    make_samples(qgis)
    figures = {architecture: train_and_map(qgis, architecture) for architecture in TRAINING}
    explain(qgis)
    qgis.place_below("Scene", [SCENE / "reference_polygons.gpkg", min(SCENE.glob("S2_????????.tif"))])
    qgis.hide(RESULTS / "attention_of_polygons.gpkg")  # its diagrams would cover the map
    qgis.save(PROJECT)
    draw_map(qgis.layer(RESULTS / "ltae_map.tif"), "L-TAE: crops of the demo scene", DEMO / "map.png")
    tell(figures, qgis.seconds, time.monotonic() - started)


def make_samples(qgis: Headless) -> None:
    """Make the scene, describe its cube, read the series under the training polygons."""
    qgis.run("createdemoscene", "Create a scene", {"folder": str(SCENE), "load_layers": False})
    cube = {"folder": str(SCENE), "pattern": "S2_????????.tif", "mask_pattern": "*_SCL.tif", "mask_preset": "scl"}
    qgis.run("buildcube", "Build the cube", {**cube, "output": str(CUBE)})
    qgis.place_below("Training", [SCENE / "training_polygons.gpkg"])
    training = qgis.layer(SCENE / "training_polygons.gpkg")
    parameters = {"cube": str(CUBE), "vectors": training, "class_field": "crop", "max_per_polygon": MAX_PER_POLYGON}
    qgis.run("extractsamples", "Extract samples", {**parameters, "output": str(SAMPLES)})


def train_and_map(qgis: Headless, architecture: str) -> dict[str, float]:
    """Train, map and evaluate one architecture; return its figures."""
    title, model = TITLES[architecture], RESULTS / f"{architecture}.safetensors"
    report = RESULTS / f"{architecture}_report.html"
    training = {"samples": str(SAMPLES), "model": str(model), "report": str(report), **TRAINING[architecture]}
    trained = qgis.run(f"train_{architecture}", f"Train the {title}", training)
    outputs = {"class": str(RESULTS / f"{architecture}_map.tif")}
    if architecture == "ltae":
        outputs["confidence"] = str(RESULTS / "ltae_confidence.tif")
        outputs["attention"] = str(RESULTS / "ltae_attention.tif")
    qgis.run("map", f"Map with the {title}", {"cube": str(CUBE), "model": str(model), **outputs})
    reference = {"vectors": str(SCENE / "reference_polygons.gpkg"), "class_field": "crop"}
    mapped = qgis.run("evaluatemap", f"Evaluate the map of the {title}", {"map": outputs["class"], **reference})
    return {"test": trained["macro_f1"], "map": mapped["macro_f1"], "map_oa": mapped["overall_accuracy"]}


def explain(qgis: Headless) -> None:
    """Show which dates the L-TAE looked at: charts, a table, and diagrams on the training polygons."""
    model = {"model": str(RESULTS / "ltae.safetensors")}
    outputs = {"chart": str(DEMO / "attention.png"), "report": str(RESULTS / "attention_report.html")}
    outputs["table"] = str(RESULTS / "attention_by_class.csv")
    qgis.run("attentionbyclass", "Attention by class", {**model, "samples": str(SAMPLES), **outputs})
    polygons = RESULTS / "attention_of_polygons.gpkg"
    features = {**model, "cube": str(CUBE), "vectors": qgis.layer(SCENE / "training_polygons.gpkg")}
    qgis.run("attentionfeatures", "Attention of polygons", {**features, "output": str(polygons)})


def tell(figures: dict[str, dict[str, float]], seconds: dict[str, float], total: float) -> None:
    """Print the accuracy, the time of each step and where things are."""
    print("\nMacro F1 on polygons kept apart from training, and of the map on other reference polygons:")
    for architecture, row in figures.items():
        print(f"  {TITLES[architecture]:14s} test {row['test']:.3f}   map {row['map']:.3f} (OA {row['map_oa']:.3f})")
    print("\nSeconds: " + ", ".join(f"{title.lower()} {value:.0f}" for title, value in seconds.items()))
    print(f"\nOpen {PROJECT} in QGIS; switch on 'attention_of_polygons' and zoom in for its diagrams.")
    print(f"Look at {DEMO / 'map.png'}, {DEMO / 'attention.png'} and {RESULTS}/*.html.")
    print(f"Done in {total:.0f} s.")


if __name__ == "__main__":
    main()
