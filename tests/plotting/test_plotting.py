"""Displays: where they draw, how they read in print and without colours, and what they refuse."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.linear_model import Ridge, RidgeClassifier

from reservoir import EchoState, plotting
from reservoir.plasticity import STDP
from reservoir.plotting import SpectrumDisplay, STDPWindowDisplay, WeightsDisplay
from reservoir.plotting.palette import COLOURS
from reservoir.readouts import RecursiveLeastSquares, RidgeReadout
from tests.plotting.displays import MAKERS, N_PANELS, RESULTS, SCORES, TABLE, TRAINS, TRUTH, WEIGHTS

ROOT = Path(__file__).resolve().parents[2]
EVERY = pytest.mark.parametrize("name", plotting.__all__)


@EVERY
def test_it_draws_by_itself(name):
    before = dict(matplotlib.rcParams)
    display = MAKERS[name]()
    display.figure_.canvas.draw()
    assert dict(matplotlib.rcParams) == before, "a style was left behind"
    assert display.ax_ is display.axes_[0] and len(display.axes_) == N_PANELS.get(name, 1)
    assert display.axes_.shape == (len(display.axes_),) and display.ax_.figure is display.figure_
    assert display.plot() is display, "plot gives the display back"


@EVERY
def test_it_can_be_read_in_print(name):
    """8 points at most 7 inches wide; every panel has labels; no word leaves the picture."""
    figure = MAKERS[name]().figure_
    figure.canvas.draw()
    assert figure.get_size_inches()[0] <= 7
    width, height = figure.get_size_inches() * figure.dpi
    unseen = {label for panel in figure.axes for axis in (panel.xaxis, panel.yaxis) for label in _out_of_view(axis)}
    for text in figure.findobj(matplotlib.text.Text):
        assert text.get_fontsize() >= 8, text
        box = text.get_window_extent()
        if text.get_text() and text.get_visible() and text not in unseen:
            assert -1 <= box.x0 and box.x1 <= width + 1 and -1 <= box.y0 and box.y1 <= height + 1, text
    for panel in figure.axes:
        bare = not panel.axison or panel.get_label() == "<colorbar>"
        below, beside = panel.get_xlabel() or not _has_numbers(panel.xaxis), panel.get_ylabel() or panel.get_title()
        assert bare or (below and (beside or not _has_numbers(panel.yaxis)))


def _out_of_view(axis):
    """Labels of ticks beyond the ends of the axis, which are not drawn, but keep their words."""
    low, high = sorted(axis.get_view_interval())
    for ticks in (axis.get_major_ticks(), axis.get_minor_ticks()):
        for tick in ticks:
            if not low <= tick.get_loc() <= high or not axis.axes.axison:
                yield from (tick.label1, tick.label2)


def _has_numbers(axis):
    return any(
        label.get_text().lstrip("\N{MINUS SIGN}")[:1].isdigit() and label.get_visible()
        for label in axis.get_ticklabels()
    )


@EVERY
def test_it_is_told_apart_without_colours(name):
    display = MAKERS[name]()
    for panel in display.axes_:
        handles, labels = panel.get_legend_handles_labels()
        marks = [_mark(handle) for handle in handles]
        assert len(set(marks)) == len(marks), (labels, marks)


def _mark(handle):
    """What is left of a legend's entry on a copier."""
    if isinstance(handle, matplotlib.lines.Line2D):
        return "line", str(handle._dash_pattern), handle.get_marker(), handle.get_linestyle()
    if isinstance(handle, matplotlib.container.BarContainer):
        return "bar", handle[0].get_hatch()
    if isinstance(handle, matplotlib.container.ErrorbarContainer):
        return ("whiskers",)
    fill = handle.get_facecolor() if hasattr(handle, "get_facecolor") else None
    return type(handle).__name__, str(fill), str(handle.get_linestyle())


@EVERY
def test_it_draws_where_it_is_told(name):
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 6), layout="constrained")
    display = MAKERS[name](ax=left)
    assert display.figure_ is figure and len(plt.get_fignums()) == 1 and not right.has_data()
    figure.canvas.draw()
    box = left.get_position()
    for panel in display.axes_:
        inside = panel.get_position()
        assert box.x0 - 0.02 <= inside.x0 and inside.x1 <= box.x1 + 0.02
    free = plt.figure().add_axes([0.2, 0.2, 0.5, 0.5])  # in no grid
    display.plot(free)
    bounds = np.array([panel.get_position().extents for panel in display.axes_])
    assert (bounds[:, :2] >= 0.2 - 1e-9).all() and (bounds[:, 2:] <= 0.7 + 1e-9).all()


