# SPDX-License-Identifier: GPL-2.0-or-later
"""Chronomap: deep learning for satellite image time series in QGIS."""


def classFactory(iface):  # noqa: N802 (the name QGIS calls)
    """Return the plugin object; imported late so that reading this package costs nothing."""
    from .plugin.main import ChronomapPlugin

    return ChronomapPlugin(iface)
