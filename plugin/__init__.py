# SPDX-License-Identifier: GPL-2.0-or-later
"""The plugin's code; each folder is a room with import rules of its own (see README)."""
