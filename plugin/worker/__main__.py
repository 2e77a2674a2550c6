# SPDX-License-Identifier: GPL-2.0-or-later
"""Start the worker: ``python -m plugin.worker``; it talks on stdin and stdout (see core/messages.py)."""

from .session import main

if __name__ == "__main__":
    raise SystemExit(main())
