# SPDX-License-Identifier: GPL-2.0-or-later
"""Thin shell 1: the Processing provider and its algorithms."""
