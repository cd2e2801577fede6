"""Displays: what is drawn is what was given."""

from itertools import pairwise
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

from reservoir import EchoState, ReservoirForecaster, plasticity
from reservoir.circuits import Projection
from reservoir.metrics import valid_prediction_time
from reservoir.plasticity import STDP, TripletSTDP
from reservoir.plotting import (
    CapacityDisplay,
    ComparisonDisplay,
    ForecastDisplay,
    RasterDisplay,
    SearchDisplay,
    SpectrumDisplay,
    StatesDisplay,
    STDPWindowDisplay,
    TrainingDisplay,
    WeightsDisplay,
)
from reservoir.readouts import RecursiveLeastSquares
from reservoir.rnn import RNNRegressor
from reservoir.spikes import SpikeTrains
from reservoir.systems.simulation import Recording
from tests.plotting.displays import FORECAST, GROUPS, MAKERS, RESULTS, SCORES, TABLE, TRAINS, TRUTH, WEIGHTS

RNG = np.random.default_rng(1)


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def lines(panel, label=None):
    """Lines of a panel, those of this label."""
    return [one for one in panel.get_lines() if label is None or one.get_label() == label]


class TestForecast:
    def test_lines_are_the_data(self):
        display = MAKERS["ForecastDisplay"]()
        *panels, bottom = display.axes_
        lyapunov_times = np.arange(1, 201) * 0.1 * 0.9
        for panel, true, predicted in zip(panels, TRUTH.T, FORECAST.T, strict=True):
            for label, values in (("truth", true), ("forecast", predicted)):
                np.testing.assert_allclose(
                    lines(panel, label)[0].get_xydata(), np.column_stack([lyapunov_times, values])
                )
        errors = np.sqrt(np.mean(((TRUTH - FORECAST) / TRUTH.std(axis=0)) ** 2, axis=1))
        np.testing.assert_allclose(lines(bottom)[0].get_ydata(), errors, rtol=1e-12)
        assert bottom.get_yscale() == "log" and bottom.get_xlabel() == "time ahead (Lyapunov times)"

    def test_the_valid_time_is_that_of_the_metric_and_ends_where_the_curve_crosses(self):
        display = MAKERS["ForecastDisplay"]()
        valid = valid_prediction_time(TRUTH, FORECAST, step=0.1, lyapunov_exponent=0.9)
        assert [line.get_xdata()[0] for panel in display.axes_ for line in lines(panel)
                if line.get_label().startswith("valid for")] == [valid] * 3  # fmt: skip
        curve = lines(display.axes_[-1])[0]
        after = curve.get_xdata() > valid + 1e-9
        assert (curve.get_ydata()[~after] <= 0.4).all() and curve.get_ydata()[after][0] > 0.4

    def test_a_forecaster_with_exogenous_channels(self):
        X = pd.DataFrame({"wave": np.sin(np.arange(400) / 5), "drive": np.cos(np.arange(400) / 7)})
        model = ReservoirForecaster(EchoState(50, random_state=0), exogenous=[1]).fit(X[:300])
        display = ForecastDisplay.from_estimator(model, X[300:], unit="s")
        observed = X[300:].to_numpy(copy=True)
        observed[:, 0] = np.nan
        np.testing.assert_array_equal(display.y_pred, model.forecast(100, observed=observed))
        assert [panel.get_ylabel() for panel in display.axes_] == ["wave", "error"]
        np.testing.assert_array_equal(display.y_true, X[300:][["wave"]])

    def test_a_forecast_that_is_lost_and_one_without_errors(self):
        lost = FORECAST.copy()
        lost[50:] = 1e80
        lost[90:] = np.nan
        display = ForecastDisplay.from_predictions(TRUTH, lost)
        display.figure_.canvas.draw()
        assert np.abs(display.ax_.get_ylim()).max() < 2 and display.axes_[-1].get_ylim()[1] < 1e4
        perfect = ForecastDisplay.from_predictions(TRUTH, TRUTH)
        perfect.figure_.canvas.draw()
        assert perfect.valid_time == len(TRUTH)

    def test_channels_may_be_chosen(self):
        display = MAKERS["ForecastDisplay"]().plot(channels=[1])
        assert [panel.get_ylabel() for panel in display.axes_] == ["channel 1", "error"]
        many = ForecastDisplay.from_predictions(RNG.normal(size=(30, 9)), RNG.normal(size=(30, 9)))
        assert len(many.axes_) == 7


