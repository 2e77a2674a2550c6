# SPDX-License-Identifier: GPL-2.0-or-later
"""The errors a user may meet; each message is a sentence: what, which, what to do.

ChronomapError
    InputError        an input is missing, unreadable or does not fit
    ModelFileError    a model file is truncated, foreign or from a newer version
    OutputError       a result cannot be written
    WorkerError       the worker's environment or process failed
    Canceled          the user stopped the job; not a fault
"""

from __future__ import annotations


class ChronomapError(Exception):
    """An expected fault; ``str()`` is what the user reads."""


class InputError(ChronomapError):
    """An input is missing, unreadable or does not fit the others."""


class ModelFileError(ChronomapError):
    """A model file cannot be used."""


class OutputError(ChronomapError):
    """A result cannot be written."""


class WorkerError(ChronomapError):
    """No worker could be started, or it ended before its work was done."""


class Canceled(ChronomapError):  # noqa: N818 (no error: the user's wish)
    """The user stopped the job."""
