# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import os
import platform
import re
import sys
from pathlib import Path

import pytest
from chronomap.plugin.core.errors import WorkerError
from chronomap.plugin.core.interpreter import ENVIRONMENT_VARIABLE, candidates, find_interpreter, probe
from chronomap.plugin.core.process import clean_environment, run_briefly

WITHOUT_TORCH = "/usr/bin/python3"


@pytest.fixture
def no_worker(monkeypatch, tmp_path):
    """A machine on which nobody has set up a worker."""
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def test_the_worker_environment_is_found():
    assert find_interpreter() == os.environ[ENVIRONMENT_VARIABLE]
    assert "torch" in probe(os.environ[ENVIRONMENT_VARIABLE]).versions


def test_a_python_without_torch_is_answered_with_what_was_tried_and_what_to_do(no_worker):
    with pytest.raises(WorkerError) as caught:
        find_interpreter(WITHOUT_TORCH)
    sentence = str(caught.value)
    assert re.search(r"/usr/bin/python3 \(Python 3\.\d+\.\d+ lacks torch, .*safetensors\)", sentence)
    assert "Settings > Options > Chronomap" in sentence
    assert "Traceback" not in sentence


def test_a_python_says_what_it_has():
    answer = probe(os.environ[ENVIRONMENT_VARIABLE])
    assert answer.versions["device"] in ("cpu", "mps") or answer.versions["device"].startswith("cuda (")
    assert answer.absent == ()


@pytest.mark.parametrize(
    ("versions", "problems", "words"),
    [
        ({"python": "3.8.1"}, {}, "Python 3.8.1 is too old: 3.9 or later is needed"),
        ({"python": "3.9.2", "torch": "2.3.1+cpu"}, {}, "Torch 2.3.1+cpu is too old: 2.4 or later is needed"),
        ({"python": "3.11.2"}, {"torch": "", "numpy": ""}, "Python 3.11.2 lacks torch, numpy"),
        ({"python": "3.11.2"}, {"torch": "libgomp.so.1 is missing"}, "torch cannot be loaded: libgomp.so.1 is missing"),
    ],
)
def test_what_is_wrong_is_said_in_words(tmp_path, versions, problems, words):
    program = tmp_path / "python"
    answer = json.dumps({"versions": versions, "problems": problems, "absent": []})
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o755)
    assert probe(str(program)).problem == words


def test_a_path_that_is_no_program_is_named(tmp_path):
    (tmp_path / "python").write_text("not executable")
    assert probe(str(tmp_path / "gone")).problem == "No such file or directory"
    assert probe(str(tmp_path / "python")).problem == "Permission denied"


def test_a_program_that_answers_nonsense_is_no_interpreter(tmp_path):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)
    assert probe(str(program)).problem


def test_a_program_that_hangs_is_given_up(tmp_path):
    assert run_briefly(["/bin/sleep", "10"], timeout_s=0.2) == (-1, "no answer within 0.2 s")


def test_what_the_user_chose_stands_alone(monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "/from/variable")
    assert candidates("/from/setting") == ["/from/setting"]
    assert candidates() == ["/from/variable"]


def test_without_a_choice_the_managed_environment_comes_first(no_worker, tmp_path):
    managed = tmp_path / "chronomap/worker-3"
    managed.mkdir(parents=True)
    assert candidates() == [sys.executable]
    (managed / "chronomap.json").write_text("{}")  # written last: the environment is complete
    assert candidates() == [str(managed / "bin/python"), sys.executable]


def test_a_mended_interpreter_is_asked_again(no_worker, tmp_path):
    program = tmp_path / "python"
    with pytest.raises(WorkerError):
        find_interpreter(str(program))
    answer = '{"versions": {"python": "3.11.2"}, "problems": {}, "absent": []}'
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o755)
    assert find_interpreter(str(program)) == str(program)


def test_what_qgis_sets_for_itself_does_not_reach_the_worker(monkeypatch):
    for name in ("PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "GDAL_DATA", "QT_PLUGIN_PATH", "PROJ_LIB"):
        monkeypatch.setenv(name, "/qgis")
    monkeypatch.setenv("HTTPS_PROXY", "kept")
    environment = clean_environment()
    assert "/qgis" not in environment.values()
    assert environment["HTTPS_PROXY"] == "kept"
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"


def test_a_probe_runs_beside_the_plugin():
    code, output = run_briefly([WITHOUT_TORCH, "-c", "import os; print(os.getcwd())"], 30.0)
    assert (code, Path(output.strip())) == (0, Path(__file__).resolve().parents[2])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other systems keep memory by rules of their own")
def test_the_worker_keeps_the_memory_of_a_batch_for_the_next():
    code, output = run_briefly([WITHOUT_TORCH, "-c", _FAULTS_OF_LATER_BATCHES], 30.0)
    assert code == 0
    assert int(output) < 20 * 8192 / 10  # pages of 20 batches of 32 MB


_FAULTS_OF_LATER_BATCHES = """
import resource, threading
def work(batches):
    for _ in range(batches):
        [bytearray(4 * 1024 * 1024) for _ in range(8)]
def run():
    work(3)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    work(20)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
thread = threading.Thread(target=run)
thread.start()
thread.join()
"""