class TestRaster:
    def test_every_spike_of_a_group_is_a_mark_in_the_row_of_its_unit(self):
        display = MAKERS["RasterDisplay"]()
        rows, marks = {}, lines(display.ax_)
        for start, units in ((0, range(8)), (8, [9, 8, 11])):
            rows |= {unit: start + place for place, unit in enumerate(units)}
        drawn = np.concatenate([line.get_xydata() for line in marks])
        wanted = [(t, rows[unit]) for t, unit in zip(TRAINS.times, TRAINS.units, strict=True) if unit in rows]
        assert sorted(map(tuple, drawn)) == sorted(wanted) and 10 not in rows
        assert [label.get_text() for label in display.ax_.get_yticklabels()] == list(GROUPS)

    def test_rates_count_the_spikes_of_a_bin(self):
        display = MAKERS["RasterDisplay"]()
        for stairs, units in zip(display.axes_[1].patches, ([*range(8)], [9, 8, 11]), strict=True):
            values, edges, _ = stairs.get_data()
            counts = np.histogram(TRAINS.times[np.isin(TRAINS.units, units)], edges)[0]
            np.testing.assert_allclose(values, counts / len(units) / 0.05)
        assert edges[-1] == pytest.approx(2.0)

    def test_groups_as_names_and_a_recording(self):
        names = np.where(np.arange(12) < 8, "E", "I")
        display = RasterDisplay.from_spikes(Recording(TRAINS), groups=names)
        assert {name: units.tolist() for name, units in display.groups.items()} == {
            "E": [*range(8)],
            "I": [8, 9, 10, 11],
        }
        assert len(display.rates["E"]) == 100
        quiet = RasterDisplay.from_spikes(SpikeTrains([], np.zeros(0, int), 3, 1.0))
        assert not quiet.rates["all units"].any()

    def test_names_of_small_groups_stay_apart(self):
        display = RasterDisplay.from_spikes(TRAINS, groups={"a": [0], "b": [1], "c": [2], "d": slice(3, 12)})
        display.figure_.canvas.draw()
        boxes = [label.get_window_extent() for label in display.ax_.get_yticklabels()]
        assert all(upper.y0 >= lower.y1 - 1 for upper, lower in pairwise(boxes))


class TestWeights:
    def test_histograms_and_course_are_the_data(self):
        display = MAKERS["WeightsDisplay"]()
        course, bars = display.axes_
        for stairs, snapshot in zip(bars.patches, WEIGHTS[[0, -1]], strict=True):
            values, edges, _ = stairs.get_data()
            np.testing.assert_array_equal(values, np.histogram(snapshot * 1e9, edges)[0])
            assert values.sum() == 40
        np.testing.assert_allclose(lines(course, "median")[0].get_ydata(), np.median(WEIGHTS * 1e9, axis=1))
        for one in lines(course)[:-1]:
            assert np.isclose(one.get_ydata(), 1e9 * WEIGHTS.T).all(axis=1).any()
        assert course.get_ylabel() == bars.get_xlabel() == "weight (nA)"

    @pytest.mark.parametrize(("reversal", "label"), [(None, "weight (pA)"), (0.0, "weight (pS)")])
    def test_projections_bring_their_unit(self, reversal, label):
        ends = np.zeros(4, int)
        before, after = (Projection(ends, ends, k * 1e-11, 0.0, 1e-3, reversal=reversal) for k in (1, 3))
        display = WeightsDisplay.from_snapshots([before, after])
        assert len(display.axes_) == 1 and display.ax_.get_xlabel() == label
        assert WeightsDisplay.from_snapshots([[0.5, 0.2], [0.1, 0.1]]).ax_.get_xlabel() == "weight"


