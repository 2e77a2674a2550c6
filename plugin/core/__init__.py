# SPDX-License-Identifier: GPL-2.0-or-later
"""What both sides share; standard library only."""
