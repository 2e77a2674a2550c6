# SPDX-License-Identifier: GPL-2.0-or-later
"""Can probabilities be believed: confidence against accuracy in bins, and the expected calibration error.

Guo et al. 2017 (arXiv 1706.04599): bins of equal width of the highest probability; the error is the mean distance of
accuracy and confidence, weighted by the samples of each bin.
"""

from __future__ import annotations

import numpy as np

from ...core.board import Reliability

BINS = 10


def reliability(probability: np.ndarray, label: np.ndarray) -> Reliability:
    """Return the reliability of probabilities (N, K) for labels (N,); empty bins are left out."""
    confidence = probability.max(axis=1).astype(np.float64)
    right = probability.argmax(axis=1) == label
    place = np.clip((confidence * BINS).astype(np.int64), 0, BINS - 1)
    count = np.bincount(place, minlength=BINS)
    used = count > 0
    mean_confidence = np.bincount(place, confidence, BINS)[used] / count[used]
    accuracy = np.bincount(place, right, BINS)[used] / count[used]
    share = count[used] / max(len(label), 1)
    error = float((share * np.abs(accuracy - mean_confidence)).sum())
    return Reliability(tuple(mean_confidence.tolist()), tuple(accuracy.tolist()), tuple(share.tolist()), error)
