# SPDX-License-Identifier: GPL-2.0-or-later
"""Train every architecture with its defaults on three real sample sets and print how good each is.

Formosat-2 (its own train and test files), the Sinop table (5 folds) and the Slovenian scene (split by polygon), three
seeds each: python tools/accuracy.py FOLDER_OF_THE_DATA [--datasets sinop] [--architectures ltae gru] [--seeds 3]
Models are kept in build/accuracy, so that a stopped run goes on where it was; the splits are left there too, for
tools/accuracy_peers.py.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from plugin.core.board import Board, load_board
from plugin.core.catalog import load_catalog
from plugin.core.jobs import Candidate, CompareTrainJob, CubeJob, ExtractJob, SplitSpec, TableJob
from plugin.core.monitor import Monitor
from plugin.core.narration import narrate
from plugin.raster.samples import SampleSet, load_samples
from plugin.run.dispatch import run_job
from plugin.run.split import split

WORK = Path(__file__).resolve().parents[1] / "build" / "accuracy"
FORMOSAT_BANDS, FORMOSAT_DATES = ("NIR", "R", "G"), 149
SINOP_DATES = (
    "2013-09-14", "2013-10-16", "2013-11-17", "2013-12-19", "2014-01-17", "2014-02-18", "2014-03-22", "2014-04-23",
    "2014-05-25", "2014-06-26", "2014-07-28", "2014-08-29",
)  # fmt: skip
COLUMNS = ("Architecture", "Macro F1", "OA", "Training (s)", "Parameters", "FLOPs per pixel")


def formosat2(source: Path, work: Path) -> tuple[Path, CompareTrainJob]:
    """Prepare Formosat-2: the test file is the test part, a quarter of the training polygons validates."""
    table, samples = work / "formosat2.csv", work / "formosat2.npz"
    names = [f"{band}_{date + 1:03d}" for date in range(FORMOSAT_DATES) for band in FORMOSAT_BANDS]
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["class", "polygon", "part", *names])
        train = list(csv.reader((source / "formosat2/train_dataset.csv").open(encoding="utf-8")))
        validation = _validation_polygons(train)
        for row in train:
            part = "validation" if (row[0], row[1]) in validation else "train"
            writer.writerow([f"class {row[0]}", f"train {row[1]}", part, *row[2:]])
        for row in csv.reader((source / "formosat2/test_dataset.csv").open(encoding="utf-8")):
            writer.writerow([f"class {row[0]}", f"test {row[1]}", "test", *row[2:]])
    run_job(
        TableJob(str(table), "class", str(samples), group_field="polygon", fold_field="part", bands=FORMOSAT_BANDS,
                 start="2006-01-01", step_days=2.0)
    )  # fmt: skip
    return samples, CompareTrainJob(str(samples), "", (), SplitSpec("field"), measure_gap=False)


def sinop(source: Path, work: Path) -> tuple[Path, CompareTrainJob]:
    """Prepare the table of 1,218 MODIS series: 5 folds, classes spread evenly."""
    samples = work / "sinop.npz"
    columns = tuple(f"NDVI_{index:02d}" for index in range(1, 13))
    table = str(source / "sinop_modis/samples_mato_grosso_ndvi.csv")
    run_job(TableJob(table, "label", str(samples), columns=columns, bands=("NDVI",), dates=SINOP_DATES))
    return samples, CompareTrainJob(str(samples), "", (), folds=5, measure_gap=False)


def slovenia(source: Path, work: Path) -> tuple[Path, CompareTrainJob]:
    """Prepare the Sentinel-2 NDVI scene with its land cover polygons: split by polygon."""
    cube, samples, folder = work / "slovenia.json", work / "slovenia.npz", source / "slovenia_s2"
    run_job(CubeJob(str(cube), folder=str(folder), pattern="*_NDVI.tif", mask_pattern="*_CLM.tif", scale=0.0001))
    polygons = str(folder / "lulc_polygons.gpkg")
    run_job(ExtractJob(str(cube), polygons, "LULC_NAME", str(samples), max_per_polygon=60))
    return samples, CompareTrainJob(str(samples), "", ())


DATASETS: dict[str, Callable[[Path, Path], tuple[Path, CompareTrainJob]]] = {
    "formosat2": formosat2,
    "sinop": sinop,
    "slovenia": slovenia,
}


def main() -> int:
    """Train, compare and print."""
    options = parsed_arguments()
    WORK.mkdir(parents=True, exist_ok=True)
    for name in options.datasets:
        samples, job = DATASETS[name](options.data, WORK)
        write_folds(load_samples(samples), job, WORK / f"{name}_folds.npz")
        job = replace(
            job,
            samples=str(samples),
            folder=str(WORK / f"{name}_{options.seeds}"),
            candidates=tuple(Candidate(architecture) for architecture in options.architectures),
            seeds=options.seeds,
            measure_pace=False,
            draws=200,
        )
        outputs = run_job(job, Monitor(_tell))
        text = markdown(name, load_board(Path(outputs["board"])))
        (WORK / f"{name}.md").write_text(text, encoding="utf-8")
        print(text, flush=True)
    return 0


def write_folds(samples: SampleSet, job: CompareTrainJob, path: Path) -> None:
    """Write the samples and the part of each in every fold (F, N), for tools/accuracy_peers.py."""
    parts = [split(samples, replace(job.split, folds=job.folds, fold=fold)).part for fold in range(max(1, job.folds))]
    np.savez(
        path,
        values=samples.physical(),
        valid=samples.valid,
        label=samples.label.astype(np.int64),
        days=np.asarray(samples.days, np.float64),
        parts=np.stack(parts),
    )


def parsed_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Accuracy of every architecture on three real sample sets.")
    parser.add_argument("data", type=Path, help="folder that holds formosat2, sinop_modis and slovenia_s2")
    parser.add_argument("--datasets", nargs="+", choices=list(DATASETS), default=list(DATASETS))
    parser.add_argument("--architectures", nargs="+", choices=list(load_catalog()), default=list(load_catalog()))
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    if not options.data.is_dir():
        parser.error(f"there is no folder {options.data}: give the one that holds the sample sets")
    return options


def markdown(name: str, board: Board) -> str:
    """Return the board as a Markdown table, best first."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    for entry in board.entries:
        score = entry.scores["macro_f1"].value
        cells = (
            entry.name,
            f"{score:.3f} ± {entry.spread:.3f}",
            f"{entry.scores['overall_accuracy'].value:.3f}",
            f"{entry.seconds:.0f}",
            f"{entry.parameters:,.0f}",
            f"{entry.flops:,.0f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return f"### {name}\n\n" + "\n".join(lines) + "\n"


def _validation_polygons(rows: Iterable[list[str]]) -> set[tuple[str, str]]:
    """Return a quarter of the polygons of each class, as of a split by default; at least one, the same in every run."""
    generator = np.random.default_rng(0)
    chosen: set[tuple[str, str]] = set()
    polygons: dict[str, set[str]] = {}
    for row in rows:
        polygons.setdefault(row[0], set()).add(row[1])
    for label in sorted(polygons):
        names = sorted(polygons[label])
        count = max(1, round(len(names) / 4))
        chosen |= {(label, str(polygon)) for polygon in generator.permutation(names)[:count]}
    return chosen


def _tell(event: dict) -> None:
    line = narrate(event)
    if line and event["event"] != "epoch":
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
