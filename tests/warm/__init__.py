# SPDX-License-Identifier: GPL-2.0-or-later
"""Workers that start at once: forked from a process that has imported torch, which takes a second or two each time.

Each worker is a process of its own all the same, with its own pipes, and reads the code under test from disk; shared
is what an import leaves behind: the seed of hashes and the places of libraries in memory. Tests of a worker's life and
death, and those that compare what two processes compute, ask for the fixture `cold_workers`.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chronomap.plugin.core.interpreter import ENVIRONMENT_VARIABLE
from chronomap.plugin.core.process import clean_environment

from .launch import described

HERE = Path(__file__).parent


@contextmanager
def warm_workers(python: str) -> Iterator[None]:
    """Let CHRONOMAP_PYTHON name a program that stands for `python` and starts its workers warm."""
    with tempfile.TemporaryDirectory(prefix="warm") as folder, socket.socket(socket.AF_UNIX) as listening:
        program = Path(folder, "python")
        launch = (HERE / "launch.py").read_text(encoding="utf-8")
        program.write_text(f"#!{os.path.realpath(sys.executable)} -IS\n{launch}", encoding="utf-8")
        program.chmod(0o755)
        Path(folder, "interpreter").write_text(python, encoding="utf-8")
        os.environ[ENVIRONMENT_VARIABLE] = str(program)
        environment = clean_environment()
        encoded = {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}
        Path(folder, "environment").write_bytes(described(encoded))
        listening.bind(str(Path(folder, "socket")))
        listening.listen()  # who comes before the process is warm waits
        command = [python, str(HERE / "serve.py"), str(listening.fileno())]
        serving = subprocess.Popen(
            command, stdin=subprocess.PIPE, env=environment, pass_fds=[listening.fileno()], start_new_session=True
        )
        try:
            listening.close()
            yield
        finally:
            serving.kill()
            serving.communicate()
            os.environ[ENVIRONMENT_VARIABLE] = python
