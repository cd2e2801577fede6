"""A user's own network as a system: the same spikes as by hand, trials apart, and the network left as it was."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

import reservoir
from reservoir import ReservoirClassifier
from reservoir.readouts import RidgeReadout
from reservoir.spikes import Exponential, Latency, SpikeTrains
from spiking import BrianReservoir, _brian

b = _brian.engine()
STEP, DT = 0.01, 5e-4
RNG = np.random.default_rng(1)
LABELS = np.repeat([0, 1], 4)
SERIES = [RNG.random((12, 2)) * 0.5 + 0.5 * label for label in LABELS]
TAU = {"tau": 20 * b.ms}
SCALES = {"spikes": 1.0, "poisson": 200.0, "timed": 4.0, "variable": 3.0}


@pytest.fixture(autouse=True)
def plainly():
    """Brian2 as a user of NumPy has set it, and as it was."""
    before = b.prefs.codegen.target
    b.prefs.codegen.target = "numpy"
    yield
    b.prefs.codegen.target = before


def build(kind):
    """A network of each kind of input, which has run for a while, and what learns in it."""
    clock = {"dt": DT * b.second}
    leaky = {"threshold": "v > 1", "reset": "v = 0", "method": "exact", **clock}
    if kind in ("spikes", "poisson"):
        source = (b.SpikeGeneratorGroup(2, [0], [5] * b.ms, **clock) if kind == "spikes"
                  else b.PoissonGroup(2, rates=0 * b.Hz, **clock))  # fmt: skip
        units = b.NeuronGroup(6, "dv/dt = -v / tau : 1", **leaky)
        wires = b.Synapses(source, units, "w : 1", on_pre="v_post += w; w = 0.99 * w", **clock)
        wires.connect()
        wires.w = "0.3 + 0.05 * j"
        parts, given = [source, units, wires], source
    elif kind == "timed":
        given = b.TimedArray(np.zeros((100, 2)), dt=STEP * b.second)
        equations = "dv/dt = (drive(t, i % 2) - v + 0.3 * sqrt(tau) * xi) / tau : 1"
        units = b.NeuronGroup(6, equations, namespace={"drive": given}, **(leaky | {"method": "euler"}))
        parts = [units]
    else:
        units = b.NeuronGroup(2, "dv/dt = (drive - v) / tau : 1\ndrive : 1", **leaky)
        parts, given = [units], (units, "drive")
    monitor = b.SpikeMonitor(units)
    network = b.Network(*parts, monitor)
    network.run(12 * b.ms, namespace=TAU)
    return network, given, monitor


def system_of(kind, **options):
    return BrianReservoir(*build(kind), namespace=TAU, step=STEP, random_state=0, **options)


def scene(system):
    """All that a call might have changed."""
    network = system.network
    arrays = {(part.name, name): np.array(variable.get_value(), copy=True)
              for part in network.objects for name, variable in getattr(part, "variables", {}).items()
              if getattr(variable, "array", False) and hasattr(variable, "size")}  # fmt: skip
    values = system.input.values.tolist() if hasattr(system.input, "values") else None
    random = np.random.get_state()[1].tolist()  # noqa: NPY002
    return float(network.t), len(system.monitor.t), len(network.objects), arrays, values, random


@pytest.mark.parametrize("kind", SCALES)
def test_a_model_of_every_kind_of_input(kind):
    """Two classes that differ in their strength; sequences by themselves or together; another trial where it draws."""
    system = system_of(kind)
    before, X = scene(system), [SCALES[kind] * rows for rows in SERIES]
    model = ReservoirClassifier(system, RidgeReadout(1.0)).fit(X, LABELS)
    assert model.score(X, LABELS) == 1
    fitted = clone(system).fit(X)
    together = fitted.transform(X)
    for rows, states in list(zip(X, together, strict=True))[5::-3]:
        np.testing.assert_array_equal(fitted.transform(rows), states)
    assert max(map(np.max, together)) > 0.5
    other, _ = fitted.run(X[5], trial=1)
    assert np.array_equal(other, together[5]) == (kind == "variable")
    after = scene(system)
    assert before[:3] == after[:3] and before[4:] == after[4:]
    for place, values in before[3].items():
        np.testing.assert_array_equal(values, after[3][place], err_msg=str(place))
    for (t, *_), n in ((before, len(system.monitor.t)),):
        system.network.run(5 * b.ms, namespace=TAU)
        assert float(system.network.t) == pytest.approx(t + 5e-3) and len(system.monitor.t) >= n


def test_spikes_are_those_of_the_network_run_by_hand():
    trains = [
        SpikeTrains([0.003, 0.004, 0.0042, 0.03, 0.031], [0, 1, 1, 0, 1], 2, 0.05),
        SpikeTrains([0.002], [1], 2, 0.05),
    ]
    system = system_of("spikes", trace=Exponential(0.02)).fit(trains)
    states = system.transform(trains)
    steps, channels = np.array([6, 8, 60, 62]), np.array([0, 1, 0, 1])
    fired, v, w = [], np.zeros(6), np.tile(0.3 + 0.05 * np.arange(6), (2, 1))
    w[0] *= 0.99  # the spike before `fit`
    v += 0.3 + 0.05 * np.arange(6)
    v *= np.exp(-DT / 0.02) ** 14
    for step in range(100):
        v *= np.exp(-DT / 0.02)
        above = v > 1
        fired += [(step * DT, unit) for unit in np.flatnonzero(above)]
        for channel in channels[steps == step]:
            v += w[channel]
            w[channel] *= 0.99
        v[above] = 0
    assert len(fired) >= 3
    times, units = zip(*fired, strict=True)
    expected, _ = Exponential(0.02).filter(SpikeTrains(times, units, 6, 0.05), STEP, 5)
    np.testing.assert_allclose(states[0], expected, rtol=0, atol=1e-12)
    assert states[1].max() == 0  # nothing is left of the first


def test_searches_and_folds():
    model = ReservoirClassifier(system_of("spikes", encoder=Latency()), RidgeReadout(1.0))
    grid = {"readout__alpha": [1.0], "reservoir__trace": [Exponential(0.02), Exponential(0.05)]}
    search = GridSearchCV(model, grid, cv=2).fit(SERIES, LABELS)
    assert search.best_score_ > 0.5 and cross_val_score(model, SERIES, LABELS, cv=2).shape == (2,)
    copied = copy.copy(model.reservoir)
    assert clone(copied).network is model.reservoir.network is copied.network


def test_what_cannot_be_is_said(tmp_path):
    system = system_of("spikes")
    network, given, monitor = system.network, system.input, system.monitor
    fitted = clone(system).fit(SERIES)
    made = {
        "network": lambda: BrianReservoir(3, given, monitor).fit(SERIES),
        "monitor": lambda: BrianReservoir(network, given, given).fit(SERIES),
        "input": lambda: BrianReservoir(network, "v", monitor).fit(SERIES),
        "namespace": lambda: BrianReservoir(network, given, monitor).fit_transform(SERIES),
        "state": lambda: fitted.run(SERIES[0], fitted.run(SERIES[0])[1]),
        "trial": lambda: fitted.run(SERIES, trial=[0, 1]),
        "step": lambda: clone(system).set_params(step=0.0).fit(SERIES),
    }
    for name, call in made.items():
        with pytest.raises(ValueError, match=f"^The '{name}' parameter of BrianReservoir must be "):
            call()
    with pytest.raises(ValueError, match=r"^The 'input' parameter .* of size 3, as X of 3 features asks for"):
        clone(system).fit(np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"^X has 3 features, but BrianReservoir is expecting 2 features as input"):
        fitted.transform(np.ones((4, 3)))
    with pytest.raises(
        ValueError, match=r"^The 'input' parameter of BrianReservoir must be a TimedArray whose dt divides"
    ):
        system_of("timed").fit_transform(np.ones((120, 2)))
    with pytest.raises(ValueError, match=r"cannot be saved: .* keep the script that builds the network"):
        reservoir.save(fitted, tmp_path / "own.model")
    with pytest.raises(pickle.PicklingError, match="no other process and no file can have"):
        pickle.dumps(fitted)
    b.set_device("cpp_standalone", build_on_run=False)
    try:
        with pytest.raises(ValueError, match="the device 'runtime'"):
            fitted.transform(SERIES)
    finally:
        b.devices.reset_device()
