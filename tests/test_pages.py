# SPDX-License-Identifier: GPL-2.0-or-later
"""README and help pages: links lead somewhere, pictures are small, commands name what exists."""

from __future__ import annotations

import re

import pytest
from chronomap.plugin.processing.provider import ChronomapProvider
from qgis.core import QgsProcessingParameterDefinition, QgsProcessingParameterEnum
from source_files import ROOT

HELP = ROOT / "resources" / "help"
PAGES = [ROOT / "README.md", *sorted(HELP.glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")
COMMAND = re.compile(r"qgis_process run chronomap:(\S+) -- (.+)")
ARGUMENT = re.compile(r"(\w+)=('[^']*'|\"[^\"]*\"|\S+)")


def text_of(page):
    return page.read_text(encoding="utf-8")


def commands():
    """Return (algorithm, {parameter: value}) of every command in the pages; a loop's variable stands for each value."""
    for page in PAGES:
        text = text_of(page).replace("\\\n", " ")
        looped = re.search(r"for architecture in ([^;]+);", text)
        for name, arguments in COMMAND.findall(text):
            given = {key: value.strip("'\"") for key, value in ARGUMENT.findall(arguments)}
            for architecture in looped.group(1).split() if "$architecture" in name else [""]:
                yield name.replace("$architecture", architecture), given


@pytest.fixture(scope="module")
def provider(qgis_app):
    made = ChronomapProvider()
    made.refreshAlgorithms()
    return made


@pytest.fixture
def algorithms(provider):
    return {algorithm.name(): algorithm for algorithm in provider.algorithms()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_of_the_checkout(page):
    assert [link for link in LINK.findall(text_of(page)) if not (page.parent / link).exists()] == []


def test_pictures_are_small_enough_to_ship():
    sizes = {path.name: path.stat().st_size for path in (HELP / "images").iterdir()}
    assert {name: size for name, size in sizes.items() if size >= 300_000} == {}
    assert sum(sizes.values()) < 3_000_000


def test_every_picture_is_shown_on_a_page():
    shown = {link.split("/")[-1] for page in PAGES for link in LINK.findall(text_of(page))}
    shown |= {link for page in HELP.glob("*.html") for link in re.findall(r'src="images/([^"]+)"', text_of(page))}
    assert {path.name for path in (HELP / "images").iterdir()} - shown == set()


def test_the_readme_lists_every_architecture(algorithms):
    listed = set(re.findall(r"`(train_\w+)`", text_of(ROOT / "README.md")))
    assert listed == {name for name in algorithms if name.startswith("train_")}


def test_the_help_tells_of_every_other_algorithm(algorithms):
    told = set(re.findall(r"\*\* \(`(\w+)`\)", text_of(HELP / "index.md")))
    assert told == {name for name in algorithms if not name.startswith("train_")}


def test_commands_name_parameters_and_choices_that_exist(algorithms):
    found = list(commands())
    assert len(found) > 10
    for name, given in found:
        for key, value in given.items():
            parameter = algorithms[name].parameterDefinition(key)
            assert parameter is not None, f"{name} has no parameter {key}"
            if isinstance(parameter, QgsProcessingParameterEnum):
                assert value in parameter.options(), f"{name} {key}={value}"


def test_commands_give_all_that_must_be_given(algorithms):
    flag = QgsProcessingParameterDefinition.Flag.FlagOptional
    for name, given in commands():
        needed = [p.name() for p in algorithms[name].parameterDefinitions() if not p.flags() & flag]
        without_default = [key for key in needed if algorithms[name].parameterDefinition(key).defaultValue() is None]
        assert set(without_default) - set(given) == set(), name
