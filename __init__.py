# SPDX-License-Identifier: GPL-2.0-or-later
"""Chronomap: deep learning for satellite image time series in QGIS."""


def classFactory(iface):  # noqa: N802, ANN001, ANN201 (the name QGIS calls; no type may be imported here)
    """Return the plugin object; imported late so that reading this package costs nothing."""
    from .plugin.main import ChronomapPlugin  # noqa: PLC0415

    return ChronomapPlugin(iface)
