# SPDX-License-Identifier: GPL-2.0-or-later
"""Sample files keep everything, and damaged or foreign ones are refused in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from chronomap.plugin.core.errors import InputError, OutputError
from chronomap.plugin.raster.samples import MIN_SAMPLES, check_enough, load_samples, save_samples
from synthetic import small_samples


def test_a_sample_file_gives_back_what_was_saved(tmp_path):
    samples = replace(small_samples(), notes=("Ein Feld heißt Straße.",), fold=np.repeat(["a", "bc"], 30))
    save_samples(samples, tmp_path / "samples.npz")
    loaded = load_samples(tmp_path / "samples.npz")
    for name, value in vars(samples).items():
        np.testing.assert_array_equal(getattr(loaded, name), value, err_msg=name)
    assert loaded.values.dtype == samples.values.dtype
    assert loaded.fingerprint == samples.fingerprint


@pytest.mark.parametrize(
    "change", [{"dates": ("2022-03-02",)}, {"season_start": "2021-01-01"}, {"valid": 1}, {"label": 1}]
)
def test_the_fingerprint_changes_with_what_is_learned_from(change):
    samples = small_samples(dates=1)
    ((name, value),) = change.items()
    if value == 1:
        value = getattr(samples, name).copy()
        value[0] = 1 - value[0]
    assert replace(samples, **{name: value}).fingerprint != samples.fingerprint


def test_the_fingerprint_does_not_depend_on_file_names():
    assert replace(small_samples(), source="other.gpkg").fingerprint == small_samples().fingerprint


def test_days_are_real_days_since_the_seasons_start():
    samples = replace(small_samples(dates=3), dates=("2021-03-02", "2021-03-09", "2021-05-01"))
    np.testing.assert_array_equal(samples.days, np.array([0, 7, 60], np.float32))


def test_physical_values_are_scaled_and_nan_where_invalid():
    samples = small_samples()
    samples = replace(samples, offset=np.full_like(samples.scale, -0.1))
    physical = samples.physical()
    assert np.isnan(physical[~samples.valid]).all()
    expected = samples.values[samples.valid] * 1e-4 - 0.1
    np.testing.assert_allclose(physical[samples.valid], expected, atol=1e-6)


def test_a_truncated_sample_file_is_refused(tmp_path):
    path = tmp_path / "samples.npz"
    save_samples(small_samples(), path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="damaged or no sample file"):
        load_samples(path)


def test_another_npz_file_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", values=np.zeros(3))
    with pytest.raises(InputError, match="no sample file"):
        load_samples(tmp_path / "other.npz")


def test_a_pickle_is_never_loaded(tmp_path):
    np.savez(tmp_path / "pickled.npz", meta=np.array([{"chronomap": "samples"}], object))
    with pytest.raises(InputError, match="damaged or no sample file"):
        load_samples(tmp_path / "pickled.npz")


def test_a_missing_sample_file_is_told(tmp_path):
    with pytest.raises(InputError, match=r"none\.npz cannot be read"):
        load_samples(tmp_path / "none.npz")


def test_an_unwritable_place_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        save_samples(small_samples(), tmp_path / "file" / "samples.npz")


def test_arrays_that_do_not_fit_are_refused():
    samples = small_samples()
    with pytest.raises(ValueError, match="valid has the shape"):
        replace(samples, valid=samples.valid[:, :-1])
    with pytest.raises(ValueError, match="no class"):
        replace(samples, classes=samples.classes[:1])


def test_too_few_samples_are_refused_with_their_number():
    samples = small_samples(count=MIN_SAMPLES, classes=2)
    check_enough(samples.subset(np.arange(MIN_SAMPLES // 2, MIN_SAMPLES // 2 + MIN_SAMPLES)))
    with pytest.raises(InputError, match=f"only {MIN_SAMPLES - 1} samples"):
        check_enough(samples.subset(np.arange(MIN_SAMPLES - 1)))


def test_one_class_is_refused_by_its_name():
    with pytest.raises(InputError, match="one class only \\('Maize'\\)"):
        check_enough(small_samples().subset(np.arange(20, 40)))
