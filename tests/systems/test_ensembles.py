"""Reservoirs side by side: the steps of each, in their structure, made once and out of sight."""

import copy
import pickle
import tracemalloc

import numpy as np
import pytest
from sklearn.base import clone

from reservoir import EchoState
from reservoir.neurons.rate import EdgeOfStability
from reservoir.readouts import RidgeReadout
from reservoir.systems import ensembles
from reservoir.systems.ensembles import joined, joined_states
from reservoir.systems.rate_runs import close_loop, weights_of
from reservoir.topologies import Hadamard, Orthogonal, Permutation, Random
from tests.loops import looped
from tests.neurons.test_kernels import draw_matrix

SERIES = np.sin(np.arange(300) / 5)[:, None]
STRUCTURES = {
    "circulant": {}, "sparse": {"topology": Random()}, "dense": {"topology": Orthogonal()},
    "Hadamard": {"topology": Hadamard()}, "units with a matrix": {"unit": EdgeOfStability()},
    "units with a structured matrix": {"unit": EdgeOfStability(matrix=Permutation())},
}  # fmt: skip


def model_of(n_units=37, n_members=3, **options):
    reservoir = EchoState(n_units, **{"bias_scaling": 0.3, "input_scaling": 1.0, "random_state": 0} | options)
    return looped(reservoir, RidgeReadout(1e-4), washout=20, n_members=n_members).fit(SERIES)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_joint_reservoir_moves_as_its_members_do(structure, dtype):
    """Each member, driven by its own loop, against all of them in one; they do not hear one another."""
    systems = [EchoState(37, **STRUCTURES[structure], dtype=dtype, random_state=s).fit(SERIES) for s in range(3)]
    rng = np.random.default_rng(0)
    states, coefs = rng.uniform(-1, 1, (2, 3, 37)) * np.array([1, 0.1])[:, None, None]
    states = states.astype(dtype)
    start = joined_states(list(states), [weights_of(system) for system in systems])
    outputs, final = close_loop(joined(systems), np.hstack(coefs)[None], np.zeros(1), start, [0.5], 1)
    alone = [
        close_loop(weights_of(system), coef[None], np.zeros(1), own, [0.5], 1)
        for system, coef, own in zip(systems, coefs, states, strict=True)
    ]
    np.testing.assert_array_equal(final, np.concatenate([end for _, end in alone]))  # the sums of each, bit for bit
    np.testing.assert_allclose(outputs, sum(out for out, _ in alone), atol=1e-6 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("kinds", [("dense", "sparse"), ("circulant", "circulant")])
def test_members_of_different_structure(kinds):
    """Also where the graphs have other numbers of offsets."""
    rng = np.random.default_rng(0)
    matrices = [draw_matrix(kind, 11, rng) for kind in kinds]
    options = {"spectral_radius": None, "random_state": 0}
    systems = [EchoState(11, topology=W, **options).fit(SERIES) for W in matrices]
    start = rng.uniform(-1, 1, 22)
    _, final = close_loop(joined(systems), np.zeros((1, 22)), np.zeros(1), start, [0.5], 1)
    alone = [system.run([[0.5]], own)[1] for system, own in zip(systems, np.split(start, 2), strict=True)]
    np.testing.assert_allclose(final, np.concatenate(alone), rtol=0, atol=1e-13)


@pytest.mark.parametrize("structure", ["circulant", "sparse", "dense", "Hadamard"])
def test_a_forecast_needs_little_more_than_the_weights(structure):
    """Within 3 times the weights of the members, and the few arrays over their units."""
    n_units = 1024 if structure == "dense" else 4096
    model = model_of(n_units, 2, **STRUCTURES[structure], input_scaling=0.1)
    members = [member.reservoir_ for member in model.members_]
    sizes = [sum(map(np.size, weights_of(member).matrix)) for member in members]
    n_bytes = 8 * sum(sizes)
    model_of(64, 2, **STRUCTURES[structure], input_scaling=0.1).forecast(1)  # compiled
    tracemalloc.start()
    model.forecast(1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * n_bytes + 16 * 8 * 2 * n_units
    assert peak < n_units**2 * 8 * 2.5


def test_the_joint_system_is_made_once_and_nobody_sees_it(monkeypatch):
    model, made, parts = model_of(), [], ensembles._parts
    monkeypatch.setattr(ensembles, "_parts", lambda *given: made.append(1) or parts(*given))
    before, text = pickle.dumps(model), repr(vars(model))
    first = model.forecast(10)
    np.testing.assert_array_equal(model.forecast(10), first)
    np.testing.assert_array_equal(model.forecast(10, SERIES), first)
    assert len(made) == 1 and pickle.dumps(model) == before and repr(vars(model)) == text
    for other in (copy.deepcopy(model), pickle.loads(before), clone(model).fit(SERIES)):
        np.testing.assert_array_equal(other.forecast(10), first)
    assert len(made) == 4


@pytest.mark.filterwarnings("ignore::reservoir.models.DivergenceWarning")  # of members that were spoilt
def test_it_is_thrown_away_when_members_change():
    model = model_of()
    first = model.forecast(10)
    for change in ("W_", "W_in_", "bias_", "members", "readout", "fit"):
        other = copy.deepcopy(model)
        np.testing.assert_array_equal(other.forecast(10), first)
        member = other.members_[1]
        if change == "members":
            other.members_ = other.members_[::-1][:2]
        elif change == "readout":
            member.readout_.coef_ *= 0.5
        elif change == "fit":
            member.reservoir_.set_params(spectral_radius=0.3).fit(SERIES)
        else:
            setattr(member.reservoir_, change, getattr(member.reservoir_, change) * 0.5)
        fresh = pickle.loads(pickle.dumps(other))
        assert np.abs(other.forecast(10) - first).max() > 0, change
        np.testing.assert_array_equal(other.forecast(10), fresh.forecast(10))
