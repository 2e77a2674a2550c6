# SPDX-License-Identifier: GPL-2.0-or-later
"""One small chain through the real worker: cube, samples, and tiny models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chronomap.plugin.core.jobs import Job, MapJob, SplitSpec, TrainJob
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.run.dispatch import run_job
from synthetic import SmallCube

TINY = {
    "ltae": {"heads": 2, "d_model": 16, "d_k": 4},
    "tempcnn": {"filters": 8, "dense_width": 16},
    "random_forest": {"trees": 10},
}


@dataclass(frozen=True)
class Chain:
    """A cube on disk, the samples from it, and a tiny L-TAE trained on them."""

    folder: Path
    cube: SmallCube
    spec: Path
    samples: Path
    model: Path

    def map_job(self, folder: Path, products: tuple[str, ...] = ("class",), **fields: object) -> MapJob:
        outputs = {product: str(folder / f"{product}.tif") for product in products}
        return MapJob(str(self.spec), str(self.model), outputs, **{"precision": "float32", **fields})


def tiny_training(samples: Path, model: Path, architecture: str = "ltae", **fields: object) -> TrainJob:
    strategy = {"epochs": 8, "batch_size": 16} if architecture != "random_forest" else {}
    return TrainJob(
        str(samples),
        architecture,
        str(model),
        hyperparameters=TINY[architecture],
        strategy=strategy,
        split=SplitSpec(seed=1),
        **{"ensemble": 1, **fields},
    )


class Listener:
    """Keeps every event of a run."""

    def __init__(self) -> None:
        self.events: list[dict] = []
        self.monitor = Monitor(self.events.append)

    def texts(self, kind: str = "note") -> str:
        return "\n".join(event["text"] for event in self.events if event["event"] == kind)

    def run(self, job: Job) -> dict:
        return run_job(job, self.monitor)
