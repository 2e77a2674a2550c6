# SPDX-License-Identifier: GPL-2.0-or-later
"""Pieces of an HTML page: escaped text, tables, tiles, figures; one file that needs nothing beside it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from ..core.errors import InputError
from ..core.theme import FALLBACK, GRID, HEAT, INK, MUTED, PAPER, is_hex

_TEMPLATES = Path(__file__).resolve().parents[2] / "resources" / "report"
_THEME = {
    PAPER: "paper",
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    HEAT: "heat",
}  # colours of charts that follow a dark page
_THEME_COLOR = re.compile(rf"(fill|stroke): ({'|'.join(_THEME)})\b")
_IDS = re.compile(r'\b(id="|href="#|url\(#)')


class Markup(str):
    """HTML that is safe to stand in a page as it is; every other string is escaped."""

    __slots__ = ()


def html(value: Any) -> Markup:
    """Return `value` as safe HTML: Markup as it is, all else escaped."""
    return value if isinstance(value, Markup) else Markup(escape(str(value)))


def join(pieces: Iterable[Any], between: str = "\n") -> Markup:
    """Join pieces, each made safe."""
    return Markup(between.join(html(piece) for piece in pieces))


def tag(name: str, *content: Any, **attributes: str) -> Markup:
    """Return an element; the attribute `kind` becomes "class"."""
    named = {"class" if key == "kind" else key.replace("_", "-"): value for key, value in attributes.items()}
    written = "".join(f' {key}="{escape(value)}"' for key, value in named.items() if value)
    return Markup(f"<{name}{written}>{join(content, '')}</{name}>")


def table(head: Sequence[Any], rows: Iterable[Sequence[Any]], kind: str = "wide", caption: str = "") -> Markup:
    """Return a table that scrolls where it is too wide; the first cell of a row heads it, numbers stand at the right.

    Cells that are int or float are numbers; floats show three decimals. Text of the last column may be a help text.
    """
    listed = [list(row) for row in rows]
    is_number = [bool(column) and all(isinstance(cell, (int, float)) for cell in column) for column in zip(*listed)]
    is_number = is_number or [False] * len(head)
    top = join((tag("th", cell, scope="col", kind="number" if n else "") for cell, n in zip(head, is_number)), "")
    body = join(tag("tr", *(_cell(cell, index) for index, cell in enumerate(row))) for row in listed)
    words = tag("caption", caption) if caption else Markup()
    return tag("div", tag("table", words, tag("thead", tag("tr", top)), tag("tbody", body), kind=kind), kind="scroll")


def _cell(cell: Any, index: int) -> Markup:
    if index == 0:
        return tag("th", cell, scope="row")
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return tag("td", "yes" if cell is True else "no" if cell is False else cell)
    return tag("td", f"{cell:,}" if isinstance(cell, int) else f"{cell:.3f}", kind="number")


def facts(pairs: Mapping[str, Any]) -> Markup:
    """Return a table of names and values; empty values are left out."""
    rows = [
        (tag("th", name, scope="row"), tag("td", value)) for name, value in pairs.items() if value not in ("", None)
    ]
    body = join(tag("tr", *row) for row in rows)
    return tag("div", tag("table", tag("tbody", body)), kind="scroll")


def class_name(name: str, color: str) -> Markup:
    """Return a class's name behind a chip of its colour; no chip where the colour is unknown ('')."""
    if not color:
        return tag("span", name, kind="class")
    shown = color if is_hex(color) else FALLBACK
    return tag("span", tag("span", kind="chip", style=f"background:{shown}"), name, kind="class")


def bar(value: float) -> Markup:
    """Return `value` (0 to 1) with three decimals and a bar; below 0.5 the bar is orange."""
    filled = tag("i", style=f"width:{100 * min(max(value, 0.0), 1.0):.0f}%")
    return tag("span", f"{value:.3f}", tag("span", filled, kind="bar" if value >= 0.5 else "bar low"), kind="score")


@dataclass(frozen=True)
class Tile:
    """A headline figure."""

    label: str
    value: str
    note: str = ""


def tiles(shown: Sequence[Tile]) -> Markup:
    """Return headline figures side by side, the first one stressed."""
    boxes = (
        tag("div", tag("span", tile.label), tag("b", tile.value), tag("span", tile.note), kind=kind)
        for tile, kind in zip(shown, ["tile first", *["tile"] * len(shown)])
    )
    return tag("div", *boxes, kind="tiles")


def warnings(sentences: Sequence[str]) -> Markup:
    """Return a box of warnings, or nothing."""
    if not sentences:
        return Markup()
    items = tag("ul", *(tag("li", sentence) for sentence in sentences))
    return tag("section", tag("h2", "Read this first"), items, kind="warnings", role="note")


def bullets(sentences: Sequence[str]) -> Markup:
    """Return a list of sentences, or nothing."""
    return tag("ul", *(tag("li", sentence) for sentence in sentences), kind="notes") if sentences else Markup()


def section(title: str, *content: Any) -> Markup:
    """Return a section, or nothing where all its content is empty."""
    return tag("section", tag("h2", title), *content) if any(content) else Markup()


def details(summary: str, content: Any) -> Markup:
    """Return content that is folded until it is asked for."""
    return tag("details", tag("summary", summary), content)


def figure(title: str, path: Path) -> Markup:
    """Return the chart in `path` (.svg or .png), written into the page.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"The chart {path} cannot be read ({error.strerror}): check the path.") from error
    if Path(path).suffix.lower() == ".svg":
        picture = inline_svg(raw.decode("utf-8"), title)
    else:
        source = "data:image/png;base64," + base64.b64encode(raw).decode("ascii")
        picture = Markup(f'<img src="{source}" alt="{escape(title)}">')
    return tag("figure", picture)


def inline_svg(text: str, title: str) -> Markup:
    """Return an SVG of plugin/charts for use within a page.

    Its ids get a prefix of their own, and ink, paper and grid follow the page's colours (browsers that know no
    custom properties keep the first of the two declarations).
    """
    prefix = "c" + re.sub(r"\W", "", title)[:24] + "-"
    body = text[text.index("<svg") :]
    body = _IDS.sub(lambda match: match.group(1) + prefix, body)
    body = _THEME_COLOR.sub(lambda m: f"{m[1]}: {m[2]}; {m[1]}: var(--{_THEME[m[2]]})", body)
    return Markup(body.replace("<svg", f'<svg role="img" aria-label="{escape(title)}"', 1))


def script(name: str) -> Markup:
    """Return a script of resources/report, written into the page."""
    return Markup(f"<script>\n{(_TEMPLATES / name).read_text(encoding='utf-8')}</script>")


def page(eyebrow: str, title: str, lead: Any, body: Iterable[Any], foot: Any = "") -> str:
    """Return the whole page."""
    template = Template((_TEMPLATES / "page.html").read_text(encoding="utf-8"))
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    parts = {"eyebrow": html(eyebrow), "title": html(title), "lead": html(lead), "foot": html(foot)}
    return template.substitute(parts, style=style, body=join(body))
