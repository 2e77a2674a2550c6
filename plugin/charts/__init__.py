# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures: pure matplotlib functions of results."""
