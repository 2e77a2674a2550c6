# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of the network: architecture, hyperparameters, learning strategy."""
