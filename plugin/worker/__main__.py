# SPDX-License-Identifier: GPL-2.0-or-later
"""Start the worker: ``python -m plugin.worker``; it talks on stdin and stdout (see core/messages.py)."""

import os
import sys

from .session import main

if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # at once: Python and torch would tidy up for nearly half a second what ends with the process
