"""The time gate of the Phased LSTM: leak in training only, sleep, time stamps, numbers of rows."""

import numpy as np
import pytest

from reservoir.rnn import RNNRegressor
from reservoir.rnn.cells import PhasedLSTM
from reservoir.rnn.descent import run_rows
from reservoir.rnn.packing import Packing
from reservoir.rnn.recurrent_network import RecurrentNetwork
from tests.rnn.recurrent_oracles import phased_lstm

N_STEPS = 40


def network_of(cell, n_features=3, dtype="float64", n_units=6):
    return RecurrentNetwork(cell, (n_units,), False, n_features, 1, np.random.default_rng(3), np.dtype(dtype))


def rows_of(start=0.0):
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(N_STEPS, 3))
    rows[:, 1] = start + np.cumsum(rng.uniform(0.1, 3, size=N_STEPS))
    return rows


@pytest.mark.parametrize("time_column", [None, 1])
def test_closed_units_leak_in_training_and_sleep_in_prediction(time_column):
    network, rows = network_of(PhasedLSTM(time_column, leak=0.2)), rows_of()
    x, times = network.split_times(rows)
    packing = Packing.of(np.array([N_STEPS]))
    for training, leak in ((True, 0.2), (False, 0.0)):
        hidden = network.forward(rows, packing, training=training)[0]
        expected = phased_lstm(network.cell, network.layers[0][0].parameters, x, times, np.ones(6), leak)
        np.testing.assert_allclose(hidden, expected, rtol=1e-12, atol=1e-13)
        asleep = (np.diff(hidden, axis=0) == 0).mean()
        assert asleep == 0 if training else 0.7 < asleep < 1


def test_a_fitted_model_answers_without_the_leak():
    rows = rows_of()
    model = RNNRegressor(PhasedLSTM(1, leak=0.5), (6,), max_iter=2, tol=None, dtype="float64", random_state=0)
    model.fit(rows, rows[:, 0])
    x, times = model.network_.split_times(rows)
    expected = phased_lstm(model.network_.cell, model.network_.layers[0][0].parameters, x, times, np.ones(6))
    np.testing.assert_allclose(model.states(rows), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("time_column", [None, 1])
def test_a_run_goes_on_from_a_state(time_column):
    """Rows are counted on."""
    rows = rows_of()
    model = RNNRegressor(PhasedLSTM(time_column), (6, 4), max_iter=1, tol=None, random_state=0).fit(rows, rows[:, 0])
    whole, final = model.run(rows)
    head, state = model.run(rows[:17])
    tail, end = model.run(rows[17:], state)
    assert np.concatenate([head, tail]).tobytes() == whole.tobytes()
    assert end.tobytes() == final.tobytes()


def test_late_time_stamps_keep_their_fractions_in_float32():
    """Seconds since 1970: float32 would know them to two minutes."""
    early, late = rows_of(), rows_of(1.5e9)
    networks = [network_of(PhasedLSTM(1, open_ratio=0.5), dtype="float32") for _ in range(2)]
    parameters = networks[1].named
    period = np.float32(2.0) ** np.arange(6)
    for network in networks:
        network.named["layer_0.forward.period"][:] = period
    offset = np.mod(1.5e9, period.astype(float))
    parameters["layer_0.forward.shift"] += offset.astype(np.float32)
    hidden = [
        run_rows(network, rows, np.array([0, N_STEPS]))[0]
        for network, rows in zip(networks, (early, late), strict=True)
    ]
    np.testing.assert_allclose(hidden[0], hidden[1], atol=1e-4)
    assert np.abs(hidden[0]).max() > 0.05


def test_periods_and_shifts_start_in_their_ranges():
    cell, rng = PhasedLSTM(period_range=(2.0, 50.0), open_ratio=0.1), np.random.default_rng(0)
    drawn = [cell.draw(1, 100, rng) for _ in range(40)]
    parameters = {name: np.concatenate([each[name] for each in drawn]) for name in ("period", "shift", "open_ratio")}
    logs = np.log(parameters["period"])
    assert logs.min() > np.log(2.0)
    assert logs.max() < np.log(50.0)
    assert abs(np.quantile(logs, 0.5) - np.log(10.0)) < 0.1
    phases = parameters["shift"] / parameters["period"]
    assert np.histogram(phases, bins=10, range=(0, 1))[0].min() > 300
    assert (parameters["open_ratio"] == 0.1).all()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("time_column", 3),
        ("time_column", -1),
        ("time_column", True),
        ("period_range", (0.0, 1.0)),
        ("period_range", (2.0, 1.0)),
        ("period_range", 3.0),
        ("open_ratio", 0.0),
        ("leak", 1.5),
        ("forget_bias", "big"),
    ],
)
def test_refused_options(option, value):
    rows = rows_of()
    with pytest.raises(ValueError, match=rf"The '{option}(\[\d\])?' parameter of PhasedLSTM must be"):
        RNNRegressor(PhasedLSTM(**{option: value})).fit(rows, rows[:, 0])
