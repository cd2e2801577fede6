"""Numbers that are missing: named with their place, and with the way out."""

import numpy as np
import pytest

from reservoir import EchoState, ReservoirClassifier, ReservoirRegressor, simulate
from reservoir.circuits import Circuit, MaassColumn, Projection
from reservoir.metrics import copy_recall, frame_accuracy, nrmse, valid_prediction_time
from reservoir.model_selection import sequence_scorer
from reservoir.readouts import RecursiveLeastSquares, RidgeReadout
from reservoir.rnn import RNNRegressor
from reservoir.sequences import from_aeon, to_aeon
from reservoir.spikes import Exponential, SpikeTrains
from tests.loops import looped
from tests.sequence_cases import RAGGED, STACK, T, small, step_values


def with_gap(values, place, gap=np.nan):
    values = np.array(values, dtype=float)
    values[place] = gap
    return values


MODELS = [ReservoirRegressor(small()), RNNRegressor(max_iter=1, tol=None)]
DATA = {
    "series": (with_gap(STACK[0], (3, 1)), step_values("series"), "NaN at row 3, column 1. .* list of series"),
    "infinity": (with_gap(STACK[0], (3, 1), np.inf), step_values("series"), "infinity at row 3, column 1"),
    "stack": (with_gap(STACK, (2, 5, 0)), step_values("stack"), "NaN at row 5, column 0 of sequence 2"),
    "padding": (with_gap(STACK, (2, slice(9, None))), step_values("stack"), "row 9, .*6 such values.*no padding"),
    "list": ([RAGGED[0], with_gap(RAGGED[1], (6, 1)), *RAGGED[2:]], step_values("list"), "Sequence 1: .*row 6, col"),
    "None": ([[1.0, None], [2.0, 3.0]], [0.0, 1.0], "NaN at row 0, column 1"),
    "target": (STACK[0], with_gap(step_values("series"), 4, np.inf), "^y of .* infinity at row 4"),
    "targets": (STACK[0], with_gap(step_values("series", 2), (4, 1)), r"^y of .* NaN in some outputs .*\(row 4\)"),
    "member": (RAGGED, [*step_values("list")[:4], with_gap(step_values("list")[4], 7, np.inf)], "y .* row 7"),
}  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("X, y, text", DATA.values(), ids=DATA)
def test_the_place_of_a_gap(model, X, y, text):
    with pytest.raises(ValueError, match=text) as caught:
        model.fit(X, y)
    assert "HistGradientBoosting" not in str(caught.value)


def test_the_column_of_a_table_by_its_name():
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(STACK[0], columns=["flow", "level"])
    lost = np.outer(table.index == 5, [True, True])
    for gaps in (table.mask(lost), table.convert_dtypes().mask(lost), table.astype(object).mask(lost)):
        with pytest.raises(ValueError, match=r"NaN at row 5, column 'flow' .2 such values in all"):
            small().fit(gaps)
    with pytest.raises(ValueError, match=r"Sequence 1: .* row 5, column 'flow'"):
        small().fit([table, table.mask(lost)])
    y = pd.DataFrame(STACK[1], columns=["p", "q"])
    with pytest.raises(ValueError, match=r"y of .* infinity at row 5, column 'p'"):
        ReservoirRegressor(small()).fit(table, y.mask(lost, np.inf))


def test_a_row_for_run_and_a_channel():
    model = ReservoirRegressor(small()).fit(np.zeros((9, 6)), np.arange(9.0))
    with pytest.raises(ValueError, match=r"X\.reshape\(1, -1\) is one row of 6 features, X\.reshape\(-1, 1\) is"):
        model.run(np.zeros(6))
    with pytest.raises(ValueError, match=r"X\.reshape\(-1, 1\) is one series with one feature, X\.reshape\(1, -1\)"):
        model.run(np.zeros(7))


# Masks


