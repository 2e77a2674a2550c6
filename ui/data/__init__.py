# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of rasters, dates, masks and training data."""
