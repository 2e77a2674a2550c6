# SPDX-License-Identifier: GPL-2.0-or-later
"""The help pages made from the catalog: ``python -m plugin.core.help_pages`` writes them to ``resources/help/``."""

from __future__ import annotations

from html import escape
from pathlib import Path

from .catalog import FAMILIES, Architecture, load_catalog
from .help import architecture_body, settings_help
from .process import PLUGIN_ROOT
from .strategy import STRATEGY, strategy_groups

HELP = PLUGIN_ROOT / "resources" / "help"


def architecture_page(architecture_id: str) -> Path:
    """Return where the help page of an architecture lies."""
    return HELP / "architectures" / f"{architecture_id}.html"


def help_pages() -> dict[Path, str]:
    """Return the text of every generated page by its path."""
    entries = load_catalog().values()
    pages = {architecture_page(entry.id): _page(entry.title, architecture_body(entry), "../") for entry in entries}
    pages[HELP / "architectures.html"] = _page("Architectures", _overview(list(entries)), "")
    pages[HELP / "strategy.html"] = _page("Learning strategy", _strategy(), "")
    return pages


def write_help_pages() -> None:
    """Write all generated pages and remove those of architectures that are gone."""
    pages = help_pages()
    (HELP / "architectures").mkdir(exist_ok=True)
    for path in (HELP / "architectures").glob("*.html"):
        if path not in pages:
            path.unlink()
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")


def _overview(entries: list[Architecture]) -> str:
    parts = []
    for family, title in FAMILIES.items():
        items = [
            f'<li><a href="architectures/{entry.id}.html">{escape(entry.title)}</a>: {escape(entry.summary)}</li>'
            for entry in entries
            if entry.family == family
        ]
        parts += [f"<h2>{escape(title)}</h2>", "<ul>", *items, "</ul>"]
    return "\n".join(parts)


def _strategy() -> str:
    intro = (
        "<p>How a network learns. Every architecture's preset brings values of its own; what a preset does not name "
        "has the default below. Classical models only have the seed.</p>"
    )
    groups = (
        f"<h2>{escape(title)}</h2>\n" + settings_help(settings, STRATEGY)
        for title, settings in strategy_groups(STRATEGY)
    )
    return "\n".join([intro, *groups])


def _page(title: str, body: str, up: str) -> str:
    """Return a whole page; `up` leads from its folder to the folder of the help."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(title)} - Chronomap</title>
<link rel="stylesheet" href="{up}help.css">
</head>
<body>
<nav><a href="{up}index.html">Chronomap help</a> <a href="{up}network.html">Network</a>
<a href="{up}architectures.html">Architectures</a> <a href="{up}strategy.html">Learning strategy</a></nav>
<h1>{escape(title)}</h1>
{body}
</body>
</html>
"""


if __name__ == "__main__":
    write_help_pages()
