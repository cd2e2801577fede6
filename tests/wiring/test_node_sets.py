"""Sets of nodes that hear the input, and that the readout sees."""

import numpy as np
import pytest

from reservoir import EchoState, ReservoirRegressor
from reservoir.estimator_checks import check_sequence_estimator
from reservoir.systems import Selected
from reservoir.wiring import BlockInputWeights, NodeInputWeights, PiSigns

REGIONS = np.array(["v", "m", "v", "m", "s"])
X = np.random.default_rng(0).uniform(-1, 1, size=(20, 2))
SETS = [
    ([3, 1], None),
    ([False, True, False, True, False], None),
    ("m", REGIONS),
    (["m"], REGIONS),
    (1, [0, 1, 2, 1, 0]),
]


@pytest.mark.parametrize("units, modules", SETS)
def test_only_the_set_hears_or_is_seen(units, modules):
    weights = NodeInputWeights(units, modules=modules).draw(5, 2, np.random.default_rng(1))
    assert np.flatnonzero(weights.any(axis=1)).tolist() == [1, 3] and np.abs(weights).max() < 1
    system = EchoState(5, random_state=0)
    found = Selected(system, units, modules=modules).fit(X)
    order = [3, 1] if np.array_equal(units, [3, 1]) else [1, 3]
    assert np.array_equal(found.transform(X), system.fit_transform(X)[:, order])


def test_weights_of_the_set_are_those_of_a_part():
    inner = NodeInputWeights([4, 0, 2], weights=PiSigns())
    assert np.array_equal(inner.draw(5, 1, None)[[4, 0, 2]], PiSigns().draw(3, 1, None))
    assert np.array_equal(
        NodeInputWeights(weights=BlockInputWeights(2)).draw(6, 3, np.random.default_rng(2)),
        BlockInputWeights(2).draw(6, 3, np.random.default_rng(2)),
    )


def test_silent_nodes_hear_what_reaches_them():
    """Along a line the input comes to unit k after k steps."""
    line = np.diag(np.ones(4), -1)
    heard = NodeInputWeights([0], weights=PiSigns())
    system = EchoState(5, topology=line, spectral_radius=None, input_weights=heard, bias_scaling=0.0).fit(X[:, :1])
    states = Selected(system, [4]).fit(X[:, :1]).transform(X[:, :1])
    assert not states[:4].any() and states[4:].all()


@pytest.mark.parametrize("units, order", [(None, ["m", "s", "v"]), (["v", "m"], ["v", "m"])])
def test_means_of_modules(units, order):
    system = EchoState(5, random_state=0)
    found = Selected(system, units, modules=REGIONS, means=True).fit_transform(X)
    states = system.fit_transform(X)
    np.testing.assert_allclose(found, np.stack([states[:, REGIONS == one].mean(axis=1) for one in order], axis=1))


@pytest.mark.parametrize("model", [
    Selected(EchoState(5, random_state=0), [1, 4]), Selected(EchoState(5, random_state=0, dtype="float32"), None),
    Selected(EchoState(5, random_state=0), modules=REGIONS, means=True),
    ReservoirRegressor(Selected(EchoState(5, noise=0.1, random_state=0), "v", modules=REGIONS)),
], ids=["units", "all", "means", "regressor"])  # fmt: skip
def test_contract(model):
    check_sequence_estimator(model)


def test_in_pieces_is_at_once_and_trials():
    system = Selected(EchoState(5, noise=0.1, random_state=0), [2]).fit(X)
    whole, _ = system.run(X, trial=3)
    head, state = system.run(X[:7], trial=3)
    assert np.array_equal(np.vstack([head, system.run(X[7:], state)[0]]), whole)
    assert np.array_equal(system.run([X, X], trial=[0, 3])[0][1], whole)
    assert not np.array_equal(system.without_noise().transform(X), system.transform(X))


@pytest.mark.parametrize("units, modules, named", [
    ([0, 5], None, "units"), ([0, 0], None, "units"), ([-1], None, "units"), ([], None, "units"),
    ([0.5], None, "units"),
    ([False] * 5, None, "units"), ("x", REGIONS, "units"), (["v", "v"], REGIONS, "units"), ("v", None, "units"),
    (None, REGIONS[:4], "modules"), (None, [0.5] * 5, "modules"), (0, REGIONS, "units"),
])  # fmt: skip
def test_bad_sets(units, modules, named):
    with pytest.raises(ValueError, match=f"'{named}' parameter of NodeInputWeights must be"):
        NodeInputWeights(units, modules=modules).draw(5, 2, np.random.default_rng(0))
    with pytest.raises(ValueError, match=f"'{named}' parameter of Selected must be"):
        Selected(EchoState(5), units, modules=modules).fit(X)


def test_means_without_modules():
    with pytest.raises(ValueError, match="'means' parameter of Selected must be False without modules"):
        Selected(means=True).fit(X)


def test_what_was_fitted_does_not_hear_of_later_parameters():
    system = Selected(EchoState(5, random_state=0), ["v", "m"], modules=REGIONS, means=True).fit(X)
    before = system.transform(X)
    assert np.array_equal(system.set_params(units=None, means=False, modules=REGIONS[::-1]).transform(X), before)
