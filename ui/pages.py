# SPDX-License-Identifier: GPL-2.0-or-later
"""The pages of the window, in the order of the work."""

from __future__ import annotations

from .compare.page import ComparePage
from .data.page import DataPage
from .environment.page import EnvironmentPage
from .mapping.page import MapPage
from .models.page import ModelsPage
from .network.page import NetworkPage
from .page import Page
from .training.page import TrainPage

PAGES: tuple[type[Page], ...] = (
    DataPage,
    NetworkPage,
    TrainPage,
    MapPage,
    ModelsPage,
    ComparePage,
    EnvironmentPage,
)
