# SPDX-License-Identifier: GPL-2.0-or-later
"""Answers of a live worker: told once, in words also where something went wrong."""

from __future__ import annotations

from concurrent.futures import Future

import pytest
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.host.replies import Replies
from qgis.PyQt.QtWidgets import QApplication


@pytest.fixture
def told(qgis_app):
    replies, found = Replies(), []
    replies.answered.connect(found.append)
    replies.failed.connect(lambda sentence, is_input: found.append((sentence, is_input)))
    return replies, found


def ended(replies: Replies, result: object = None, error: Exception | None = None) -> None:
    future: Future = Future()
    replies.expect(future)
    future.set_exception(error) if error else future.set_result(result)
    QApplication.processEvents()


def test_an_answer_is_told(told):
    replies, found = told
    ended(replies, {"parameters": 3})
    assert found == [{"parameters": 3}]
    assert not replies.is_waiting


def test_a_fault_of_the_question_is_told_as_such(told):
    replies, found = told
    ended(replies, error=InputError("Choose more heads."))
    assert found == [("Choose more heads.", True)]


def test_a_fault_of_ours_becomes_a_sentence_with_a_log(told):
    replies, found = told
    ended(replies, error=ZeroDivisionError("division by zero"))
    ((sentence, is_input),) = found
    assert "ZeroDivisionError" in sentence
    assert sentence.endswith(".log.")
    assert not is_input


def test_a_question_that_was_dropped_is_not_answered(told):
    replies, found = told
    future: Future = Future()
    replies.expect(future)
    replies.drop()
    future.set_result(1)
    QApplication.processEvents()
    assert found == []
