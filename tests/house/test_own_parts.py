"""Parts from outside the package are as good as ours in models, forecasts, searches; what holds code is not saved."""

import importlib
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import reservoir
import spiking
from reservoir import (
    DeepEchoState,
    EchoState,
    LiquidState,
    ReservoirClassifier,
    ReservoirRegressor,
    save,
)
from reservoir.circuits import MaassColumn
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
from reservoir.models import Shares
from reservoir.probes import lyapunov_exponent
from reservoir.rnn import RNNRegressor
from reservoir.spikes import SpikeTrains
from tests.loops import looped

SERIES = np.sin(np.arange(240) / 5).reshape(-1, 1)
NEXT = np.roll(SERIES[:, 0], -1)
FOLDS = WarmTimeSeriesSplit(2, warmup=20)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A module of a user's, found on the path, with one part of each kind."""
    folder = tmp_path_factory.mktemp("user")
    shutil.copy(Path(__file__).with_name("own_parts.py"), folder / "own_parts.py")
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("own_parts")
    finally:
        sys.path.remove(str(folder))


def assert_searched(model, name, values, X=SERIES, y=NEXT):
    """The search gives every candidate the score that it has alone."""
    search = ReservoirSearchCV(model, {name: values}, cv=FOLDS).fit(X, y)
    single = ReservoirSearchCV(model, {name: [search.best_params_[name]]}, cv=FOLDS).fit(X, y)
    assert search.best_score_ == pytest.approx(single.best_score_, abs=1e-9)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def assert_not_saved(part, tmp_path):
    with pytest.raises(ValueError, match=r"cannot be saved"):
        save(part, tmp_path / "part.model")
    assert not list(tmp_path.glob("*.model"))


def by_steps(model, n_steps):
    """A forecast as the docstring of the forecaster states it, from `run` and `predict` alone."""
    system, readout, answers = model.reservoir_, model.readout_, []
    _, state = system.run(SERIES[:-1])
    row = SERIES[-1:]
    for _ in range(n_steps):
        states, state = system.run(row, state)
        row = np.reshape(readout.predict(np.hstack([states, row])), (1, -1))
        answers.append(row[0])
    return np.array(answers)


def test_a_topology(own, tmp_path):
    system = EchoState(30, topology=own.Ladder(), random_state=0)
    W = system.fit(SERIES).W_.toarray()
    assert (W != 0).sum() == 60 and np.abs(np.linalg.eigvals(W)).max() == pytest.approx(0.9)
    assert ReservoirRegressor(system, washout=20).fit(SERIES, NEXT).score(SERIES, NEXT) > 0.99
    assert_searched(ReservoirRegressor(system), "reservoir__topology__rungs", [2, 5])
    assert_not_saved(system, tmp_path)


def test_a_rate_unit(own, tmp_path):
    system = EchoState(20, unit=own.Residual(0.7, 0.2), random_state=0).fit(SERIES)
    x, W, naive = np.zeros(20), system.W_.toarray(), []
    for u in SERIES:
        x = 0.7 * x + 0.2 * np.tanh(W @ x + system.W_in_ @ u + system.bias_)
        naive.append(x)
    np.testing.assert_allclose(system.transform(SERIES), naive, rtol=0, atol=1e-12)
    model = looped(system, washout=20).fit(SERIES)
    np.testing.assert_allclose(model.forecast(5), by_steps(model, 5), rtol=0, atol=1e-9)
    assert looped(system, washout=20, n_members=2).fit(SERIES).forecast(5).shape == (5, 1)
    assert np.isfinite(lyapunov_exponent(system, SERIES, washout=20).largest)
    assert DeepEchoState(EchoState(10, unit=own.Residual()), 2, random_state=0).fit_transform(SERIES).shape == (240, 20)
    assert_searched(ReservoirRegressor(system), "reservoir__unit__keep", [0.1, 0.8])
    assert_not_saved(model, tmp_path)


