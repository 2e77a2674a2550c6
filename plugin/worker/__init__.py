# SPDX-License-Identifier: GPL-2.0-or-later
"""The torch side: networks, training, inference; no GDAL, no QGIS."""
