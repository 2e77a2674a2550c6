# SPDX-License-Identifier: GPL-2.0-or-later
"""A split by random pixels looks better where neighbours are copies, and that is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from chronomap.plugin.core.jobs import SplitGapJob
from chronomap.plugin.raster.samples import save_samples
from chronomap.plugin.run.split_gap import SplitScores, gap_sentence
from synthetic import small_samples


def scores(method, *macro_f1):
    return SplitScores(method, np.column_stack([macro_f1] * 3), (100,) * len(macro_f1))


def test_the_gap_to_the_strictest_split_is_told():
    sentence, gap = gap_sentence([scores("polygon", 0.80), scores("block", 0.70), scores("pixel", 0.95)])
    assert gap == pytest.approx(0.25)
    assert "split by spatial blocks it says 0.700" in sentence
    assert sentence.endswith("report 0.700.")


def test_no_flattery_is_claimed_without_a_gap():
    sentence, gap = gap_sentence([scores("polygon", 0.9), scores("pixel", 0.9)])
    assert gap == 0.0
    assert "no flattery is seen" in sentence


def test_polygons_of_copies_flatter_a_split_by_pixels(tmp_path, listener):
    samples = small_samples(count=64, seed=2)
    generator = np.random.default_rng(0)
    kept = samples.values[samples.group * 4]  # every polygon's four pixels are copies ...
    label = generator.permutation(np.repeat(np.arange(3), 16))[samples.group]  # ... and its label tells nothing of them
    save_samples(replace(samples, values=kept, label=label), tmp_path / "samples.npz")
    job = SplitGapJob(
        str(tmp_path / "samples.npz"), methods=("polygon", "pixel"), seeds=1, report=str(tmp_path / "g.html")
    )
    outputs = listener.run(job)
    assert outputs["gap"] > 0.3
    assert "comes from neighbours of training pixels" in listener.texts("warning")
    assert "Read this first" in (tmp_path / "g.html").read_text(encoding="utf-8")
