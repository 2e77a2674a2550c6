# SPDX-License-Identifier: GPL-2.0-or-later
"""The help that ships is what the catalog says, and every link in it leads somewhere."""

from __future__ import annotations

import re

import pytest
from chronomap.plugin.core.catalog import load_catalog
from chronomap.plugin.core.help_pages import HELP, architecture_page, help_pages
from chronomap.plugin.core.strategy import STRATEGY

LINK = re.compile(r'href="(?!https?:)([^"#]+)"')
PAGES = sorted(HELP.rglob("*.html"))


def test_the_generated_pages_are_what_the_catalog_says():
    stale = [path.name for path, text in help_pages().items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "regenerate them: .venv/qgis/bin/python -m plugin.core.help_pages"


def test_every_architecture_has_a_page_and_no_other_has():
    pages = set((HELP / "architectures").glob("*.html"))
    assert pages == {architecture_page(name) for name in load_catalog()}


def test_the_strategy_page_explains_every_setting():
    text = (HELP / "strategy.html").read_text(encoding="utf-8")
    assert [setting.label for setting in STRATEGY if f"<td>{setting.label}</td>" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_pages_that_ship(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (page.parent / link).is_file()] == []
