# SPDX-License-Identifier: GPL-2.0-or-later
"""Setting up the worker's environment: whole or not at all. The wheels are stand-ins of a few bytes."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from chronomap.plugin.core.environment import (
    begin_environment,
    home,
    managed_environment,
    remove_environments,
    setup_log,
)
from chronomap.plugin.core.errors import Canceled, OutputError, WorkerError
from chronomap.plugin.core.interpreter import candidates, find_interpreter
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.core.setup import explain, find_base, set_up
from chronomap.plugin.core.wheels import wheels_here
from wheelhouse import make_wheelhouse

CPU = replace(wheels_here("linux")[0], download_mb=1, disk_mb=20)


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """A machine without a worker and without a network, and with a folder of wheels that pip's settings name."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("user files")
        patch.delenv("CHRONOMAP_PYTHON", raising=False)
        patch.setenv("XDG_DATA_HOME", str(folder))
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(make_wheelhouse(tmp_path_factory.mktemp("wheels") / "all")))
        yield patch


@pytest.fixture(scope="module")
def made(machine):
    """The environment of one set-up, and the events on the way."""
    events = []
    return set_up(CPU, Monitor(events.append)), events


@pytest.fixture
def clean(machine, tmp_path, monkeypatch):
    """The same machine with nothing set up."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return monkeypatch


def folders():
    return [path.name for path in home().iterdir() if path.is_dir()]


def test_a_set_up_ends_with_an_interpreter_that_is_found(made):
    environment, _ = made
    assert find_interpreter() == environment.python
    assert environment.versions["torch"] == "2.13.0+cpu"
    assert environment.versions["device"] == "cpu"


def test_progress_grows_to_its_end_and_the_log_is_kept(made):
    fractions = [event["fraction"] for event in made[1] if event["event"] == "progress"]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert "torch==2.13.0+cpu" in setup_log().read_text(encoding="utf-8")


def test_nothing_but_the_environment_is_left(made):
    assert folders() == ["worker-1"]
    assert not (made[0].path / "scratch").exists()


def test_a_repair_that_does_not_work_leaves_what_works(made, monkeypatch, tmp_path):
    broken = "raise OSError('[WinError 1114] a DLL failed')\n"
    monkeypatch.setenv("PIP_FIND_LINKS", str(make_wheelhouse(tmp_path / "wheels", torch=broken)))
    with pytest.raises(WorkerError, match=r"torch cannot be loaded.*Visual C\+\+ Redistributable"):
        set_up(CPU, Monitor())
    assert folders() == ["worker-1"]
    assert find_interpreter() == made[0].python


def test_a_canceled_set_up_leaves_nothing_and_no_process(clean):
    commands = []

    def listen(event):
        if event["event"] == "note" and event["text"].startswith("> "):
            commands.append(event["text"])

    with pytest.raises(Canceled):
        set_up(CPU, Monitor(listen, is_canceled=lambda: bool(commands)))
    assert "-m venv" in commands[0]
    assert folders() == []
    assert managed_environment() is None
    assert not [entry for entry in Path("/proc").glob("[0-9]*/cmdline") if str(home()).encode() in _read(entry)]


def _read(path):
    try:
        return path.read_bytes()
    except OSError:  # it has just ended
        return b""


def test_a_full_disk_is_told_before_anything_starts(clean):
    with pytest.raises(OutputError, match="MB are needed: free disk space"):
        set_up(replace(CPU, disk_mb=10**9), Monitor())
    assert not home().exists()


def test_what_a_crash_left_is_no_environment_and_goes_with_the_next_set_up(clean):
    left = begin_environment()
    (left / "bin").mkdir()
    (left / "bin" / "python").touch()
    assert managed_environment() is None
    assert str(left / "bin/python") not in candidates()
    os.utime(left / "being-built", (time.time() - 1000, time.time() - 1000))
    assert begin_environment() == left  # the number is free again


def test_two_set_ups_at_once_are_refused(clean):
    begin_environment()
    with pytest.raises(OutputError, match="Another set-up is under way"):
        begin_environment()


def test_a_removed_environment_is_not_found(clean):
    folder = begin_environment()
    (folder / "chronomap.json").write_text("{}", encoding="utf-8")
    assert managed_environment().path == folder
    remove_environments()
    assert managed_environment() is None
    assert folders() == []


def test_the_base_is_a_python_with_venv(machine):
    assert Path(find_base()).name.startswith("python")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED'))", "PIP_CERT"),
        ("ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407'))", "HTTPS_PROXY"),
        ("ERROR: No matching distribution found for torch", "no build of a package for this Python"),
        ("NewConnectionError: [Errno -2] Name or service not known", "index cannot be reached"),
    ],
)
def test_frequent_faults_are_said_in_words(line, words):
    assert words in explain(line)
