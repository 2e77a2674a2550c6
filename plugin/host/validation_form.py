# SPDX-License-Identifier: GPL-2.0-or-later
"""The layer of validation points as a labeller meets it: a form that offers the classes and does not tell the map's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qgis.core import (
    QgsAttributeTableConfig,
    QgsCategorizedSymbolRenderer,
    QgsEditFormConfig,
    QgsEditorWidgetSetup,
    QgsMarkerSymbol,
    QgsRendererCategory,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QVariant

from ..core.classes import ClassInfo
from ..core.errors import OutputError
from .text import tr

REFERENCE, MAPPED, POINT, NOTE = "reference", "mapped", "point", "note"
_FID = "fid"
_EMPTY = ""  # of the value map: back to unlabelled
_TITLE = f"\"{POINT}\" || coalesce(': ' || nullif(\"{REFERENCE}\", ''), '')"  # 12: Wheat
_OUTLINE, _HALO, _BARE = "#1d2733", "#ffffff", "#ffffff"


def write_form_style(path: Path, classes: Sequence[ClassInfo]) -> Path:
    """Write form and style of the points as the .qml file that QGIS loads beside `path`; return its path.

    Raises:
        OutputError: the layer cannot be read back or the style cannot be written.
    """
    layer = QgsVectorLayer(str(path), path.stem, "ogr")
    if not layer.isValid():
        raise OutputError(f"The layer {path} cannot be opened for styling: check that the disk is not full.")
    set_labelling(layer, classes)
    style = path.with_suffix(".qml")
    message, is_saved = layer.saveNamedStyle(str(style))
    if not is_saved:
        raise OutputError(f"The style {style} cannot be written ({message}): check the folder's rights.")
    return style


def set_labelling(layer: QgsVectorLayer, classes: Sequence[ClassInfo]) -> None:
    """Give `layer` the form, the table and the look for labelling with `classes`."""
    _set_form(layer, classes)
    _hide_columns(layer, (MAPPED, _FID))
    layer.setRenderer(_renderer(classes))
    layer.setDisplayExpression(_TITLE)


def _set_form(layer: QgsVectorLayer, classes: Sequence[ClassInfo]) -> None:
    entries = [{tr("(not labelled)"): _EMPTY}, *({info.name: info.name} for info in classes)]
    widgets = {
        REFERENCE: QgsEditorWidgetSetup("ValueMap", {"map": entries}),
        NOTE: QgsEditorWidgetSetup("TextEdit", {"IsMultiline": False, "UseHtml": False}),
        MAPPED: QgsEditorWidgetSetup("Hidden", {}),  # who sees what the map says tends to agree with it
        _FID: QgsEditorWidgetSetup("Hidden", {}),
    }
    form: QgsEditFormConfig = layer.editFormConfig()
    for name, widget in widgets.items():
        layer.setEditorWidgetSetup(layer.fields().lookupField(name), widget)
    form.setReadOnly(layer.fields().lookupField(POINT), True)
    layer.setEditFormConfig(form)
    for name, alias in ((REFERENCE, tr("Class seen here")), (NOTE, tr("Note")), (POINT, tr("Point"))):
        layer.setFieldAlias(layer.fields().lookupField(name), alias)


def _hide_columns(layer: QgsVectorLayer, names: Sequence[str]) -> None:
    """Hide fields from the attribute table too."""
    config: QgsAttributeTableConfig = layer.attributeTableConfig()
    config.update(layer.fields())
    columns = config.columns()
    for column in columns:
        column.hidden = column.hidden or column.name in names
    config.setColumns(columns)
    layer.setAttributeTableConfig(config)


def _renderer(classes: Sequence[ClassInfo]) -> QgsCategorizedSymbolRenderer:
    """Return a renderer in the colours of the reference; points without one are hollow and stand out."""
    labelled = [QgsRendererCategory(info.name, _symbol(info.color, "2.6"), info.name) for info in classes]
    bare = QgsRendererCategory(QVariant(), _symbol(_BARE, "3.4"), tr("still to be labelled"))  # all other values
    return QgsCategorizedSymbolRenderer(REFERENCE, [*labelled, bare])


def _symbol(color: str, size: str) -> QgsMarkerSymbol:
    look = {"name": "circle", "color": color, "outline_color": _OUTLINE, "outline_width": "0.5", "size": size}
    symbol = QgsMarkerSymbol.createSimple(look)
    halo = QgsMarkerSymbol.createSimple(
        {**look, "color": "0,0,0,0", "outline_color": _HALO, "size": str(float(size) + 0.8)}
    )
    symbol.insertSymbolLayer(0, halo.symbolLayer(0).clone())
    return symbol
