# SPDX-License-Identifier: GPL-2.0-or-later
"""Settings that are looked for: the learning rate, and all that a search may vary."""
