# SPDX-License-Identifier: GPL-2.0-or-later
"""The GDAL side: cubes, dates, masks, samples, maps; osgeo and numpy, no QGIS."""
