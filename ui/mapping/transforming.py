# SPDX-License-Identifier: GPL-2.0-or-later
"""Rectangles from one CRS to another."""

from __future__ import annotations

from typing import Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsCsException, QgsProject, QgsRectangle

from ...plugin.core.errors import InputError


def to_crs(
    box: QgsRectangle, source: QgsCoordinateReferenceSystem, target: Optional[QgsCoordinateReferenceSystem]
) -> QgsRectangle:
    """Return `box` in the CRS `target`.

    Raises:
        InputError: the target is not known yet, or the box cannot be transformed.
    """
    if target is None:
        raise InputError("The rasters to map are not known yet: choose a cube, or rasters on the page Data.")
    if not source.isValid() or source == target:
        return QgsRectangle(box)
    try:
        return QgsCoordinateTransform(source, target, QgsProject.instance()).transformBoundingBox(box)
    except QgsCsException as error:
        raise InputError(
            f"The extent cannot be brought from {source.authid()} to {target.authid()}: choose a smaller one."
        ) from error