def test_a_spiking_unit(own, tmp_path):
    circuit = MaassColumn((2, 2, 3)).draw(np.random.default_rng(0), n_inputs=2)
    trains = SpikeTrains(np.arange(0.002, 0.1, 0.001), np.arange(98) % 2, 2, 0.1)
    in_numba = reservoir.simulate(circuit, trains, neuron=own.Carrying(), random_state=0).spikes
    in_brian = spiking.simulate(circuit, trains, neuron=own.Carrying(), random_state=0, codegen="numpy").spikes
    assert len(in_numba) > 10
    np.testing.assert_allclose(in_brian.times, in_numba.times, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(in_brian.units, in_numba.units)
    liquid = LiquidState(MaassColumn((2, 2, 3)), own.Carrying(), random_state=0)
    model = ReservoirRegressor(liquid, washout=5).fit(SERIES, NEXT)
    assert np.isfinite(model.predict(SERIES)).all()
    assert_searched(ReservoirRegressor(liquid), "reservoir__neuron__threshold", [0.015, 0.0155])
    assert_not_saved(model, tmp_path)


def test_a_plasticity_rule(own, tmp_path):
    circuit = MaassColumn((2, 2, 3)).draw(np.random.default_rng(0), n_inputs=2)
    trains = SpikeTrains(np.arange(0.002, 0.05, 0.001), np.arange(48) % 2, 2, 0.1)  # all arrive
    rules = {"inputs": own.Fading(0.02)}
    kept = np.where(circuit.inputs.weight > 0, 0.98**24, 1.0)
    for simulate in (reservoir.simulate, spiking.simulate):
        learned = simulate(circuit, trains, plasticity=rules, record="weights", random_state=0).circuit.inputs
        np.testing.assert_allclose(learned.weight, circuit.inputs.weight * kept, rtol=1e-9)
    system = LiquidState(MaassColumn((2, 2, 3)), plasticity=rules, random_state=0)
    assert_not_saved(ReservoirRegressor(system).fit(SERIES[:40], NEXT[:40]), tmp_path)
    assert_searched(ReservoirRegressor(system), "reservoir__plasticity__inputs__share", [0.0, 0.1])


def test_a_plasticity_rule_runs_where_it_says(own, monkeypatch):
    """By its text in Brian2, by its functions in Numba: a microcircuit takes either, in the engine that can."""
    column, series = MaassColumn((2, 2, 3), input_probability=1.0), SERIES[:5]
    both, text, compiled = ({"inputs": rule(0.02)} for rule in (own.Fading, own.FadingInWords, own.FadingInNumba))
    liquid = LiquidState(column, plasticity=both, random_state=0).fit(series)

    def microcircuit(rules, **options):
        return spiking.Microcircuit(column, plasticity=rules, random_state=0, codegen="numpy", **options)

    for rules, options in ((both, {"twin": False}), (text, {})):
        in_brian = microcircuit(rules, **options).fit(series)
        assert in_brian.codegen_ == "numpy" and in_brian.learning_state_.engine == "brian2"
        np.testing.assert_allclose(in_brian.circuit_.inputs.weight, liquid.circuit_.inputs.weight, rtol=1e-12)
        assert (in_brian.circuit_.inputs.weight != liquid.initial_circuit_.inputs.weight).any()
    with pytest.raises(ValueError, match=r"'plasticity' parameter of LiquidState must be .* Brian2"):
        LiquidState(column, plasticity=text).fit(series)
    with pytest.raises(ValueError, match=r"'plasticity' parameter of Microcircuit must be .* Numba"):
        microcircuit(compiled, twin=False).fit(series)
    monkeypatch.setattr(spiking.microcircuit, "run_job", lambda *given, **options: pytest.fail("it runs in Brian2"))
    for rules in (both, compiled):
        assert microcircuit(rules).fit(series).circuit_.equals(liquid.circuit_)


def test_a_recurrent_cell(own, tmp_path):
    X, y = SERIES.reshape(8, 30, 1), NEXT.reshape(8, 30)
    network = RNNRegressor(own.Drift(), 8, max_iter=60, tol=None, learning_rate_init=0.02, random_state=0)
    assert network.fit(X, y).score(X, y) > 0.5
    assert np.isfinite(looped(EchoState(10, random_state=0), washout=20).fit(SERIES).forecast(3)).all()
    assert_not_saved(network, tmp_path)


def test_a_readout(own, tmp_path):
    system = EchoState(20, random_state=0)
    model = looped(system, own.Median(), washout=20).fit(SERIES)
    np.testing.assert_allclose(model.forecast(5), by_steps(model, 5), rtol=0, atol=1e-12)
    assert_searched(ReservoirRegressor(system, own.Median()), "readout__threshold", [-0.1, 0.1])
    assert_not_saved(model, tmp_path)


def test_a_pooling_that_learns(own, tmp_path):
    X, y = [SERIES[k : k + 20 + k] for k in range(0, 60, 3)], np.arange(20) % 2
    system = EchoState(10, random_state=0)
    model = ReservoirClassifier(system, pooling=own.Excursion()).fit(X, y)
    states = model.reservoir_.transform(X)
    level = states[-1].mean(axis=0)
    expected = model.readout_.predict(np.stack([np.abs(rows - level).mean(axis=0) for rows in states]))
    np.testing.assert_allclose(model.decision_function(X), expected, rtol=1e-12)
    joined = ReservoirClassifier(
        system, pooling=[own.Excursion(2.0), Shares(random_state=0), "last"], include_input=True
    )
    assert joined.fit(X, y).pooling_.poolings_[0].power == 2.0
    search = ReservoirSearchCV(joined, {"pooling__excursion__power": [1.0, 3.0]}, cv=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert_not_saved(model, tmp_path)


def test_a_pooling_that_gives_no_vector():
    class Rows:
        def pool(self, rows):
            return rows

    with pytest.raises(ValueError, match=r"must give a vector of one length for every sequence. Got \(20, 5\)"):
        ReservoirClassifier(EchoState(5, random_state=0), pooling=Rows()).fit([SERIES[:20], SERIES[:30]], [0, 1])
