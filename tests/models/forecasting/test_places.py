"""Where rows without an index stand in the seasons that were found."""

import numpy as np
import pandas as pd
import pytest

from reservoir.models.forecasting.origins import forecasts_from
from reservoir.models.forecasting.places import place_of
from reservoir.sequences.doubts import SequenceWarning
from tests.models.forecasting.test_choice import seasonal, small


@pytest.fixture(scope="module")
def model():
    found = small().fit(seasonal(240)[:180])
    assert found.chosen_["season"] == [12.0]
    return found


def told(model, series, first):
    """What the model answers where an index tells the place."""
    index = pd.date_range("2001-01-01", periods=240, freq="MS")
    table = pd.DataFrame(series, index=index, columns=["y"])
    twin = small().fit(table[:180])
    return twin.forecast(12, table[first:225]).to_numpy()


@pytest.mark.parametrize("first", range(150, 163))
def test_a_context_cut_anywhere_forecasts_as_with_its_index(model, first):
    series = seasonal(240)
    assert not model.chosen_["states"]
    np.testing.assert_allclose(model.forecast(12, series[first:225]), model.forecast(12, series[:225]), atol=1e-12)


def test_it_is_what_an_index_says(model):
    series = seasonal(240)
    np.testing.assert_allclose(model.forecast(12, series[151:225]), told(model, series, 151), atol=1e-9)


def test_the_place_is_that_of_a_naive_search(model):
    """Of all places that with the smallest sum of squares of what is new in each row, and no level."""
    from reservoir.models.forecasting.places import _PATTERNS

    rows = model.units_.heard(seasonal(240)[185:230])
    assert place_of(model, rows).first == 185 % 12
    pattern = _PATTERNS.get(model, (model._calibration,), None)
    new = rows[1:, 0] - pattern.memory[0] * rows[:-1, 0]
    misses = []
    for place in range(12):
        due = [
            pattern.levels[(place + t) % 12, 0] - pattern.memory[0] * pattern.levels[(place + t - 1) % 12, 0]
            for t in range(1, len(rows))
        ]
        misses.append(np.var(new - due))
    assert int(np.argmin(misses)) == 185 % 12


def test_gaps_and_other_levels_do_not_hide_the_place(model):
    rows = model.units_.heard(seasonal(240)[187:235])
    rows[10:14] = np.nan
    assert place_of(model, rows + 50.0).first == 187 % 12


def test_short_rows_leave_it_open_and_a_word_is_said(model):
    series = seasonal(240)
    with pytest.warns(SequenceWarning, match=r"no index .* 12 rows: .*probability .* season=None"):
        small(washout=2).fit(series[:180]).forecast(3, series[150:154])
    whole = place_of(model, model.units_.heard(series[150:]))
    assert whole.doubt < 0.05 and whole.probability > 0.95


def test_many_origins_are_placed_by_what_is_known_at_each(model):
    part = seasonal(240)[149:235]
    futures = forecasts_from(model, part, [40, 60, 86], 5)
    for origin, future in zip([40, 60, 86], futures, strict=True):
        np.testing.assert_array_equal(future, model.forecast(5, part[:origin]))


def test_a_first_value_of_fit_is_not_its_beginning():
    """Counts come again; that a history begins with a value with which the data began says nothing."""
    rng = np.random.default_rng(0)
    counts = np.round(10 + 6 * np.sin(2 * np.pi * np.arange(260) / 12) + rng.normal(size=260))[:, None]
    model = small().fit(counts[:200])
    assert model.chosen_["season"] == [12.0]
    first = next(row for row in range(120, 200) if counts[row] == counts[0] and row % 12 not in (0, 1, 11))
    assert place_of(model, model.units_.heard(counts[first:250])).first == first % 12
    np.testing.assert_allclose(model.forecast(5, counts[first:250]), model.forecast(5, counts[:250]), atol=1e-9)
