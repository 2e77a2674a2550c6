# SPDX-License-Identifier: GPL-2.0-or-later
"""What grows or stands on the land of the demo scene: spectra and seasons, roughly as in central Europe.

Spectra are surface reflectances of the bands in BANDS; days are days of the year; LAI is leaf area per ground area.
"""

from __future__ import annotations

from dataclasses import dataclass

BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
Spectrum = tuple[float, ...]

LEAF: Spectrum = (0.022, 0.047, 0.023, 0.078, 0.270, 0.365, 0.395, 0.415, 0.190, 0.085)
NEEDLE: Spectrum = (0.018, 0.031, 0.019, 0.045, 0.135, 0.175, 0.195, 0.205, 0.092, 0.042)
STRAW: Spectrum = (0.085, 0.128, 0.175, 0.205, 0.238, 0.265, 0.285, 0.305, 0.365, 0.262)
SOIL: Spectrum = (0.075, 0.101, 0.135, 0.152, 0.168, 0.182, 0.196, 0.212, 0.285, 0.248)
LITTER: Spectrum = (0.042, 0.056, 0.068, 0.085, 0.108, 0.126, 0.140, 0.158, 0.205, 0.138)
WATER: Spectrum = (0.046, 0.052, 0.034, 0.027, 0.016, 0.014, 0.012, 0.010, 0.006, 0.004)
ROOF: Spectrum = (0.095, 0.112, 0.142, 0.155, 0.168, 0.178, 0.188, 0.196, 0.226, 0.208)
ASPHALT: Spectrum = (0.085, 0.094, 0.103, 0.110, 0.118, 0.124, 0.130, 0.136, 0.165, 0.158)
RAPE_FLOWER: Spectrum = (0.045, 0.175, 0.150, 0.195, 0.330, 0.390, 0.420, 0.440, 0.200, 0.100)
BARLEY_AWN: Spectrum = (0.048, 0.108, 0.085, 0.150, 0.300, 0.365, 0.395, 0.415, 0.240, 0.130)
SUNFLOWER_HEAD: Spectrum = (0.040, 0.135, 0.125, 0.160, 0.300, 0.385, 0.425, 0.440, 0.230, 0.120)
NEVER = 999.0


@dataclass(frozen=True)
class Flowering:
    """Flowers above the canopy from `after` days (mean, deviation) behind green-up, for `days`, covering `share`."""

    spectrum: Spectrum
    after: tuple[float, float]
    days: float
    share: float


@dataclass(frozen=True)
class Cover:
    """One kind of land cover and the season it follows; pairs are mean and deviation between parcels.

    Green-up is at half height on day `up`; `down` and `harvest` are days behind it (NEVER: not in this season). `shift`
    moves the whole season of a parcel (sowing date). `winter` is the LAI before it; `bare` days before green-up the
    land is tilled. `contrast` of pixels within a parcel, `leaf` factors on the canopy's VIS, red edge, NIR and SWIR.
    """

    name: str
    class_name: str
    lai: tuple[float, float] = (0.0, 0.0)
    winter: tuple[float, float] = (0.0, 0.0)
    up: float = 100.0
    rate: float = 9.0
    shift: float = 0.0
    down: tuple[float, float] = (NEVER, 0.0)
    fade: float = 8.0
    harvest: tuple[float, float] = (NEVER, 0.0)
    bare: float = 0.0
    cuts: tuple[int, int] = (0, 0)  # fewest and most mowings
    flowering: Flowering | None = None
    straw: float = 1.0  # brightness of the ripe canopy
    leaf: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    canopy: Spectrum = LEAF
    ground: Spectrum = SOIL
    is_soil: bool = True  # the ground darkens when it is wet
    contrast: float = 0.05


@dataclass(frozen=True)
class SceneClass:
    """A class of the map: its colour, share of the fields (0: no field crop), and the days that set it apart.

    Within the key `window` the class differs from its nearest rival by about 7/10 of the most it ever does, or more
    (bands together, over the spread between parcels; a test holds this). (0, 0): it differs nearly all season.
    """

    name: str
    color: str
    share: float = 0.0
    window: tuple[int, int] = (0, 0)
    reason: str = ""


CLASSES = (  # in alphabetical order: the values 1..K of the class map
    SceneClass("Built-up", "#b05a5a"),
    SceneClass("Forest", "#1b5e3a"),
    SceneClass("Grassland", "#8fcf6f", 0.14),  # green before others are sown and after they are harvested
    SceneClass("Maize", "#f2a93b", 0.17, (216, 270), "no heads, then ripe and still standing"),
    SceneClass("Rapeseed", "#f4e34a", 0.12, (114, 147), "yellow flowers"),
    SceneClass("Sugar beet", "#b56fbf", 0.12, (231, 270), "green when the other summer crops ripen"),
    SceneClass("Sunflower", "#e2711d", 0.12, (186, 249), "yellow heads, then dark ones"),
    SceneClass("Water", "#2f7fc1"),
    SceneClass("Winter barley", "#cdb98a", 0.14, (123, 159), "pale awns"),
    SceneClass("Winter wheat", "#e8cf73", 0.19, (123, 150), "deep green while barley has awns and rapeseed flowers"),
)

