# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from chronomap.ui.environment.options import OPTIONS_PAGE, EnvironmentOptionsFactory
from chronomap.ui.environment.panel import EnvironmentPanel


def test_the_options_have_a_page_with_the_panel(qgis_app):
    factory = EnvironmentOptionsFactory()
    page = factory.createWidget(None)
    assert (factory.title(), page.objectName()) == ("Chronomap", OPTIONS_PAGE)
    assert not factory.icon().isNull()
    assert page.findChild(EnvironmentPanel).setup_button.isEnabled()
    page.apply()
