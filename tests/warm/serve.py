# SPDX-License-Identifier: GPL-2.0-or-later
"""A Python of the worker's environment that has imported what takes long, and forks itself into workers.

It is alone with its one thread and imports nothing of the plugin: each worker reads the code from its own folder.
Run as ``python serve.py LISTENING_SOCKET``; it ends when its stdin does.
"""

from __future__ import annotations

import gc
import importlib
import os
import runpy
import select
import signal
import socket
import sys

HEAVY = ("torch", "torch._dynamo", "sklearn.ensemble", "matplotlib.figure", "matplotlib.backends.backend_svg", "optuna")


def serve(listening: socket.socket) -> None:
    """Start a worker for each connection until stdin closes."""
    for name in HEAVY:
        importlib.import_module(name)
    gc.freeze()  # a worker's garbage collector leaves these pages shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keepers = set()
    while listening in select.select([listening, sys.stdin], [], [])[0]:
        connection, _ = listening.accept()
        keeper = os.fork()
        if keeper == 0:
            listening.close()
            keep(connection)
            os._exit(0)
        connection.close()
        keepers = {other for other in (*keepers, keeper) if os.waitpid(other, os.WNOHANG)[0] == 0}


def keep(connection: socket.socket) -> None:
    """Start the worker that a launcher asks for, end it with the launcher, and tell its exit code."""
    folder, streams, _, _ = socket.recv_fds(connection, 4096, 3)
    if len(streams) < 3:
        return  # the launcher is gone
    worker = os.fork()
    if worker == 0:
        connection.close()
        os._exit(work(os.fsdecode(folder), streams))
    for stream in streams:
        os.close(stream)
    ended = os.pidfd_open(worker)
    if ended not in select.select([connection, ended], [], [])[0]:
        os.kill(worker, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    connection.sendall(str(code).encode())


def work(folder: str, streams: list[int]) -> int:
    """Be ``python -m plugin.worker`` in `folder` with these standard streams; return the exit code."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    sys.path[0] = folder
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        runpy.run_module("plugin.worker", run_name="__main__", alter_sys=True)
    except SystemExit as leaving:
        sys.stdout.flush()
        return int(leaving.code or 0)
    return 0


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
