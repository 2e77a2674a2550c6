# SPDX-License-Identifier: GPL-2.0-or-later
"""Thin shell 2: dialogs and widgets."""
