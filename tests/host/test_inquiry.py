# SPDX-License-Identifier: GPL-2.0-or-later
"""Background questions: answers, faults, and what comes too late."""

from __future__ import annotations

import threading

import pytest
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.host.inquiry import Inquiry
from waiting import wait, wait_until


@pytest.fixture
def inquiry(qgis_app):
    made = Inquiry("Test")
    yield made
    made.drop()


def told(signal):
    heard = []
    signal.connect(heard.append)
    return heard


def test_an_answer_comes_in_the_gui_thread(inquiry):
    threads = []
    inquiry.answered.connect(lambda answer: threads.append((answer, threading.current_thread())))
    inquiry.ask(lambda monitor: threading.current_thread() is threading.main_thread())
    wait_until(lambda: threads)
    assert threads == [(False, threading.main_thread())]
    assert not inquiry.is_busy


def test_an_empty_answer_is_an_answer(inquiry):
    answers = told(inquiry.answered)
    inquiry.ask(lambda monitor: [])
    wait_until(lambda: answers)
    assert answers == [[]]


def test_an_expected_fault_is_told_in_its_own_words(inquiry):
    faults = told(inquiry.failed)

    def refuse(monitor):
        raise InputError("The file is missing: choose another.")

    inquiry.ask(refuse)
    wait_until(lambda: faults)
    assert faults == ["The file is missing: choose another."]


def test_an_unexpected_fault_becomes_a_sentence(inquiry):
    faults = told(inquiry.failed)
    inquiry.ask(lambda monitor: 1 / 0)
    wait_until(lambda: faults)
    assert "ZeroDivisionError" in faults[0]
    assert "Traceback" not in faults[0]


def test_the_answer_to_an_outdated_question_is_dropped(inquiry):
    answers, gate = told(inquiry.answered), threading.Event()
    inquiry.ask(lambda monitor: gate.wait(10) and "old")
    wait(0.05)
    inquiry.ask(lambda monitor: "new")
    gate.set()
    wait_until(lambda: answers)
    wait(0.1)
    assert answers == ["new"]


def test_events_are_passed_on_while_the_question_is_open(inquiry):
    events = told(inquiry.heard)
    inquiry.ask(lambda monitor: monitor.note("half"))
    wait_until(lambda: events)
    assert events == [{"event": "note", "text": "half"}]


def test_a_dropped_question_is_told_to_stop(inquiry):
    stopped = threading.Event()

    def wait_for_cancel(monitor):
        while not monitor.is_canceled():
            stopped.wait(0.01)
        stopped.set()

    inquiry.ask(wait_for_cancel)
    wait(0.1)
    inquiry.drop()
    assert stopped.wait(5)
