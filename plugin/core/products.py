# SPDX-License-Identifier: GPL-2.0-or-later
"""The layers a map job can make, each declared once: what it is, its type, scale and nodata.

Worker, writer, layer styling and Processing parameters all derive from PRODUCTS. A stored value v means
``v * scale`` in the product's unit; `nodata` marks pixels with too few valid dates.
"""

from __future__ import annotations

from dataclasses import dataclass

PER_CLASS, PER_DATE, SINGLE = "class", "date", "single"


@dataclass(frozen=True)
class Product:
    """One kind of output layer; `bands_per` is SINGLE, PER_CLASS or PER_DATE."""

    id: str
    title: str
    help: str
    bands_per: str
    dtype: str  # numpy's name
    scale: float
    nodata: float
    from_attention: bool = False  # only networks with attention can give it
    is_date: bool = False  # the value is the number of a date of the cube, from 1; its legend names the dates

    def band_count(self, classes: int, dates: int) -> int:
        """Return the number of bands for a model of `classes` on a cube of `dates`."""
        return {SINGLE: 1, PER_CLASS: classes, PER_DATE: dates}[self.bands_per]


PRODUCTS = {
    product.id: product
    for product in (
        # dtype, nodata of the class map follow the class values: see class_map_type.
        Product("class", "Class map", "The class of each pixel, with the names and colours of the training data.",
                SINGLE, "uint8", 1.0, 0.0),
        Product("confidence", "Confidence", "Probability of the class that was chosen, in percent.",
                SINGLE, "uint8", 0.5, 255.0),
        Product("probability", "Class probabilities", "Probability of every class (0 to 1), one band per class.",
                PER_CLASS, "uint16", 1.0 / 65534, 65535.0),
        Product("entropy", "Entropy", "Shannon entropy of the probabilities over its maximum: 0 sure, 1 undecided.",
                SINGLE, "uint16", 1.0 / 65534, 65535.0),
        Product("margin", "Margin", "Probability of the first class minus that of the second.",
                SINGLE, "uint16", 1.0 / 65534, 65535.0),
        Product("valid_dates", "Number of valid dates", "How many dates of the pixel were clear.",
                SINGLE, "uint16", 1.0, 65535.0),
        Product("attention", "Attention by date", "Weight of each date in the decision, mean over heads; sums to 1 "
                "over the dates. Only for networks with attention.", PER_DATE, "uint16", 1.0 / 65534, 65535.0,
                from_attention=True),
        Product("attention_peak", "Date of largest attention", "The date that weighs most in the decision (mean over "
                "heads), as its number; the legend names the dates. Only for networks with attention.",
                SINGLE, "uint16", 1.0, 65535.0, from_attention=True, is_date=True),
        Product("attention_spread", "Effective number of dates", "Over how many dates attention is spread: exp of its "
                "entropy, 1 to the number of valid dates. Only for networks with attention.",
                SINGLE, "uint16", 0.01, 65535.0, from_attention=True),
        Product("attention_season", "Attention within a season", "Share of attention on the dates of the season that "
                "is given, 0 to 1. Only for networks with attention.",
                SINGLE, "uint16", 1.0 / 65534, 65535.0, from_attention=True),
        Product("decided_date", "Decided since", "The first date from which the class stays the final one and its "
                "probability at or above the threshold, as its number; the legend names the dates, 0 is never. Takes "
                "one prediction per date: as many times the computing time of a map as there are dates.",
                SINGLE, "uint16", 1.0, 65535.0, is_date=True),
    )
}  # fmt: skip


def class_map_type(values: list[int]) -> tuple[str, int]:
    """Return the numpy type and the nodata value of a class map that keeps the user's class `values`.

    0 is nodata where no class has it, else the type's largest free value.
    """
    low, high = min(values), max(values)
    taken = set(values)
    for dtype, least, most in (("uint8", 0, 255), ("uint16", 0, 65535), ("int32", -(2**31), 2**31 - 1)):
        if low < least or high > most:
            continue
        free = next((v for v in (0, most, most - 1) if v not in taken), None)
        if free is None:
            free = next((v for v in range(most, least, -1) if v not in taken), None)
        if free is not None:
            return dtype, free
    raise ValueError(f"Class values from {low} to {high} do not fit a 32-bit map: choose smaller values.")
