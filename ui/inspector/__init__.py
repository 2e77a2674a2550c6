# SPDX-License-Identifier: GPL-2.0-or-later
"""The page that compares models."""