@EVERY
def test_it_draws_into_one_axes_per_panel(name):
    n_panels = N_PANELS.get(name, 1)
    _, axes = plt.subplots(1, n_panels + 1)
    display = MAKERS[name](ax=axes[:n_panels])
    assert list(display.axes_) == list(axes[:n_panels]) and all(panel.has_data() for panel in display.axes_)
    assert not axes[-1].has_data()
    for wrong in (axes, "left", [axes[0], None]):
        with pytest.raises(ValueError, match=rf"^The 'ax' parameter of {name} must be None, an Axes or an array"):
            MAKERS[name](ax=wrong)


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    wanted = 'SpectrumDisplay needs matplotlib, which is not installed: pip install "reservoir-spiking[plot]"'
    with pytest.raises(ImportError, match=f"^{re.escape(wanted)}$"):
        SpectrumDisplay.from_matrix([[0.5]])


def test_colours_differ_in_every_pair():
    colours = np.array([matplotlib.colors.to_rgb(colour) for colour in COLOURS])
    distances = np.linalg.norm(colours[:, None] - colours[None], axis=-1)
    assert distances[~np.eye(len(colours), dtype=bool)].min() > 0.25


BAD = [
    (lambda: plotting.ForecastDisplay.from_predictions(TRUTH, TRUTH[1:]), "y_pred"),
    (lambda: plotting.ForecastDisplay.from_predictions([], []), "y_true"),
    (lambda: plotting.ForecastDisplay.from_predictions([1.0, np.nan], [1.0, 1.0]), "y_true"),
    (lambda: plotting.ForecastDisplay.from_predictions([1.0, 1.0], [1.0, 1.0]), "scale"),
    (lambda: plotting.ForecastDisplay.from_predictions(TRUTH, TRUTH, step=0), "step"),
    (lambda: plotting.ForecastDisplay.from_predictions(TRUTH, TRUTH, threshold="x"), "threshold"),
    (lambda: plotting.ForecastDisplay.from_predictions(TRUTH, TRUTH, lyapunov_exponent=-1), "lyapunov_exponent"),
    (lambda: plotting.ForecastDisplay.from_predictions(TRUTH, TRUTH, names=["a"]), "names"),
    (lambda: plotting.ForecastDisplay.from_estimator(Ridge(), TRUTH), "estimator"),
    (lambda: MAKERS["ForecastDisplay"]().plot(channels=[2]), "channels"),
    (lambda: plotting.RasterDisplay.from_spikes([0.1, 0.2]), "spikes"),
    (lambda: plotting.RasterDisplay.from_spikes(TRAINS, step=3.0), "step"),
    (lambda: plotting.RasterDisplay.from_spikes(TRAINS, groups=["a"] * 11), "groups"),
    (lambda: plotting.RasterDisplay.from_spikes(TRAINS, groups={"a": [12]}), "groups"),
    (lambda: plotting.RasterDisplay.from_spikes(TRAINS, groups={}), "groups"),
    (lambda: plotting.WeightsDisplay.from_snapshots([WEIGHTS[0]]), "snapshots"),
    (lambda: plotting.WeightsDisplay.from_snapshots([[1.0, 2.0], [1.0]]), "snapshots"),
    (lambda: plotting.WeightsDisplay.from_snapshots(WEIGHTS, times=[0.0, 1.0]), "times"),
    (lambda: STDPWindowDisplay.from_rule(Ridge()), "rule"),
    (lambda: STDPWindowDisplay.from_rule(STDP(), weights=[2.0]), "weights"),
    (lambda: STDPWindowDisplay.from_rule(STDP(), span=0.0), "span"),
    (lambda: STDPWindowDisplay.from_rule(STDP), "rule"),
    (lambda: STDPWindowDisplay.from_changes([0.0, 1.0], [1.0]), "changes"),
    (lambda: STDPWindowDisplay.from_changes("now", [1.0]), "lags"),
    (lambda: plotting.StatesDisplay.from_states(np.ones((5, 1))), "states"),
    (lambda: plotting.StatesDisplay.from_states(np.full((5, 3), np.nan)), "states"),
    (lambda: plotting.StatesDisplay.from_estimator(Ridge(), TRUTH), "system"),
    (lambda: MAKERS["StatesDisplay"]().plot(kind="all"), "kind"),
    (lambda: plotting.SpectrumDisplay.from_matrix(np.ones((2, 3))), "matrix"),
    (lambda: plotting.SpectrumDisplay.from_matrix([[np.inf]]), "matrix"),
    (lambda: plotting.SpectrumDisplay.from_estimator(EchoState()), "system"),
    (lambda: plotting.CapacityDisplay.from_capacity(3.0), "capacity"),
    (lambda: plotting.CapacityDisplay.from_capacity(SimpleNamespace(per_delay=[np.nan])), "capacity"),
    (lambda: plotting.CapacityDisplay.from_capacity(SimpleNamespace(table=TABLE), n_states=0), "n_states"),
    (lambda: plotting.EarlyClassificationDisplay.from_estimator(3.0, [TRUTH], ["a"]), "estimator"),
    (lambda: plotting.EarlyClassificationDisplay.from_estimator(Ridge(), [TRUTH], ["a"]), "estimator"),
    (
        lambda: plotting.EarlyClassificationDisplay.from_estimator(
            RidgeClassifier(), [TRUTH], ["a"], shares=[0.0, 1.0]
        ),
        "shares",
    ),
    (
        lambda: plotting.EarlyClassificationDisplay.from_estimator(RidgeClassifier(), [TRUTH], ["a"], shares=[]),
        "shares",
    ),
    (lambda: plotting.EarlyClassificationDisplay.from_estimator(RidgeClassifier(), TRUTH, np.ones(len(TRUTH))), "y"),
    (lambda: plotting.TrainingDisplay.from_estimator(Ridge()), "estimator"),
    (lambda: plotting.TrainingDisplay.from_estimator(SimpleNamespace(loss_curve_=[])), "estimator"),
    (lambda: plotting.TrainingDisplay.from_readout(RidgeReadout(), TRUTH, TRUTH), "readout"),
    (lambda: plotting.TrainingDisplay.from_readout(RecursiveLeastSquares(), TRUTH, TRUTH[1:]), "y"),
    (lambda: plotting.TrainingDisplay.from_readout(RecursiveLeastSquares(), TRUTH, TRUTH, window=0), "window"),
    (lambda: plotting.SearchDisplay.from_estimator(Ridge()), "search"),
    (lambda: plotting.SearchDisplay.from_estimator(SimpleNamespace(cv_results_=RESULTS), metric="r2"), "metric"),
    (lambda: plotting.ComparisonDisplay.from_scores({}), "scores"),
    (lambda: plotting.ComparisonDisplay.from_scores({"a": {"b": ["c"]}}), "scores"),
    (lambda: plotting.ComparisonDisplay.from_scores({"a": {"b": []}}), "scores"),
    (lambda: plotting.ComparisonDisplay.from_scores(SCORES, better="larger"), "better"),
    (lambda: plotting.ComparisonDisplay.from_scores(SCORES, references={"Lorenz": 0.1}), "references"),
    (lambda: plotting.ComparisonDisplay.from_records([{"task": "a"}]), "records"),
    (lambda: plotting.ComparisonDisplay.from_records(5), "records"),
    (lambda: MAKERS["ComparisonDisplay"]().plot(interval=(75, 25)), "interval"),
]


@pytest.mark.parametrize(("call", "name"), BAD)
def test_errors_have_the_one_shape(call, name):
    with pytest.raises(ValueError, match=rf"(?s)^The '{name}' parameter of \w+Display must be .* Got "):
        call()


@pytest.mark.parametrize("draw", [
    lambda times: WeightsDisplay.from_snapshots(np.ones((3, 4)), times=times).times,
    lambda times: STDPWindowDisplay.from_changes(times, np.ones(3)).lags,
])  # fmt: skip
def test_times_of_a_picture_are_seconds(draw):
    brian2 = pytest.importorskip("brian2.units")
    times = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(draw(times * brian2.ms), 1e-3 * times)
    with pytest.raises(ValueError, match="must be a number or a quantity of seconds"):
        draw(times * brian2.mV)
