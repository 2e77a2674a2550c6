# SPDX-License-Identifier: GPL-2.0-or-later
"""The blocking functions that run a job: core, raster and a worker; no QGIS."""
