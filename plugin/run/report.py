# SPDX-License-Identifier: GPL-2.0-or-later
"""HTML reports of models, accuracy, attention and cubes: one file each, light and dark, fit to print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.accuracy import collapse_warning
from ..core.card import ModelCard
from ..core.catalog import load_catalog
from ..core.classes import ClassInfo
from ..core.cube_spec import CubeSpec
from ..core.ensemble import lead_of, model_title
from ..core.strategy import STRATEGY
from .accuracy_page import accuracy_tiles, class_table, confusion_table
from .ensemble_page import members_section
from .html import Markup, bullets, class_name, details, facts, figure, html, join, page, section, table, tag, warnings

_SPLITS = {
    "polygon": "Whole polygons go into one part",
    "block": "Spatial blocks of {block_size:g} map units go into one part",
    "field": "The folds of the sample file go into one part",
    "pixel": "Single pixels",
}
_OPTIMISTIC = (
    "The samples were split pixel by pixel: neighbours of test pixels were in training, so these figures are too good. "
    "Split by polygon or block for honest ones."
)
_REFIT = (
    "In the end a new network learned from the training and validation samples together, for as many epochs: it is the "
    "model. The curves and the validation figures are of the first one."
)
_UNGROUPED = (
    "Each sample is a group of its own (points, or table rows without groups): neighbours may stand in training "
    "and test alike, so these figures may be too good."
)
_NOMINAL = "The table had no dates: its days are nominal, and the model fits only series with the same steps."


def model_report(
    card: ModelCard, charts: Mapping[str, Path], cautions: Sequence[str] = (), log: Sequence[str] = ()
) -> str:
    """Return the report of a trained model; `charts` maps titles to .svg or .png files, `cautions` are warnings.

    Raises:
        InputError: a chart cannot be read.
    """
    counts = ", ".join(f"{count:,} {part}" for part, count in card.split_counts.items())
    lead = f"{len(card.classes)} classes, {len(card.bands)} bands, {len(card.dates)} dates."
    lead += f" Samples: {counts}." if counts else ""
    whose = " of the first member" if card.members else ""
    body = [
        *_accuracy(card.metrics, _test_note(card), {info.name: info.color for info in card.classes}),
        members_section(card),
        section(f"Learning{whose}", *(figure(name, path) for name, path in charts.items()), _learning(lead_of(card))),
        section(f"Settings{whose}", *_settings(lead_of(card))),
        section("Data", *_data(card)),
        section("Notes", bullets(card.notes)),
        details("Log", tag("pre", "\n".join(log))) if log else "",
    ]
    first = [warnings([*_cautions(card), *cautions])]
    return page("Chronomap model", model_title(card), lead, [*first, *body], _origin(card))


def evaluation_report(
    metrics: dict[str, Any],
    title: str,
    notes: Sequence[str] = (),
    charts: Mapping[str, Path] = {},
    colors: Mapping[str, str] = {},
) -> str:
    """Return the report of an accuracy assessment; `metrics` as core.accuracy gives them, `colors` by class name.

    Raises:
        InputError: a chart cannot be read.
    """
    caution = collapse_warning(metrics)
    body = [
        warnings([caution] if caution else []),
        *_accuracy(metrics, "samples", colors),
        *(figure(name, path) for name, path in charts.items()),
        section("Notes", bullets(notes)),
    ]
    return page("Chronomap accuracy", title, f"{metrics['n']:,} reference samples.", body)


def cube_report(spec: CubeSpec, title: str) -> str:
    """Return a summary of a cube: its acquisitions, bands and masks."""
    rows = [
        (entry.date, entry.label, ", ".join(band.name for band in entry.bands), "yes" if entry.mask else "no")
        for entry in spec.acquisitions
    ]
    masked = sum(entry.mask is not None for entry in spec.acquisitions)
    lead = f"{len(rows)} acquisitions, {len(spec.band_names)} bands, {masked} with a mask."
    body = [
        section("Notes", bullets(spec.notes)),
        section("Acquisitions", table(("Date", "Source", "Bands", "Mask"), rows)),
    ]
    return page("Chronomap cube", title, lead, body)


def _accuracy(metrics: dict[str, Any], of_what: str, colors: Mapping[str, str]) -> Iterable[Markup]:
    if not metrics.get("n"):
        return [tag("p", "There are no test samples: nothing is known about the accuracy of this model.", kind="note")]
    return [
        accuracy_tiles(metrics, of_what),
        section("Classes", class_table(metrics, colors)),
        section("Confusion", confusion_table(metrics)),
    ]


def _cautions(card: ModelCard) -> list[str]:
    found = [collapse_warning(card.metrics)] if card.metrics.get("classes") else []
    found += [_OPTIMISTIC] if card.split.method == "pixel" else []
    found += [_UNGROUPED] if card.split.method == "polygon" and _is_ungrouped(card) else []
    found += [_NOMINAL] if card.days_nominal else []
    return [sentence for sentence in found if sentence]


def _test_note(card: ModelCard) -> str:
    held_out = {"polygon": "polygons", "block": "blocks", "field": "folds"}
    if card.split.method not in held_out or _is_ungrouped(card):
        return "test samples that were not trained on"
    return f"test samples, of {held_out[card.split.method]} that were not trained on"


def _is_ungrouped(card: ModelCard) -> bool:
    """Return whether each sample is a group of its own, as points and table rows without a group column are."""
    return any(info.samples for info in card.classes) and all(info.polygons == info.samples for info in card.classes)


def _learning(card: ModelCard) -> Markup:
    if not card.history:
        return Markup()
    end = f"the best. {_REFIT}" if card.is_refit else "kept."
    kept = f"the weights of epoch {card.best_epoch}{_why_kept(card)} were {end}"
    return tag("p", f"{len(card.history)} epochs in {card.seconds:,.0f} s; {kept}", kind="note")


def _why_kept(card: ModelCard) -> str:
    losses = [row.get("validation_loss") for row in card.history]
    told = [loss for loss in losses if loss is not None]
    if not told:
        return " (the last one: no validation samples)"
    if losses[card.best_epoch - 1] == min(told):
        return ", with the lowest validation loss,"
    return ", the last one whose validation loss the validation samples cannot tell from the lowest,"


def _settings(card: ModelCard) -> list[Markup]:
    architecture = load_catalog().get(card.architecture)
    declared = architecture.hyperparameters if architecture else ()
    labels = {setting.name: (setting.label, setting.help) for setting in (*declared, *STRATEGY)}

    def rows(values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        named = [(*labels.get(name, (name, "")), value) for name, value in values.items()]
        return [(label, _value(value), tag("span", words, kind="note")) for label, words, value in named]

    about = facts({
        "Architecture": model_title(card),
        "Paper": _doi(architecture.doi) if architecture else "",
        "Learned numbers": f"{card.parameters:,}" if card.parameters else "",
    })  # fmt: skip
    head = ("Setting", "Value", "What it does")
    return [
        tag("p", architecture.summary) if architecture else Markup(),
        about,
        join((tag("h3", "Architecture"), table(head, rows(card.hyperparameters))))
        if card.hyperparameters
        else Markup(),
        join((tag("h3", "Learning strategy"), table(head, rows(card.strategy)))) if card.strategy else Markup(),
    ]


def _data(card: ModelCard) -> list[Markup]:
    first, last = min(card.dates), max(card.dates)
    spec = card.split
    shares = f"{spec.train:.0%} train, {spec.validation:.0%} validation, {spec.test:.0%} test; seed {spec.seed}"
    known = {
        "Season": f"{len(card.dates)} dates from {first} to {last}, counted from {card.season_start}",
        "Regular grid": f"{len(card.grid_days)} steps, gaps filled linearly" if card.grid_days else "",
        "Split": ""
        if card.members and not card.fingerprint
        else f"{_SPLITS.get(spec.method, spec.method).format(block_size=spec.block_size)}: {shares}",
        "Samples": ", ".join(f"{count:,} {part}" for part, count in card.split_counts.items()),
        "Sample file": card.samples,
        "Fingerprint": tag("code", card.fingerprint) if card.fingerprint else "",
        "Calibration": "each member has its own temperature"
        if card.members
        else f"temperature {card.temperature:.3f} (1: probabilities as learned)",
    }
    bands = [(band, _figure(low), _figure(high)) for band, low, high in zip(card.bands, card.lower, card.upper)]
    words = "Values are scaled so that the 2nd percentile of the training samples becomes 0 and the 98th becomes 1."
    return [
        facts(known),
        tag("h3", "Bands"),
        tag("p", words, kind="note"),
        table(("Band", "2nd percentile", "98th percentile"), bands, kind=""),
        tag("h3", "Classes of all samples"),
        _class_counts(card.classes),
        details("All dates", tag("p", ", ".join(card.dates), kind="note")),
    ]


def _class_counts(classes: Sequence[ClassInfo]) -> Markup:
    rows = [(class_name(info.name, info.color), str(info.value), info.polygons, info.samples) for info in classes]
    return table(("Class", "Value", "Polygons", "Samples"), rows)


def _origin(card: ModelCard) -> str:
    version = f"Chronomap {card.plugin_version}".strip()
    moment = card.created[:16].replace("T", " ") + (" UTC" if card.created.endswith("+00:00") else "")
    return f"Made by {version} on {moment}." if card.created else f"Made by {version}."


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _figure(value: float) -> str:
    return f"{value:.4g}"


def _doi(doi: str) -> Markup:
    return tag("a", doi, href=f"https://doi.org/{html(doi)}") if doi else Markup()
