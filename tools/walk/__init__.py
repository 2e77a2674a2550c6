# SPDX-License-Identifier: GPL-2.0-or-later
"""A walk through the window in the real QGIS."""
