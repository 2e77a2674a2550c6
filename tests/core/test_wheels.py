# SPDX-License-Identifier: GPL-2.0-or-later
"""Which torch is taken, and what is typed where the plugin cannot do it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from chronomap.plugin.core.by_hand import offline_commands, online_commands, requirement_lines
from chronomap.plugin.core.interpreter import NEEDED, WANTED
from chronomap.plugin.core.wheels import (
    TORCH_INDEX,
    WHEELS,
    pip_commands,
    wheels_here,
    without_passwords,
)
from wheelhouse import make_wheelhouse

ROOT = Path(__file__).resolve().parents[2]
CPU, CUDA = wheels_here("linux")


@pytest.fixture
def pip_without_settings(monkeypatch, tmp_path):
    for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "pip.conf").write_text("")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return monkeypatch


def names(lines):
    return {re.match(r"[A-Za-z0-9-]+", line).group(0) for line in lines if line[:1].isalpha()}


def test_every_system_has_a_build_and_the_small_one_comes_first():
    for platform in ("linux", "win32", "darwin", "freebsd14"):
        builds = wheels_here(platform)
        assert builds[0].download_mb == min(build.download_mb for build in builds)
    assert {(wheels.id, wheels.platform) for wheels in WHEELS} >= {("cuda", "win32"), ("mps", "darwin")}


def test_without_settings_torch_comes_from_pytorchs_index(pip_without_settings):
    torch, rest = pip_commands(sys.executable, CPU)
    assert torch[-3:] == ["--index-url", TORCH_INDEX + "cpu", "torch>=2.2"]
    assert TORCH_INDEX not in " ".join(rest)


def test_what_pips_settings_offer_is_taken_from_there(pip_without_settings, tmp_path):
    pip_without_settings.setenv("PIP_FIND_LINKS", str(make_wheelhouse(tmp_path / "wheels")))
    pip_without_settings.setenv("PIP_NO_INDEX", "1")
    (command,) = pip_commands(sys.executable, CPU)
    assert command[-1] == "torch==2.13.0+cpu"
    assert TORCH_INDEX not in " ".join(command)


def test_settings_that_offer_another_build_do_not_count(pip_without_settings, tmp_path):
    pip_without_settings.setenv("PIP_FIND_LINKS", str(make_wheelhouse(tmp_path / "wheels", without=("torch",))))
    pip_without_settings.setenv("PIP_NO_INDEX", "1")
    assert len(pip_commands(sys.executable, CPU)) == 2


def test_the_build_pip_takes_by_itself_needs_no_index(pip_without_settings):
    (command,) = pip_commands(sys.executable, CUDA)
    assert "--index-url" not in command


def test_development_installs_the_same_packages():
    pinned = names((ROOT / "tools/requirements/worker.txt").read_text(encoding="utf-8").splitlines())
    assert names(requirement_lines()) == pinned - {"pytest"}


def test_commands_by_hand_name_index_and_folder():
    assert f"--index-url {TORCH_INDEX}cpu" in online_commands(CPU)[1]
    there, here = offline_commands(CUDA)
    assert len(there) == 1
    assert "--no-index --find-links wheels" in here[-1]


def test_passwords_are_left_out():
    text = "global.index-url='https://me:secret@index.example.org/simple'"
    assert without_passwords(text) == "global.index-url='https://***@index.example.org/simple'"


def test_what_is_asked_of_a_python_is_what_is_installed():
    assert names(requirement_lines()) == {*NEEDED.values(), *WANTED.values()}
