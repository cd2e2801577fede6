"""Units of a user and of a forecaster: there and back, for rows, ranges, bounds and errors."""

import numpy as np
import pytest

from reservoir.models.forecasting.units import SeriesUnits
from reservoir.sequences import Sequences

NAMES = ["load", "wind", "flat"]
RNG = np.random.default_rng(0)
ROWS = np.column_stack([np.exp(RNG.normal(7, 0.3, 60)), RNG.normal(-1e6, 3.0, 60), np.full(60, 0.1)])
LIST = Sequences.of_members([ROWS[:20], ROWS[20:]])


def learned(sequences=LIST, outputs=(0, 2), **options):
    return SeriesUnits.learned(
        "Model", sequences, np.array(outputs), NAMES, **{"transform": None, "scaling": None, **options}
    )


def test_nothing_asked_for_is_nothing_done():
    units = learned()
    assert units.are_own and units.heard(ROWS) is ROWS and units.given(ROWS) is ROWS
    assert units.heard_ranges(ROWS[:3].T[:, :2]) is not None


@pytest.mark.parametrize("transform", [None, "log"])
@pytest.mark.parametrize("scaling", [None, "standard"])
def test_there_and_back(transform, scaling):
    """Levels of the twin: logarithms of what is predicted, minus the mean, over the deviation where there is one."""
    units = learned(transform=transform, scaling=scaling)
    levels = ROWS.copy()
    if transform == "log":
        levels[:, [0, 2]] = np.log(ROWS[:, [0, 2]])
    if scaling == "standard":
        levels -= levels.mean(axis=0)
        levels[:, :2] /= levels[:, :2].std(axis=0)
    np.testing.assert_allclose(units.heard(ROWS), levels, atol=1e-8)
    np.testing.assert_allclose(units.given(units.heard(ROWS)), ROWS, rtol=1e-12)
    part = units.of(np.array([0]))
    np.testing.assert_array_equal(part.heard(ROWS[:, :1]), units.heard(ROWS)[:, :1])
    gaps = ROWS.copy()
    gaps[3, 0] = np.nan
    np.testing.assert_array_equal(np.isnan(units.given(units.heard(gaps))), np.isnan(gaps))


def test_ranges_and_bounds():
    units = learned(transform="log", scaling="standard")
    ranges = np.stack([ROWS.min(axis=0), ROWS.max(axis=0)], axis=-1)
    heard = units.heard(ROWS)
    np.testing.assert_allclose(units.heard_ranges(ranges), np.stack([heard.min(0), heard.max(0)], axis=-1))
    open_ended = units.heard_bounds("Model", np.array([[-5.0, np.inf], [0.0, 1.0], [0.0, 2.0]]), None)
    assert open_ended[0].tolist() == [-np.inf, np.inf] and open_ended[2, 0] == -np.inf
    with pytest.raises(ValueError, match=r"The 'bounds' parameter of Model must be above 0 where transform='log'"):
        units.heard_bounds("Model", np.array([[-5.0, 0.0], [0.0, 1.0], [0.0, 2.0]]), (-5, 0))


def test_errors_are_those_of_the_user():
    units, truth = learned(transform="log", scaling="standard"), ROWS * [1.1, 1.0, 1.0]
    found = units.errors(units.heard(ROWS) - units.heard(truth), units.heard(truth))
    np.testing.assert_allclose(found, np.sqrt(np.mean((truth - ROWS) ** 2, axis=0)), rtol=1e-6, atol=1e-6)


def test_what_has_no_logarithm():
    rows = ROWS.copy()
    rows[31, 0] = rows[33, 0] = 0.0
    with pytest.raises(ValueError, match=r"must be positive. Column 'load' is 0 at row 11 of sequence 1 \(2 such"):
        learned(Sequences.of_members([rows[:20], rows[20:]]), transform="log")
    for options in ({"transform": "sqrt"}, {"scaling": True}):
        with pytest.raises(ValueError, match="parameter of Model must be one of None"):
            learned(**options)