class OwnRule:
    """A user's, with a window alone."""

    def window(self, lags, share):
        return np.cos(lags)


class TestWindow:
    def test_it_is_that_of_the_rule(self):
        rules = {"pairs": STDP(mu_plus=0.4, mu_minus=1.0, tau_plus=0.05), "triplets": TripletSTDP(), "any": OwnRule()}
        display = STDPWindowDisplay.from_rule(rules, weights=[0.3, 0.6])
        assert list(display.changes) == ["pairs, w = 0.3 w_max", "pairs, w = 0.6 w_max", "triplets", "any"]
        for name, changes in display.changes.items():
            rule, share = rules[name.partition(",")[0]], 0.6 if "0.6" in name else 0.3
            np.testing.assert_array_equal(changes, rule.window(display.lags, share))
        assert np.nanmax(display.lags) == rules["pairs"].reach == 0.25
        sides = np.isnan(display.lags).argmax()
        assert display.lags[sides - 1] < 0 == display.lags[sides + 1] and np.isnan(display.changes["triplets"][sides])

    @pytest.mark.parametrize(
        "name", [name for name in plasticity.__all__ if hasattr(getattr(plasticity, name), "window")]
    )
    def test_every_rule_with_a_window_is_drawn(self, name):
        assert STDPWindowDisplay.from_rule(getattr(plasticity, name)()).changes

    def test_lines_are_the_changes_in_milliseconds(self):
        display = STDPWindowDisplay.from_changes([-0.01, 0.0, 0.02], {"a": [1, 2, 3], "b": [4, 5, 6]})
        for label, values in (("a", [1, 2, 3]), ("b", [4, 5, 6])):
            np.testing.assert_allclose(lines(display.ax_, label)[0].get_xydata(), np.transpose([[-10, 0, 20], values]))
        function = STDPWindowDisplay.from_rule(np.cos, span=0.5)
        np.testing.assert_allclose(function.changes[""][-1], np.cos(0.5))


