# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the worker's Python is set up: a page of the window and of Settings > Options."""
