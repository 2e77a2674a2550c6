# SPDX-License-Identifier: GPL-2.0-or-later
"""A model card as text with headings and tables, in the plain HTML that Qt's text widgets know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ...plugin.core.card import ModelCard
from ...plugin.core.catalog import Architecture, load_catalog
from ...plugin.core.ensemble import lead_of, member_sentence, model_title
from ...plugin.core.help import value_text
from ...plugin.core.strategy import STRATEGY
from ...plugin.host.shelf import ShelfModel
from ...plugin.host.text import tr

_PARTS = {"train": "training", "validation": "validation", "test": "test"}


def card_text(model: ShelfModel) -> str:
    """Return all that is known about a model; why its card cannot be read where that is so."""
    card = model.card
    if card is None:
        return f"<p>{escape(model.problem)}</p>"
    lead = lead_of(card)
    entry = load_catalog().get(lead.architecture)
    summary = member_sentence(card) if card.members else entry.summary if entry else ""
    whose = f" ({tr('first member')})" if card.members else ""
    return "\n".join(
        [
            f"<h3>{escape(model.name)}</h3>",
            f"<p>{escape(model_title(card))}. {escape(summary)}</p>",
            *_about(model, card),
            f"<h4>{tr('Classes')}</h4>",
            _classes(card),
            f"<h4>{tr('Architecture')}{whose}</h4>",
            _settings(lead.hyperparameters, _labels(entry)),
            f"<h4>{tr('Learning strategy')}{whose}</h4>",
            _settings(lead.strategy, {setting.name: setting.label for setting in STRATEGY}),
            *_notes(card.notes),
        ]
    )


def _about(model: ShelfModel, card: ModelCard) -> list[str]:
    counts = ", ".join(f"{count:,} {tr(_PARTS.get(part, part))}" for part, count in card.split_counts.items())
    facts = {
        tr("Macro F1"): f"{card.metrics['macro_f1']:.3f}" if card.metrics.get("n") else tr("unknown"),
        tr("Bands"): ", ".join(card.bands),
        tr("Dates"): tr("{count}, {first} to {last}").format(
            count=len(card.dates), first=min(card.dates), last=max(card.dates)
        ),
        tr("Samples"): f"{counts} ({tr('split by')} {card.split.method})" if counts else "",
        tr("Learned numbers"): f"{card.parameters:,}" if card.parameters else "",
        tr("Refit"): tr("with the validation samples too") if card.is_refit else "",
        tr("Best epoch"): tr("{best} of {count}").format(best=card.best_epoch, count=len(card.history))
        if card.history
        else "",
        tr("Trained"): f"{card.created[:16].replace('T', ' ')} UTC, {card.seconds:,.0f} s" if card.created else "",
        tr("Sample file"): card.samples,
        tr("File"): str(model.path),
    }
    return [_table([(f"<b>{escape(name)}</b>", escape(value)) for name, value in facts.items() if value])]


def _classes(card: ModelCard) -> str:
    head = [f"<b>{tr(name)}</b>" for name in ("Class", "Value", "Polygons", "Samples")]
    rows = [
        (
            f'<span style="color: {escape(info.color)}">■</span> {escape(info.name)}',
            str(info.value),
            f"{info.polygons:,}" if info.polygons else "",
            f"{info.samples:,}",
        )
        for info in card.classes
    ]
    return _table([head, *rows])


def _settings(values: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    return _table([(escape(tr(labels.get(name, name))), escape(value_text(value))) for name, value in values.items()])


def _labels(entry: Architecture | None) -> dict[str, str]:
    return {setting.name: setting.label for setting in entry.hyperparameters} if entry else {}


def _notes(notes: Sequence[str]) -> list[str]:
    return [f"<h4>{tr('Notes')}</h4>", *(f"<p>{escape(note)}</p>" for note in notes)] if notes else []


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Return a table of cells that are HTML already."""
    lines = ["<tr>" + "".join(f"<td style='padding-right: 14px'>{cell}</td>" for cell in row) + "</tr>" for row in rows]
    return "<table cellpadding='1'>" + "".join(lines) + "</table>"