HIDDEN = np.ma.masked_array(STACK[0], np.eye(T, 2))
COLUMN = MaassColumn((2, 2, 2)).draw(np.random.default_rng(0))
PAIRS = {"pre": [0, 1], "post": [1, 0], "weight": 1e-9, "delay": 1e-3, "time_constant": 3e-3}
PAIR = Projection(**PAIRS)
SPIKES = np.ma.masked_array([0.1, 0.2], [0, 1])
TABLE, ROW = np.ma.masked_array(np.ones((8, 8)), np.eye(8)), np.ma.masked_array(np.ones(T), [1, *[0] * (T - 1)])
MASKED = {
    "X": lambda: small().fit(HIDDEN),
    "X, a list": lambda: small().fit([STACK[0], HIDDEN]),
    "X, a stack": lambda: small().fit(np.ma.masked_array(STACK, STACK > 0.9)),
    "y": lambda: ReservoirRegressor(small()).fit(STACK[0], ROW),
    "y, a list": lambda: ReservoirRegressor(small()).fit([STACK[0]] * 2, [np.ones(T), ROW]),
    "labels": lambda: ReservoirClassifier(small()).fit(STACK, np.ma.masked_array([0, 1] * 2 + [0], [1] + [0] * 4)),
    "score": lambda: ReservoirRegressor(small()).fit(STACK[0], np.ones(T)).score(STACK[0], ROW),
    "scorer": lambda: sequence_scorer("r2")(ReservoirRegressor(small()).fit(STACK[0], np.ones(T)), STACK[0], ROW),
    "context": lambda: looped(small(), washout=1).fit(STACK[0]).forecast(2, context=HIDDEN),
    "from_aeon": lambda: from_aeon(np.ma.masked_array(STACK, STACK > 0.9)),
    "from_aeon, a list": lambda: from_aeon([HIDDEN]),
    "to_aeon": lambda: to_aeon([STACK[0], HIDDEN]),
    "state": lambda: small().fit(STACK[0]).run(STACK[0], np.ma.masked_array(np.zeros(20), [1] + [0] * 19)),
    "input_weights": lambda: EchoState(8, input_weights=TABLE[:, :2]).fit(STACK[0]),
    "bias": lambda: EchoState(8, bias=TABLE[0]).fit(STACK[0]),
    "leak": lambda: EchoState(8, leak=TABLE[0]).fit(STACK[0]),
    "topology": lambda: EchoState(8, topology=TABLE, spectral_radius=None).fit(STACK[0]),
    "exogenous": lambda: looped(small(), washout=1, exogenous=SPIKES.astype(int)).fit(STACK[0]),
    "sample_weight": lambda: RidgeReadout().fit(STACK[0], np.ones(T), sample_weight=ROW),
    "readout, X": lambda: RidgeReadout().fit(HIDDEN, np.ones(T)),
    "readout, y": lambda: RidgeReadout().fit(STACK[0], ROW),
    "step": lambda: RecursiveLeastSquares().fit(STACK[0], np.ones(T)).step(HIDDEN[0], 1.0),
    "times": lambda: SpikeTrains(SPIKES, [0, 0], 1, 1.0),
    "units": lambda: SpikeTrains([0.1, 0.2], np.ma.masked_array([0, 0], [0, 1]), 1, 1.0),
    "lists of times": lambda: SpikeTrains.of_lists([SPIKES], 1.0),
    "currents": lambda: simulate(COLUMN, currents=TABLE),
    "currents, a list": lambda: simulate(COLUMN, currents=[TABLE]),
    "weights": lambda: Projection(**{**PAIRS, "weight": np.ma.masked_array([1e-9, 1e-9], [0, 1])}),
    "senders": lambda: Projection(**{**PAIRS, "pre": np.ma.masked_array([0, 1], [0, 1])}),
    "select": lambda: Projection(**PAIRS).select(np.ma.masked_array([0, 1], [0, 1])),
    "excitatory": lambda: Circuit(np.ma.masked_array([True, False], [0, 1]), PAIR, PAIR, 2),
    "y_true": lambda: nrmse(ROW, np.ones(T)),
    "y_pred": lambda: nrmse(np.arange(T), ROW),
    "valid time": lambda: valid_prediction_time(np.arange(T), ROW),
    "frames": lambda: frame_accuracy([TABLE], [np.ones((8, 8))]),
    "recall": lambda: copy_recall(ROW, np.ones(T)),
    "memory of a trace": lambda: Exponential().filter(SpikeTrains([0.1], [0], 1, 1.0), 0.1, 10, TABLE[:1, :1]),
}  # fmt: skip


@pytest.mark.parametrize("ask", MASKED.values(), ids=MASKED)
def test_masked_values_are_refused_by_name(ask):
    with pytest.raises(ValueError, match="masked values"):
        ask()


def test_a_mask_that_hides_nothing_is_no_mask():
    assert small().fit(np.ma.masked_array(STACK[0], False)).n_features_in_ == 2
    assert SpikeTrains(np.ma.masked_array([0.1], [False]), [0], 1, 1.0).times.tolist() == [0.1]


@pytest.mark.parametrize("value", [1j, "a", None, {}, [[1], [1, 2]], np.array([1, "a"], dtype=object), np.nan])
def test_what_is_no_number_is_refused_at_side_doors(value):
    for ask in (
        lambda: SpikeTrains([value], [0], 1, 1.0), lambda: nrmse([1.0, 2.0], [value, value]), lambda: from_aeon(value),
        lambda: simulate(COLUMN, currents=[[value] * 8]), lambda: EchoState(8, bias=[value] * 8).fit(STACK[0]),
        lambda: RidgeReadout().fit(STACK[0], np.ones(T), sample_weight=[value] * T),
        lambda: small().fit([[value, 1.0]] * 3), lambda: ReservoirRegressor(small()).fit(STACK[0], [value] * T),
    ):  # fmt: skip
        with pytest.raises((ValueError, TypeError)):
            ask()


def test_an_error_shows_what_a_large_value_is_and_not_all_of_it():
    with pytest.raises(ValueError, match=r"Got ndarray of shape \(300, 2\)\.$"):
        nrmse(np.zeros(4), np.zeros((300, 2)))
    with pytest.raises(ValueError) as caught:
        EchoState(8, bias=list(range(9000))).fit(STACK[0])
    assert len(str(caught.value)) < 600
