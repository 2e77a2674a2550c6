# SPDX-License-Identifier: GPL-2.0-or-later
"""Statistics of comparisons: scores of many confusion matrices at once, intervals, paired tests, calibration."""
