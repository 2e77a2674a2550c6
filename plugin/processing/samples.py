# SPDX-License-Identifier: GPL-2.0-or-later
"""Algorithms that make sample files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterNumber,
)

from ..core.jobs import ExtractJob, Job, TableJob
from ..host.layers import renamed
from ..host.text import tr
from .about import About
from .base import Algorithm, Parameters
from .parameters import (
    ANY_TABLE,
    DOUBLE,
    INTEGER,
    SAMPLES_FILTER,
    add_class_colors,
    add_class_field,
    add_cube,
    add_fold_field,
    add_rename,
    add_run_settings,
    add_vectors,
    field_parameter,
    file_output,
    switch,
    text_parameter,
)
from .reading import Reader


class ExtractSamples(Algorithm):
    """Read series under training features."""

    about = About(
        "extractsamples",
        "Extract samples",
        "data",
        "Reads the time series of a cube under training points or polygons into a sample file. Class names and "
        "colours come from the layer's style where it is drawn by categories of the class field. Models trained on "
        "the same sample file can be compared.",
        ("training", "polygons", "points"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        add_cube(self)
        add_vectors(self, tr("Training features"), tr("Points or polygons with a class, in any CRS."))
        add_class_field(self)
        self.add(
            switch("all_touched", tr("All touched pixels")),
            tr("Takes every pixel a polygon touches; else those whose centre lies inside."),
        )
        for name, label, text in (
            ("max_per_class", tr("Most samples per class"), tr("A random choice where there are more; 0: no limit.")),
            ("max_per_polygon", tr("Most samples per polygon"), tr("Keeps large polygons from deciding; 0: no limit.")),
        ):
            self.add(QgsProcessingParameterNumber(name, label, INTEGER, 0, False, 0), text)
        add_fold_field(self, "vectors")
        add_rename(self)
        add_class_colors(self)
        self.add(
            QgsProcessingParameterNumber("seed", tr("Seed"), INTEGER, 0, False, 0, 2**31 - 1),
            tr("The same seed chooses the same samples."),
            advanced=True,
        )
        add_run_settings(self, device=False)
        self.add(file_output("output", tr("Samples"), SAMPLES_FILTER), tr("The sample file that training reads."))

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the extraction's job."""
        read = Reader(self, parameters, context)
        class_field = read.field("class_field")
        vectors = read.vectors("vectors", class_field if read.switch("use_style") else "")
        legend = renamed(vectors.legend, read.pairs("rename"))
        return ExtractJob(
            cube=read.file("cube"),
            vectors=vectors.dataset.path,
            layer=vectors.dataset.layer,
            class_field=class_field,
            output=read.output_file("output"),
            fold_field=read.field("fold_field"),
            all_touched=read.switch("all_touched"),
            max_per_class=read.integer("max_per_class"),
            max_per_polygon=read.integer("max_per_polygon"),
            rename=legend.names,
            colors={**legend.colors, **read.pairs("colors")},
            seed=read.integer("seed"),
            memory_mb=read.integer("memory_mb"),
        )

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return the sample file."""
        return {"output": outputs["samples"]}


class SamplesFromTable(Algorithm):
    """Turn a table of series into samples."""

    about = About(
        "samplesfromtable",
        "Samples from table",
        "data",
        "Turns a table of ready time series (CSV, GeoPackage or any QGIS table; one series per row) into a sample "
        "file. Columns named like NDVI_2013-09-14 need no more; else choose the columns and give their dates.",
        ("csv", "table", "training"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        self.add(
            QgsProcessingParameterFeatureSource("table", tr("Table"), ANY_TABLE),
            tr("One row per series, with a class."),
        )
        add_class_field(self, "table")
        self.add(
            field_parameter("group_field", tr("Group field"), "table", is_optional=True),
            tr("Rows of one polygon or place share its value and stay in one part of the split."),
        )
        self.add(
            QgsProcessingParameterField(
                "columns", tr("Columns"), None, "table", QgsProcessingParameterField.DataType.Any, True, True
            ),
            tr("Columns of the series in order; empty: all that are named BAND_date or BAND_number."),
        )
        self.add(
            text_parameter("bands", tr("Bands")),
            tr("Names of the bands in the columns, separated by commas; empty: from the column names."),
        )
        self.add(
            switch("band_major", tr("All dates of a band together")),
            tr("The columns hold all dates of the first band, then those of the second; else date by date."),
        )
        self.add(text_parameter("dates", tr("Dates")), tr("ISO dates of the series, where the column names have none."))
        self.add(text_parameter("start", tr("First date")), tr("ISO date of the first value, with the step below."))
        self.add(
            QgsProcessingParameterNumber("step_days", tr("Step (days)"), DOUBLE, 0.0, False, 0.0, 366.0),
            tr("Days between values, with the first date."),
        )
        add_fold_field(self, "table")
        add_rename(self)
        add_class_colors(self)
        self.add(file_output("output", tr("Samples"), SAMPLES_FILTER), tr("The sample file that training reads."))

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the table's job."""
        read = Reader(self, parameters, context)
        class_field = read.field("class_field")
        table = read.vectors("table", class_field if read.switch("use_style") else "")
        legend = renamed(table.legend, read.pairs("rename"))
        return TableJob(
            table=table.dataset.path,
            layer=table.dataset.layer,
            class_field=class_field,
            output=read.output_file("output"),
            group_field=read.field("group_field"),
            fold_field=read.field("fold_field"),
            columns=read.fields("columns"),
            bands=read.names("bands"),
            band_major=read.switch("band_major"),
            dates=read.words("dates"),
            start=read.text("start"),
            step_days=read.number("step_days"),
            rename=legend.names,
            colors={**legend.colors, **read.pairs("colors")},
        )

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return the sample file."""
        return {"output": outputs["samples"]}
