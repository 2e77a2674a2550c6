# SPDX-License-Identifier: GPL-2.0-or-later
"""Map themes, one per map to compare: each shows its map, none of the others, and whatever else is switched on."""

from __future__ import annotations

from collections.abc import Sequence

from qgis.core import QgsMapLayer, QgsMapThemeCollection, QgsProject

from .text import tr


def make_themes(project: QgsProject, layers: Sequence[QgsMapLayer]) -> list[str]:
    """Make or renew a theme for each of `layers`; return their names in order."""
    names = theme_names(layers)
    compared = {layer.id() for layer in layers}
    for name, layer in zip(names, layers):
        project.mapThemeCollection().insert(name, _record(project, layer, compared))
    return names


def theme_names(layers: Sequence[QgsMapLayer]) -> list[str]:
    """Return a name per layer; layers of one name are numbered."""
    names: list[str] = []
    for layer in layers:
        base = tr("Compare: {}").format(layer.name())
        same = sum(1 for name in names if name == base or name.startswith(f"{base} ("))
        names.append(f"{base} ({same + 1})" if same else base)
    return names


def _record(project: QgsProject, shown: QgsMapLayer, compared: set[str]) -> QgsMapThemeCollection.MapThemeRecord:
    record = QgsMapThemeCollection.MapThemeRecord()
    for node in project.layerTreeRoot().findLayers():
        layer = node.layer()
        if layer is None:
            continue
        is_other = layer.id() in compared and layer.id() != shown.id()
        if layer.id() == shown.id() or (node.isVisible() and not is_other):
            entry = QgsMapThemeCollection.MapThemeLayerRecord(layer)
            entry.isVisible = True
            entry.usingCurrentStyle = True
            entry.currentStyle = layer.styleManager().currentStyle()
            entry.expandedLayerNode = node.isExpanded()
            record.addLayerRecord(entry)
    return record
