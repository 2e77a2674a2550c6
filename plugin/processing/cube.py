# SPDX-License-Identifier: GPL-2.0-or-later
"""The algorithm that finds dates, bands and masks of rasters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFile,
    QgsProcessingParameterMatrix,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
)

from ..core.cube_spec import KEEP, MASK_PRESETS, MOSAIC, RESAMPLINGS, MaskRule, load_cube_spec
from ..core.errors import InputError
from ..core.jobs import CubeJob, Job
from ..host.text import tr
from .about import About
from .base import Algorithm, Parameters
from .parameters import CUBE_FILTER, DOUBLE, add_report, choice, file_output, text_parameter
from .reading import Reader

_ORDERS = ("auto", "date_major", "band_major")
_OFFSETS = {"ask": None, "subtract": True, "none": False}
_RASTER = QgsProcessing.SourceType.TypeRaster


class BuildCube(Algorithm):
    """Find dates, bands and masks of rasters."""

    about = About(
        "buildcube",
        "Build cube",
        "data",
        "Finds the acquisitions in rasters (one file per date, one stack with all dates, or one file per band and "
        "date; Sentinel-2 SAFE folders too) and writes a cube description, a small file that names rasters, dates, "
        "bands and masks. No raster is copied. Dates come from layer properties, metadata, band descriptions or file "
        "names; where they are missing or ambiguous you are asked for them.",
        ("stack", "dates", "mask", "cloud", "sentinel-2", "landsat", "modis"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        self._declare_rasters()
        self._declare_masks()
        self._declare_reading()
        self._declare_grid()
        self._declare_values()
        self.add(
            file_output("output", tr("Cube description"), CUBE_FILTER), tr("The file that the other algorithms read.")
        )
        add_report(self)
        self.addOutput(QgsProcessingOutputNumber("date_count", tr("Number of dates")))
        self.addOutput(QgsProcessingOutputString("dates_found", tr("Dates")))
        self.addOutput(QgsProcessingOutputString("bands_found", tr("Bands")))
        self.addOutput(QgsProcessingOutputString("summary", tr("Summary")))

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the cube's job."""
        read = Reader(self, parameters, context)
        rasters = read.rasters("rasters")
        return CubeJob(
            output=read.output_file("output"),
            rasters=rasters.datasets,
            folder=read.file("folder"),
            pattern=read.text("pattern") or "*",
            masks=read.rasters("masks").datasets,
            mask_pattern=read.text("mask_pattern"),
            mask_preset=read.choice("mask_preset"),
            mask_rule=_mask_rule(read),
            layer_dates={**rasters.dates, **read.pairs("raster_dates")},
            dates=tuple("" if word == "-" else word for word in read.words("dates")),
            left_out=read.names("left_out"),
            bands=read.names("bands"),
            order=read.choice("order"),
            scale=read.optional_number("scale"),
            offset=read.optional_number("offset"),
            same_day=read.choice("same_day"),
            grid=read.raster("grid"),
            resampling=read.choice("resampling"),
            band_resampling=read.pairs("band_resampling"),
            nodata=read.optional_number("nodata"),
            sentinel2_offset=_OFFSETS[read.choice("sentinel2_offset")],
            report=read.output_file("report"),
        )

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return the file and what was found."""
        path = str(outputs["cube"])
        spec = load_cube_spec(Path(path))
        dates = [acquisition.date for acquisition in spec.acquisitions]
        masks = sum(acquisition.mask is not None for acquisition in spec.acquisitions)
        summary = f"{len(dates)} acquisitions, {dates[0]} to {dates[-1]}; {masks} masks. " + " ".join(spec.notes)
        return {
            "output": path,
            "report": outputs.get("report"),
            "date_count": len(dates),
            "dates_found": ", ".join(dates),
            "bands_found": ", ".join(spec.band_names),
            "summary": summary.strip(),
        }

    def _declare_rasters(self) -> None:
        self.add(
            QgsProcessingParameterMultipleLayers("rasters", tr("Rasters"), _RASTER, None, True),
            tr("Raster layers or files. Their temporal properties, where set, give the dates."),
        )
        self.add(
            QgsProcessingParameterFile(
                "folder", tr("Folder"), QgsProcessingParameterFile.Behavior.Folder, "", None, True
            ),
            tr("A folder whose files are taken as well, or instead."),
        )
        self.add(
            text_parameter("pattern", tr("File pattern")),
            tr("Which files of the folder are rasters, for example S2_*.tif; all of them where it is empty."),
        )

    def _declare_masks(self) -> None:
        self.add(
            QgsProcessingParameterMultipleLayers("masks", tr("Masks"), _RASTER, None, True),
            tr("One mask raster per date, found by its date."),
        )
        self.add(
            text_parameter("mask_pattern", tr("Mask pattern")),
            tr("Which files of the folder are masks, for example *_CLM.tif."),
        )
        self.add(
            choice("mask_preset", tr("Kind of mask"), tuple(MASK_PRESETS), "plain"),
            tr("plain: 1 is cloud; scl: Sentinel-2 scene classification; fmask: Fmask; landsat_qa: bits of QA_PIXEL."),
        )
        self.add(
            text_parameter("mask_values", tr("Invalid mask values")),
            tr("Values of the mask that make a pixel invalid, for example 3 8 9 10; they replace the kind of mask."),
            advanced=True,
        )
        self.add(
            text_parameter("mask_bits", tr("Invalid mask bits")),
            tr("Bits of the mask (0 is the lowest) that make a pixel invalid; they replace the kind of mask."),
            advanced=True,
        )

    def _declare_reading(self) -> None:
        self.add(
            text_parameter("dates", tr("Dates")),
            tr(
                "ISO dates, one per raster or one per date of a stack; they win over what is found in the files, and "
                "a - keeps it."
            ),
        )
        headers = [tr("Raster"), tr("Date")]
        self.add(
            QgsProcessingParameterMatrix("raster_dates", tr("Dates of single rasters"), 0, False, headers, [], True),
            tr("Rasters and the ISO date each has as its layer's temporal property, where no layer tells it."),
            advanced=True,
        )
        self.add(
            text_parameter("left_out", tr("Dates to leave out")),
            tr("Acquisitions that are not used, by day, date-time or label, separated by commas."),
            advanced=True,
        )
        self.add(
            text_parameter("bands", tr("Bands")),
            tr("Names of the bands to keep, separated by commas; all where it is empty."),
        )
        self.add(
            choice("order", tr("Order of a stack"), _ORDERS, _ORDERS[0]),
            tr("date_major: all bands of the first date come first; band_major: all dates of the first band."),
            advanced=True,
        )

    def _declare_grid(self) -> None:
        self.add(
            choice("same_day", tr("Images of one day"), (MOSAIC, KEEP), MOSAIC),
            tr("mosaic: the first valid pixel of a day counts; keep: each image stays a date of its own."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterRasterLayer("grid", tr("Grid"), None, True),
            tr("Raster whose pixels all others are warped to; the first raster where it is empty."),
            advanced=True,
        )
        self.add(
            choice("resampling", tr("Resampling"), RESAMPLINGS, "bilinear"),
            tr("How bands on another grid are resampled; masks always take the nearest pixel."),
            advanced=True,
        )
        headers = [tr("Band"), tr("Resampling")]
        self.add(
            QgsProcessingParameterMatrix(
                "band_resampling", tr("Resampling of single bands"), 0, False, headers, [], True
            ),
            tr("Bands that are resampled in another way, for example SCL nearest."),
            advanced=True,
        )

    def _declare_values(self) -> None:
        for name, label in (("scale", tr("Scale")), ("offset", tr("Offset"))):
            self.add(
                QgsProcessingParameterNumber(name, label, DOUBLE, None, True),
                tr("Physical value = stored value * scale + offset. Empty: what the files say."),
                advanced=True,
            )
        self.add(
            QgsProcessingParameterNumber("nodata", tr("Nodata value"), DOUBLE, None, True),
            tr("Stored value that means nodata in every band. Empty: what the files say."),
            advanced=True,
        )
        self.add(
            choice("sentinel2_offset", tr("Sentinel-2 offset"), tuple(_OFFSETS), "ask"),
            tr(
                "For Sentinel-2 files without metadata from processing baseline 04.00 on (January 2022), which store "
                "reflectance * 10000 + 1000: subtract the 1000, or none where it is gone already (harmonised); ask: "
                "leave the values and tell."
            ),
            advanced=True,
        )


def _mask_rule(read: Reader) -> Optional[MaskRule]:
    values, bits = read.integers("mask_values"), read.integers("mask_bits")
    if values and bits:
        raise InputError("Both invalid mask values and invalid mask bits are given: give one of the two.")
    if values:
        return MaskRule("values", values)
    return MaskRule("bits", bits) if bits else None
