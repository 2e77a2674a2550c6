# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of checks before a training, the training itself and its results."""
