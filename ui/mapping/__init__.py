# SPDX-License-Identifier: GPL-2.0-or-later
"""The page on which a model becomes a map."""
