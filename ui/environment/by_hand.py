# SPDX-License-Identifier: GPL-2.0-or-later
"""The text that says how the worker's Python is set up in a terminal."""

from __future__ import annotations

from ...plugin.core.by_hand import offline_commands, online_commands, own_environment
from ...plugin.core.environment import environment_python
from ...plugin.core.wheels import Wheels
from ...plugin.host.text import tr


def instructions(wheels: Wheels, is_offline: bool) -> str:
    """Return the commands with a line before each group of them."""
    last = tr("Then choose this under 'Use my own Python':")
    python = str(environment_python(own_environment()))
    if not is_offline:
        return _page([(tr("In a terminal:"), online_commands(wheels)), (last, [python])])
    there, here = offline_commands(wheels)
    first = tr("On a computer with a network, the same system and the same version of Python:")
    second = tr("Copy the folder 'wheels' to this computer. In a terminal, beside the folder:")
    return _page([(first, there), (second, here), (last, [python])])


def _page(groups: list[tuple[str, list[str]]]) -> str:
    return "\n\n".join("\n".join([f"# {title}", *commands]) for title, commands in groups) + "\n"
