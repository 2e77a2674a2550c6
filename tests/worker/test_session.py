# SPDX-License-Identifier: GPL-2.0-or-later
"""The worker as a real process: hello, train, cancel, finish, failures, and leaving with its host."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
import pytest
from chronomap.plugin.core.card import read_card
from chronomap.plugin.core.errors import Canceled, InputError, WorkerError
from chronomap.plugin.core.messages import PROTOCOL
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.core.process import PLUGIN_ROOT
from chronomap.plugin.core.records import to_plain
from chronomap.plugin.core.worker import Worker, running_worker
from synthetic import SCALE, series
from worker.making import SMALL, make_card, make_samples


@pytest.fixture(scope="module")
def shared_worker():
    """A worker for tests that leave it usable."""
    with running_worker(sys.executable) as worker:
        yield worker


def train_request(folder, architecture="ltae", **changed):
    """Return a request to train a small model on synthetic samples, whose arrays are saved in `folder`."""
    samples = make_samples()
    arrays = {name: str(folder / f"{name}.npy") for name in ("values", "valid", "label", "part")}
    for name, path in arrays.items():
        np.save(path, getattr(samples, name))
    card = to_plain(make_card(architecture))
    shape = samples.values.shape[1:]
    return {
        "do": "train",
        "arrays": arrays,
        "scale": np.full(shape, SCALE).tolist(),
        "offset": np.zeros(shape).tolist(),
        "days": series(1)["days"].tolist(),
        "architecture": architecture,
        "hyperparameters": SMALL.get(architecture, {}),
        "strategy": {"epochs": 2},
        "grid_step_days": 0.0,
        "card": {name: card[name] for name in ("bands", "dates", "season_start", "classes")},
        "model": str(folder / "model.safetensors"),
        "device": "cpu",
        **changed,
    }


@pytest.mark.parametrize("architecture", ["ltae", "tempcnn", "gru", "random_forest"])
def test_train_writes_a_model_whose_card_is_complete(shared_worker, tmp_path, architecture):
    strategy = {} if architecture == "random_forest" else {"epochs": 2}
    request = train_request(tmp_path, architecture, strategy=strategy)
    done = shared_worker.request(request, Monitor())
    card = read_card(tmp_path / "model.safetensors")
    assert done["outputs"] == {"model": request["model"]}
    assert done["card"]["architecture"] == card.architecture == architecture
    assert len(card.history) == (0 if architecture == "random_forest" else 2)
    assert card.metrics["n"] == 12
    assert sum(map(sum, card.metrics["confusion"])) == 12
    assert 0.0 < card.lower[0] < card.upper[0] < 1.0  # physical units
    assert card.temperature > 0


def test_settings_out_of_range_are_told(shared_worker, tmp_path):
    with pytest.raises(InputError, match="Heads is 0"):
        shared_worker.request(train_request(tmp_path, hyperparameters={"heads": 0}), Monitor())


def test_widths_that_do_not_fit_the_heads_are_told(shared_worker, tmp_path):
    with pytest.raises(InputError, match="no multiple of the 5 heads"):
        shared_worker.request(train_request(tmp_path, hyperparameters={"heads": 5}), Monitor())


def test_an_unwritable_model_is_told_before_training(shared_worker, tmp_path):
    epochs = []
    request = train_request(tmp_path, model=str(tmp_path / "missing" / "model.safetensors"))
    with pytest.raises(InputError, match="cannot be written"):
        shared_worker.request(request, Monitor(epochs.append))
    assert epochs == []


def test_a_device_that_is_not_there_is_told(shared_worker, tmp_path):
    with pytest.raises(InputError, match="There is no device 'tpu'"):
        shared_worker.request(train_request(tmp_path, device="tpu"), Monitor())


def test_an_unexpected_error_is_reported_and_the_worker_lives_on(shared_worker, tmp_path):
    request = train_request(tmp_path)
    with pytest.raises(WorkerError, match="KeyError"):
        shared_worker.request({**request, "arrays": {}}, Monitor())
    assert shared_worker.request(request, Monitor())["event"] == "done"


def test_unknown_commands_are_refused(shared_worker):
    with pytest.raises(InputError, match="no command 'dance'"):
        shared_worker.request({"do": "dance"}, Monitor())


def test_cancel_discards_the_training(tmp_path):
    epochs = []
    request = train_request(tmp_path, strategy={"epochs": 10000, "patience": 0})
    with running_worker(sys.executable) as worker, pytest.raises(Canceled):
        worker.request(request, Monitor(epochs.append, is_canceled=lambda: len(epochs) > 2))
    assert not (tmp_path / "model.safetensors").exists()


def test_finish_keeps_what_there_is(tmp_path):
    epochs = []
    request = train_request(tmp_path, strategy={"epochs": 10000, "patience": 0})
    with running_worker(sys.executable) as worker:
        worker.request(request, Monitor(epochs.append, is_finishing=lambda: len(epochs) > 2))
    assert 1 <= len(read_card(tmp_path / "model.safetensors").history) < 10000


def test_hello_names_protocol_torch_and_device():
    worker = Worker(sys.executable)
    hello = worker.receive(Monitor(), timeout_s=60)
    worker.stop()
    assert hello["protocol"] == PROTOCOL
    assert hello["torch"][0].isdigit()
    assert hello["device"]


def start(code="from plugin.worker.session import main; raise SystemExit(main())"):
    """Start a raw worker process and read its hello."""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PLUGIN_ROOT,
    )
    assert json.loads(process.stdout.readline())["event"] == "hello"
    return process


def test_the_worker_leaves_when_its_stdin_closes():
    process = start()
    process.stdin.close()
    assert process.wait(timeout=10) == 0


def test_a_worker_in_the_middle_of_a_computation_leaves_with_its_host():
    process = start(
        "import time; from plugin.worker import commands, session; "
        "commands.COMMANDS['sleep'] = lambda session, message: time.sleep(600); "
        "raise SystemExit(session.main())"
    )
    process.stdin.write('{"do": "sleep"}\n')
    process.stdin.flush()
    time.sleep(0.3)
    process.stdin.close()
    assert process.wait(timeout=15) == 1


def test_what_libraries_print_goes_to_the_log_and_not_into_the_protocol():
    process = start(
        "import os; from plugin.worker import commands, session\n"
        "def shout(session, message):\n"
        "    print('from Python', flush=True); os.write(1, b'from C\\n'); return {'event': 'done'}\n"
        "commands.COMMANDS['shout'] = shout\n"
        "raise SystemExit(session.main())"
    )
    process.stdin.write('no message\n{"do": "shout"}\n')
    process.stdin.flush()
    answer = process.stdout.readline()
    rest, log = process.communicate(timeout=15)
    assert json.loads(answer) == {"event": "done"}
    assert rest == ""
    assert {"from Python", "from C"} <= set(log.splitlines())
    assert "Not a message" in log
