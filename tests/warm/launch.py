# SPDX-License-Identifier: GPL-2.0-or-later
"""Stands for the worker's Python: a worker comes from the warm process, anything else from Python itself.

It lives as long as its worker and ends as it does, so that to the host it is the worker. In an environment other than
the warm process's a worker is started anew. A copy of this file lies beside `socket`, `interpreter` and `environment`.
"""

from __future__ import annotations

import os
import socket
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
IGNORED = b"PYTEST_CURRENT_TEST"  # changes from test to test


def described(environment: dict[bytes, bytes]) -> bytes:
    """Return all variables as the file `environment` holds them."""
    return b"\0".join(sorted(b"=".join(pair) for pair in environment.items() if pair[0] != IGNORED))


def content(name: str) -> bytes:
    """Return what a file beside this one holds."""
    with open(os.path.join(FOLDER, name), "rb") as file:
        return file.read()


def main(arguments: list[str]) -> int:
    """Run Python with `arguments`; return the exit code."""
    if arguments != ["-m", "plugin.worker"] or content("environment") != described(dict(os.environb)):
        python = os.fsdecode(content("interpreter"))
        os.execv(python, [python, *arguments])
    with socket.socket(socket.AF_UNIX) as keeper:
        keeper.connect(os.path.join(FOLDER, "socket"))
        socket.send_fds(keeper, [os.fsencode(os.getcwd())], [0, 1, 2])
        code = int(keeper.recv(16))
    if code < 0:  # a signal ended it
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
