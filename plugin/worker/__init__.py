# SPDX-License-Identifier: GPL-2.0-or-later
"""The torch side: networks, training, inference; no GDAL, no QGIS."""

import os

# MKL's small matrix products round differently by the place of a row in its batch, so a pixel would depend on its
# neighbours; in this mode they do not, at the same speed (measured). MKL reads it once, at its first product.
# https://www.intel.com/content/www/us/en/docs/onemkl/developer-guide-linux/current/reproducibility-conditions.html
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")