class TestStatesAndSpectrum:
    def test_components_are_those_of_scikit_learn(self):
        states = np.cumsum(RNG.normal(size=(80, 5)), axis=0)
        display = StatesDisplay.from_states(states, step=0.5, unit="s")
        model = PCA(2).fit(states)
        for own, theirs in zip(display.components.T, model.transform(states).T, strict=True):
            np.testing.assert_allclose(own * np.sign(own @ theirs), theirs, rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(display.shares, model.explained_variance_ratio_)
        np.testing.assert_array_equal(lines(display.axes_[1])[0].get_xydata(), display.components)
        (image,) = display.ax_.images
        np.testing.assert_array_equal(image.get_array(), states.T)
        assert image.get_extent()[:2] == [0, 40.0] and display.ax_.get_xlabel() == "time (s)"

    def test_states_of_a_system(self):
        series = np.sin(np.arange(60) / 5).reshape(-1, 1)
        system = EchoState(10, random_state=0).fit(series)
        display = StatesDisplay.from_estimator(system, series, washout=20)
        np.testing.assert_array_equal(display.states, system.transform(series)[20:])
        assert [len(display.plot(kind=kind).axes_) for kind in ("both", "map", "components")] == [2, 1, 1]
        still = StatesDisplay.from_states(np.ones((5, 3)))
        assert not still.components.any() and not still.shares.any()

    def test_points_are_the_eigenvalues(self):
        turn = np.array([[0.0, -0.5], [0.5, 0.0]])
        display = SpectrumDisplay.from_matrix(turn)
        drawn = lines(display.ax_, "eigenvalues")[0].get_xydata()
        np.testing.assert_allclose(sorted(drawn.tolist()), [[0, -0.5], [0, 0.5]], atol=1e-12)
        assert display.radius == pytest.approx(0.5) and display.ax_.get_aspect() == 1

    def test_a_system_with_and_without_its_leak(self):
        system = EchoState(30, leak=np.linspace(0.2, 1, 30), random_state=0).fit(np.zeros((1, 1)))
        assert SpectrumDisplay.from_estimator(system).radius == pytest.approx(0.9)
        own = np.stack([(1 - 0.0) * row for row in system.W_ @ np.eye(30)])
        update = np.eye(30) + np.array(system.leak)[:, None] * (own - np.eye(30))
        found = SpectrumDisplay.from_estimator(system, with_leak=True).eigenvalues
        np.testing.assert_allclose(np.sort_complex(found), np.sort_complex(np.linalg.eigvals(update)), atol=1e-9)


class TestCapacity:
    def test_bars_are_the_table(self):
        display = MAKERS["CapacityDisplay"]()
        delays, total = display.axes_
        for degree, container in enumerate(delays.containers):
            np.testing.assert_allclose([bar.get_height() for bar in container], TABLE[degree])
            np.testing.assert_allclose([bar.get_y() for bar in container], TABLE[:degree].sum(axis=0))
            assert total.containers[degree][0].get_height() == pytest.approx(TABLE[degree].sum())
        assert delays.get_legend_handles_labels()[1] == ["degree 1", "degree 2", "degree 3"]
        assert lines(total)[0].get_ydata()[0] == 9 and display.total == pytest.approx(TABLE.sum())

    def test_one_capacity_a_delay_and_an_empty_tail(self):
        display = CapacityDisplay.from_capacity(SimpleNamespace(per_delay=np.array([1.0, 0.5, 0, 0.1, 0, 0])))
        (bars,) = display.ax_.containers
        assert [bar.get_height() for bar in bars] == [1.0, 0.5, 0, 0.1] and display.ax_.get_legend() is None
        assert len(display.plot(n_delays=2).ax_.containers[0]) == 2 and display.total == pytest.approx(1.6)
        assert CapacityDisplay.from_capacity(SimpleNamespace(per_delay=np.zeros(3))).total == 0


class TestTraining:
    def test_losses_of_a_network(self):
        X = RNG.uniform(-1, 1, (12, 5, 1))
        fitted = RNNRegressor("gru", 4, max_iter=5, early_stopping=True, random_state=0).fit(X, X[:, :, 0])
        display = TrainingDisplay.from_estimator(fitted)
        epochs = np.arange(1, 1 + len(fitted.loss_curve_))
        training, held_out, kept = lines(display.ax_)
        np.testing.assert_array_equal(training.get_xydata(), np.column_stack([epochs, fitted.loss_curve_]))
        np.testing.assert_array_equal(held_out.get_ydata(), -np.array(fitted.validation_scores_))
        assert kept.get_ydata()[0] == -max(fitted.validation_scores_)
        alone = TrainingDisplay.from_estimator(SimpleNamespace(loss_curve_=[1.0], validation_scores_=None))
        assert len(lines(alone.ax_)) == 1 and alone.best is None

    @pytest.mark.parametrize("n_outputs", [None, 2])
    def test_error_of_a_readout_is_that_of_the_outputs_before_the_update(self, n_outputs):
        X = RNG.normal(size=(40, 3))
        y = X @ RNG.normal(size=3 if n_outputs is None else (3, n_outputs))
        display = TrainingDisplay.from_readout(RecursiveLeastSquares(), X, y, window=4)
        fresh, errors = RecursiveLeastSquares().partial_fit(X[:1], y[:1]), [np.mean(y[0] ** 2)]
        for row in range(1, 40):
            errors.append(np.mean((fresh.predict(X[row : row + 1])[0] - y[row]) ** 2))
            fresh.partial_fit(X[row : row + 1], y[row : row + 1])
        wanted = [np.sqrt(np.mean(errors[max(0, row - 3) : row + 1])) for row in range(40)]
        np.testing.assert_allclose(lines(display.ax_)[0].get_ydata(), wanted, rtol=1e-6)


class TestSearch:
    def test_candidates_and_the_best_of_each_value(self):
        display = MAKERS["SearchDisplay"]()
        assert display.parameters == ["alpha", "reservoir__leak"]
        for panel, name in zip(display.axes_, display.parameters, strict=True):
            values = np.asarray(RESULTS[f"param_{name}"], dtype=float)
            points = lines(panel, "candidates")[0].get_xydata()
            np.testing.assert_array_equal(points, np.column_stack([values, RESULTS["mean_test_score"]]))
            (bars,) = panel.containers
            for x, y in zip(*bars[0].get_data(), strict=True):
                assert y == np.nanmax(RESULTS["mean_test_score"][values == x])
            place = int(np.nanargmax(RESULTS["mean_test_score"]))
            assert lines(panel, "best")[0].get_xydata().tolist() == [[values[place], 7.0]]
        whiskers = display.axes_[0].containers[0][2][0].get_segments()
        np.testing.assert_allclose(np.ptp(whiskers[1][:, 1]), 2 * RESULTS["std_seed_score"][4])
        assert [panel.get_xscale() for panel in display.axes_] == ["log", "linear"]

    def test_a_search_of_scikit_learn_over_words_parts_and_missing_values(self):
        class Part(BaseEstimator):
            def __init__(self, size=1):
                self.size = size

        X, y = RNG.normal(size=(30, 2)), RNG.normal(size=30)
        grid = [{"alpha": [0.1, 1.0]}, {"solver": ["svd", "cholesky"], "alpha": [0.1]}]
        search = GridSearchCV(Ridge(), grid, cv=3).fit(X, y)
        display = SearchDisplay.from_estimator(search)
        assert display.parameters == ["alpha", "solver"]
        drawn = lines(display.axes_[1], "candidates")[0].get_xdata()
        assert np.isnan(drawn[:2]).all() and drawn[2:].tolist() == [0, 1]
        results = dict(RESULTS, param_part=np.ma.array([Part(k) for k in (1, 2, 3)] * 3, dtype=object))
        parts = SearchDisplay.from_estimator(SimpleNamespace(cv_results_=results)).axes_[-1]
        assert [label.get_text() for label in parts.get_xticklabels()] == ["Part()", "Part(size=2)", "Part(size=3)"]

    def test_one_of_several_metrics(self):
        X, y = RNG.normal(size=(30, 2)), RNG.normal(size=30)
        search = GridSearchCV(
            Ridge(), {"alpha": [0.1, 1.0, 10.0]}, cv=3, scoring=["r2", "neg_max_error"], refit="neg_max_error"
        )
        search.fit(X, y)
        assert SearchDisplay.from_estimator(search).metric == "neg_max_error"
        display = SearchDisplay.from_estimator(search, metric="r2")
        found = lines(display.ax_, "best")[0].get_ydata()[0]
        assert found == search.cv_results_["mean_test_r2"].max() and display.ax_.get_ylabel() == "r2"


class TestComparison:
    def test_points_medians_and_intervals(self):
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

    def test_what_is_lost_is_said_and_references_stand(self):
        second = MAKERS["ComparisonDisplay"]().axes_[1]
        assert [text.get_text() for text in second.texts] == ["1 of 3 lost"]
        assert [one.get_xdata() for one in lines(second, "Jaeger: 0.6")] == [[0.6, 0.6]]
        assert second.get_xscale() == "log" and second.get_xlabel() == "NRMSE (lower is better)"

    def test_tidy_records_give_the_same_as_a_dictionary(self):
        rows = [{"task": task, "system": system, "score": value, "seed": seed}
                for task, systems in SCORES.items() for system, values in systems.items()
                for seed, value in enumerate(np.atleast_1d(values).tolist())]  # fmt: skip
        wanted = ComparisonDisplay.from_scores(SCORES)
        renamed = pd.DataFrame(rows).rename(columns={"score": "error", "system": "model"})
        for found in (ComparisonDisplay.from_records(rows),
                      ComparisonDisplay.from_records(renamed, system="model", score="error")):  # fmt: skip
            assert found.systems == wanted.systems
            for task, systems in wanted.scores.items():
                for system, values in systems.items():
                    np.testing.assert_array_equal(found.scores[task][system], values)
