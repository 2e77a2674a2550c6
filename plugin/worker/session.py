# SPDX-License-Identifier: GPL-2.0-or-later
"""The worker's side of the protocol: requests from stdin are answered one by one, cancel and finish at any moment."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any, Optional, TextIO

# Before the reader thread blocks on stdin: importing numpy then can hang on Windows.
import numpy as np  # noqa: F401
import torch

from ..core.errors import Canceled, ChronomapError, WorkerError
from ..core.messages import PROTOCOL, decode, encode
from ..core.monitor import Event, Monitor
from .commands import COMMANDS
from .device import choose_device, describe_device

_ORPHAN_GRACE_S = 4.0  # how long a command may take to notice that the host is gone


class Session:
    """What a command sees of its host: a monitor, `emit`, and `state`, which lasts from command to command.

    `resources` is closed when the worker leaves; a command that ends earlier what it opened may close it itself.
    """

    def __init__(self, protocol: TextIO) -> None:
        self.state: dict[str, Any] = {}
        self.resources = ExitStack()
        self.monitor = Monitor(self.emit, self._is_canceled, self._is_finishing)
        self._protocol = protocol
        self._lock = threading.Lock()
        self._requests: queue.Queue[Optional[Event]] = queue.Queue()
        self._canceled = threading.Event()
        self._finishing = threading.Event()

    def emit(self, event: Event) -> None:
        """Send an event to the host.

        Raises:
            Canceled: the host is gone.
        """
        try:
            with self._lock:
                self._protocol.write(encode(event))
                self._protocol.flush()
        except (OSError, ValueError) as error:
            self._canceled.set()
            raise Canceled("The host is gone.") from error

    def serve(self) -> None:
        """Say hello, then answer requests until stdin closes."""
        device = describe_device(choose_device("auto"))
        self.emit({"event": "hello", "protocol": PROTOCOL, "torch": torch.__version__, "device": device})
        with self.resources:
            while (message := self._requests.get()) is not None:
                self.emit(self._answer(message))

    def read(self, lines: Iterable[str]) -> None:
        """Sort incoming lines: flags are raised at once, requests wait their turn. Runs in a thread of its own."""
        for line in lines:
            try:
                self._take(decode(line))
            except ValueError as error:
                print(f"Not a message: {error}", file=sys.stderr)  # noqa: T201 (stderr is the log)
        self._canceled.set()
        self._requests.put(None)
        time.sleep(_ORPHAN_GRACE_S)
        os._exit(1)  # a computation that polls nothing must not outlive its host

    def _take(self, message: Event) -> None:
        if message.get("do") == "cancel":
            self._canceled.set()
        elif message.get("do") == "finish":
            self._finishing.set()
        else:
            self._requests.put(message)

    def _answer(self, message: Event) -> Event:
        """Run one command; the worker's only broad except."""
        try:
            self.monitor.check()
            return self._command(message)(self, message)
        except Canceled:
            return {"event": "canceled"}
        except ChronomapError as error:
            return {"event": "failed", "expected": True, "message": str(error)}
        except (torch.cuda.OutOfMemoryError, MemoryError):
            traceback.print_exc()
            return {"event": "failed", "expected": True, "message": _NO_MEMORY}
        except Exception as error:  # noqa: BLE001 (the edge: anything else is told with its traceback in the log)
            traceback.print_exc()
            return {"event": "failed", "expected": False, "message": f"{type(error).__name__}: {error}"}

    @staticmethod
    def _command(message: Event) -> Any:
        name = str(message.get("do"))
        if name not in COMMANDS:
            raise WorkerError(f"The worker knows no command '{name}': reinstall the plugin.")
        return COMMANDS[name]

    def _is_canceled(self) -> bool:
        return self._canceled.is_set()

    def _is_finishing(self) -> bool:
        return self._finishing.is_set()


_NO_MEMORY = (
    "Memory ran out on the device: choose a smaller batch size, another device, or close other programs that use it."
)


def main() -> int:
    """Keep stdout for the protocol alone, and serve until the host leaves."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the host, which then cancels
    protocol = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)  # whatever a library prints goes to the log
    session = Session(protocol)
    threading.Thread(target=session.read, args=(sys.stdin,), daemon=True).start()
    try:
        session.serve()
    except Canceled:
        return 1  # the host is gone: nobody is left to tell
    return 0