COVERS = {
    cover.name: cover
    for cover in (
        Cover("wheat", "Winter wheat", (4.5, 0.8), (0.8, 0.4), 96.0, 8.0, 17.0, (77.0, 5.0), 6.0, (106.0, 6.0)),
        Cover("barley", "Winter barley", (4.5, 0.8), (0.8, 0.4), 95.0, 8.0, 17.0, (74.0, 5.0), 6.0, (98.0, 6.0),
              straw=1.05, flowering=Flowering(BARLEY_AWN, (36.0, 5.0), 20.0, 0.60)),
        Cover("rapeseed", "Rapeseed", (4.6, 0.8), (0.9, 0.4), 94.0, 8.0, 17.0, (78.0, 5.0), 8.0, (110.0, 6.0),
              flowering=Flowering(RAPE_FLOWER, (26.0, 4.0), 19.0, 0.60), straw=0.95),
        Cover("maize", "Maize", (4.3, 0.8), (0.35, 0.4), 160.0, 8.0, 20.0, (82.0, 8.0), 8.0, (112.0, 7.0), bare=42.0),
        Cover("beet", "Sugar beet", (4.3, 0.8), (0.35, 0.4), 160.0, 8.0, 20.0, (NEVER, 0.0), 8.0, (106.0, 12.0),
              bare=42.0, leaf=(1.01, 1.02, 1.02, 1.0)),
        Cover("sunflower", "Sunflower", (4.1, 0.8), (0.35, 0.4), 160.0, 8.0, 20.0, (79.0, 8.0), 8.0, (104.0, 7.0),
              bare=42.0, flowering=Flowering(SUNFLOWER_HEAD, (36.0, 5.0), 21.0, 0.45), straw=0.85),
        Cover("meadow", "Grassland", (3.3, 0.7), (1.0, 0.4), 96.0, 10.0, 9.0, (215.0, 12.0), 20.0, cuts=(2, 4),
              leaf=(1.06, 1.02, 0.95, 1.05), contrast=0.06),
        Cover("pasture", "Grassland", (2.3, 0.6), (0.9, 0.4), 98.0, 12.0, 9.0, (210.0, 14.0), 22.0, cuts=(0, 2),
              leaf=(1.10, 1.02, 0.92, 1.08), contrast=0.09),
        Cover("broadleaf", "Forest", (4.6, 0.5), (0.5, 0.15), 116.0, 5.0, 4.0, (178.0, 5.0), 8.0,
              leaf=(0.85, 0.90, 0.90, 0.86), ground=LITTER, contrast=0.10),
        Cover("conifer", "Forest", (4.2, 0.4), (3.6, 0.4), 130.0, 15.0, 4.0, canopy=NEEDLE, ground=LITTER,
              contrast=0.12),
        Cover("hedge", "Forest", (3.8, 0.6), (0.5, 0.2), 112.0, 6.0, 5.0, (178.0, 6.0), 9.0,
              leaf=(0.9, 0.95, 0.92, 0.9), ground=LITTER, contrast=0.14),
        Cover("track", "Grassland", (1.4, 0.3), (0.5, 0.2), 100.0, 12.0, 5.0, (190.0, 10.0), 20.0, contrast=0.10),
        Cover("road", "Built-up", (0.15, 0.1), ground=ASPHALT, is_soil=False, contrast=0.06),
        Cover("lot", "Built-up", (1.5, 0.7), (0.6, 0.3), 100.0, 12.0, 6.0, (200.0, 10.0), 20.0, ground=ROOF,
              is_soil=False, contrast=0.30),
        Cover("hall", "Built-up", (0.2, 0.2), (0.1, 0.1), 100.0, 12.0, 6.0, ground=ROOF, is_soil=False, contrast=0.18),
        Cover("river", "Water", ground=WATER, is_soil=False, contrast=0.05),
        Cover("lake", "Water", ground=tuple(0.8 * value for value in WATER), is_soil=False, contrast=0.04),
    )
}  # fmt: skip
FIELD_COVERS = {
    "Winter wheat": ("wheat",), "Winter barley": ("barley",), "Rapeseed": ("rapeseed",), "Maize": ("maize",),
    "Sugar beet": ("beet",), "Sunflower": ("sunflower",), "Grassland": ("meadow", "pasture"),
}  # fmt: skip


def class_value(class_name: str) -> int:
    """Return the value of a class in the class map, from 1."""
    return [known.name for known in CLASSES].index(class_name) + 1
