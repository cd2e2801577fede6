"""Comparisons: what is drawn is what was given."""

import numpy as np
import pandas as pd

from reservoir.plotting import (
    ComparisonDisplay,
)
from tests.plotting.displays import MAKERS, SCORES, lines

RNG = np.random.default_rng(1)


def test_points_medians_and_intervals():
    display = MAKERS["ComparisonDisplay"]()
    assert display.systems == ["ESN", "LSTM"]
    for panel, systems in zip(display.axes_, SCORES.values(), strict=True):
        points = iter([one for one in lines(panel) if one.get_marker() == "o"])
        medians = iter([one for one in lines(panel) if one.get_marker() == "|"])
        for row, system in enumerate(display.systems):
            if system not in systems:
                continue
            values = np.atleast_1d(systems[system])
            values = values[np.isfinite(values)]
            x, y = next(points).get_data()
            np.testing.assert_array_equal(x, values)
            assert (np.abs(y - row) < 0.5).all() and len(set(zip(x, y, strict=True))) == len(values)
            assert next(medians).get_xydata().tolist() == [[np.median(values), row]]
    bar = lines(display.ax_)[0]
    np.testing.assert_allclose(bar.get_xdata(), np.percentile(SCORES["NARMA-10"]["ESN"], (25, 75)))


def test_what_is_lost_is_said_and_references_stand():
    second = MAKERS["ComparisonDisplay"]().axes_[1]
    assert [text.get_text() for text in second.texts] == ["1 of 3 lost"]
    assert [one.get_xdata() for one in lines(second, "Jaeger: 0.6")] == [[0.6, 0.6]]
    assert second.get_xscale() == "log" and second.get_xlabel() == "NRMSE (lower is better)"


def test_tidy_records_give_the_same_as_a_dictionary():
    rows = [
        {"task": task, "system": system, "score": value, "seed": seed}
        for task, systems in SCORES.items()
        for system, values in systems.items()
        for seed, value in enumerate(np.atleast_1d(values).tolist())
    ]
    wanted = ComparisonDisplay.from_scores(SCORES)
    renamed = pd.DataFrame(rows).rename(columns={"score": "error", "system": "model"})
    for found in (
        ComparisonDisplay.from_records(rows),
        ComparisonDisplay.from_records(renamed, system="model", score="error"),
    ):
        assert found.systems == wanted.systems
        for task, systems in wanted.scores.items():
            for system, values in systems.items():
                np.testing.assert_array_equal(found.scores[task][system], values)
