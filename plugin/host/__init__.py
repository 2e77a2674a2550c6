# SPDX-License-Identifier: GPL-2.0-or-later
"""QGIS without widgets: layers to cubes, results to styled layers."""
