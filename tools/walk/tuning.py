# SPDX-License-Identifier: GPL-2.0-or-later
"""What a person does to find better settings: a learning rate, and a search that is stopped and goes on."""

from __future__ import annotations

from qgis.core import QgsApplication

from .pages import READ_S, TRAIN_S, Figures, go_to, told, window
from .person import Person, Steps, pause, until


def find_rate(person: Person, figures: Figures) -> Steps:
    """Find a learning rate and take it."""
    yield from go_to(person, "Train")
    page = window().page("train")
    yield from until(page.rate_button.isEnabled, READ_S, "the learning rate: " + told(page))
    yield from person.click(page.rate_button)
    run = window().workspace.queue.runs[-1]
    yield from person.look("rate_sought")
    yield from until(lambda: run.is_over, TRAIN_S, "the learning rate")
    yield from pause(1.0)
    yield from person.look("rate")
    figures["rate"] = f"{run.state} {run.error} {run.output('learning_rate')}"
    yield from person.click(page.run_panel.rate_view.use_button)
    yield from person.look("rate_taken")


def search_settings(person: Person, figures: Figures) -> Steps:
    """Search a few settings, stop, go on, and take what was found."""
    page = window().page("train")
    panel = page.search_panel
    yield from person.tab(page.tabs, "Search")
    yield from person.look("search_empty")
    yield from person.item(panel.architecture_list, "MLP", at_box=True)
    yield from person.tab(panel.tabs, "Learning")
    yield from person.row(panel.range_table, 2, at_box=True)
    yield from person.look("search_ranges")
    for box, text in ((panel.minutes_box, "5"), (panel.trials_box, "6"), (panel.epochs_box, "5")):
        yield from person.type(box, text)
    yield from person.click(panel.search_button)
    yield from until(lambda: len(panel.board.records) > 1, TRAIN_S, "two models")
    yield from person.look("search_runs")
    yield from person.click(panel.stop_button)
    yield from until(lambda: panel.run.is_over, READ_S, "the stop")
    yield from person.look("search_stopped")
    yield from person.click(panel.search_button)
    yield from until(lambda: not panel.run.is_over, READ_S, "the search to go on")
    yield from until(lambda: panel.run.is_over, TRAIN_S, "the end of the search")
    yield from pause(1.0)
    figures["search"] = f"{panel.run.state} {panel.run.error} {len(panel.board.records)} models"
    yield from _use_trials(person)


def _use_trials(person: Person) -> Steps:
    """Take the settings of one model by a double click, and open another."""
    page = window().page("train")
    panel = page.search_panel
    yield from person.row(panel.board.table, 0)
    yield from person.look("search_done")
    table = panel.board.table
    place = table.viewport().mapToGlobal(table.visualItemRect(table.item(1, 1)).center())
    yield from person.click_at(place, times=2)
    yield from person.look("search_taken")
    yield from go_to(person, "Network")
    yield from person.look("network_of_trial")
    yield from go_to(person, "Train")
    yield from person.click(panel.board.open_button)
    yield from person.look("model_of_trial")
    yield from go_to(person, "Train")


def small_and_dark(person: Person, _: Figures) -> Steps:
    """Look at both in a small window, light and dark."""
    page = window().page("train")
    window().resize(900, 600)
    for theme in ("default", "Night Mapping"):
        QgsApplication.instance().setUITheme(theme)
        yield from pause(1.0)
        for words in ("Search", "This"):
            yield from person.tab(page.tabs, words)
            yield from person.look(f"small_{words.lower()}")
        yield from person.row(page.run_list, page.run_list.count() - 1)
        yield from person.look("small_rate")
        yield from person.tab(page.tabs, "Search")
        yield from person.tab(page.search_panel.tabs, "Networks")
        yield from person.type(page.search_panel.trials_box, "2")
        yield from person.look("small_wrong")
        yield from go_to(person, "Network")
        yield from person.tab(window().page("network").tabs, "Learning")
        bar = window().page("network").strategy_area.verticalScrollBar()
        bar.setValue(bar.maximum())
        yield from person.look("small_network")
        yield from go_to(person, "Train")
    window().resize(1100, 680)
