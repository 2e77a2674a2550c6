# SPDX-License-Identifier: GPL-2.0-or-later
"""Help texts written from the catalog, in the plain HTML that Qt's text widgets know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from .catalog import Architecture, Hyperparameter, Preset, condition_text
from .strategy import STRATEGY


def architecture_body(architecture: Architecture) -> str:
    """Return what an architecture is, what it reads and gives, its presets and settings."""
    parts = [
        f"<p>{escape(architecture.summary)}</p>",
        _bullets(_traits(architecture)),
        _paper(architecture.doi),
        _presets(architecture),
        _settings(architecture.hyperparameters, architecture.defaults()),
        f"<p><b>Differs from the paper.</b> {escape(architecture.deviations)}</p>" if architecture.deviations else "",
    ]
    return "\n".join(part for part in parts if part)


def settings_help(settings: Sequence[Hyperparameter], declared: Sequence[Hyperparameter]) -> str:
    """Return a table of settings with their defaults; conditions name others of the `declared` ones."""
    return _rows_of_settings(settings, {setting.name: setting.default for setting in settings}, declared)


def range_text(setting: Hyperparameter) -> str:
    """Return the values a setting may take, in words: "1 to 64", "adam, sgd", "yes or no"."""
    if setting.kind == "choice":
        return ", ".join(setting.choices)
    if setting.kind == "bool":
        return "yes or no"
    if setting.kind == "model":
        return "a model file"
    unit = f" {setting.unit}" if setting.unit else ""
    return f"{value_text(setting.minimum)} to {value_text(setting.maximum)}{unit}"


def value_text(value: Any) -> str:
    """Return a value of a setting as a reader writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:g}"
    return str(value)


def _traits(architecture: Architecture) -> list[str]:
    dates = (
        "Reads real dates and gaps itself: clouded dates are left out, other dates than in training may be mapped."
        if architecture.reads_gaps
        else "Needs a regular series: gaps are filled linearly on a regular grid of dates."
    )
    attention = (
        "Gives attention: charts and layers show which dates weigh most."
        if architecture.gives_attention
        else "Gives no attention."
    )
    kind = "" if architecture.kind == "network" else "Classical baseline: no epochs, quick, good to compare with."
    return [sentence for sentence in (dates, attention, kind) if sentence]


def _paper(doi: str) -> str:
    return f'<p>Paper: <a href="https://doi.org/{escape(doi)}">{escape(doi)}</a></p>' if doi else ""


def _presets(architecture: Architecture) -> str:
    rows = [(preset.name, preset.title, _preset_values(architecture, preset)) for preset in architecture.presets]
    return "<p><b>Presets</b> (the first is the default)</p>" + _table(("Preset", "From", "Values"), rows)


def _preset_values(architecture: Architecture, preset: Preset) -> str:
    """Return what a preset sets, in the labels of the settings."""
    labels = {setting.name: setting.label for setting in (*architecture.hyperparameters, *STRATEGY)}
    values = {**preset.hyperparameters, **preset.strategy}
    named = (f"{labels.get(name, name).lower()} {value_text(value)}" for name, value in values.items())
    return "; ".join(named) or "the defaults"


def _settings(settings: Sequence[Hyperparameter], defaults: Mapping[str, Any]) -> str:
    if not settings:
        return ""
    return "<p><b>Settings</b></p>" + _rows_of_settings(settings, defaults, settings)


def _rows_of_settings(
    settings: Sequence[Hyperparameter], defaults: Mapping[str, Any], declared: Sequence[Hyperparameter]
) -> str:
    rows = [
        (s.label, value_text(defaults[s.name]), range_text(s), f"{s.help} {condition_text(s, declared)}".strip())
        for s in settings
    ]
    return _table(("Setting", "Default", "Range", "What it does"), rows)


def _bullets(sentences: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ul>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; Qt knows its cellpadding, not CSS borders."""
    top = "".join(f'<th align="left">{escape(cell)}</th>' for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table cellpadding="3" cellspacing="0"><tr>{top}</tr>{body}</table>'
