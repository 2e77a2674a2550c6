# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from chronomap.plugin.processing.provider import ChronomapProvider
from qgis.core import QgsApplication, QgsProcessingContext, QgsProject


@pytest.fixture(scope="module")
def provider(qgis_app):
    """The provider, registered as the plugin does it."""
    made = ChronomapProvider()
    QgsApplication.processingRegistry().addProvider(made)
    yield made
    QgsApplication.processingRegistry().removeProvider(made)


@pytest.fixture
def context(qgis_app):
    """A context with the project of the session, emptied afterwards."""
    made = QgsProcessingContext()
    made.setProject(QgsProject.instance())
    yield made
    made.temporaryLayerStore().removeAllMapLayers()  # a layer that outlives QGIS crashes
    QgsProject.instance().clear()
