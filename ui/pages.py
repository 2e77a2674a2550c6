# SPDX-License-Identifier: GPL-2.0-or-later
"""The pages of the window, in the order of the work."""

from __future__ import annotations

from .data.page import DataPage
from .data.page import DataPage
from .environment.page import EnvironmentPage
from .models.page import ModelsPage
from .page import Page
from .training.page import TrainPage

PAGES: tuple[type[Page], ...] = (DataPage, TrainPage, ModelsPage, EnvironmentPage)
