"""The weights of a reservoir against their definitions: what is drawn, and what is scaled to which number."""

import hashlib

import numpy as np
import pytest
from sklearn.base import clone

from reservoir import DeepEchoState, EchoState, ReservoirRegressor, load, save
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
from reservoir.neurons.rate import Euler, LeakyIntegrator
from reservoir.systems import EchoStateLanes
from reservoir.topologies import CirculantGraph, CirculantMatrix, DelayLine, Hadamard, Orthogonal, Random
from tests.topologies.families import dense

X = np.random.default_rng(0).normal(size=(60, 3))
RNG = np.random.default_rng(2)
MATRICES = {
    "default": None, "random": Random(5), "orthogonal": Orthogonal(), "line": DelayLine(0.3),
    "dense": RNG.normal(size=(40, 40)), "circulant": CirculantMatrix(RNG.normal(size=(3, 40)), np.array([0, 2, 5])),
}  # fmt: skip
OPTIONS = {
    "effective radius": {"scaled_by": "effective_radius"}, "norm": {"scaled_by": "norm"},
    "signs": {"input_weights": "signs"}, "channels": {"input_scaling": [0.1, 0.2, 0.3]},
    "none": {"input_scaling": None, "bias_scaling": None}, "connectivity": {"input_connectivity": 0.3},
}  # fmt: skip
NAMES = "one of 'uniform', 'normal', 'signs'"
REFUSED = [
    ({"input_scaling": [0.1, 0.2]}, "None, a number >= 0, or one for each of the 3 channels"),
    ({"input_scaling": [0.1, 0.2, -1]}, "None, a number >= 0, or one for each of the 3 channels"),
    ({"input_scaling": "big"}, "a number >= 0"),
    ({"bias_scaling": -1}, "a number >= 0"),
    ({"input_weights": "gauss"}, NAMES),
    ({"input_weights": np.ones((2, 2))}, f"None, {NAMES}, a part that draws them or a finite real array"),
    ({"input_connectivity": 0}, r"in \(0, 1\]"),
    ({"scaled_by": "svd"}, "one of 'radius', 'effective_radius', 'norm'"),
    ({"scaled_by": "effective_radius", "unit": Euler()}, "'radius' or 'norm'"),
    ({"topology": Hadamard(), "scaled_by": "effective_radius", "leak": 0.5}, "a matrix with a diagonal"),
]


def fitted(**options):
    return EchoState(**{"n_units": 40, "bias_scaling": 0.2, "random_state": 1} | options).fit(X)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["uniform", "normal", "signs"])
def test_a_scaling_for_each_channel(name, dtype):
    plain = fitted(input_weights=name, input_scaling=1.0, dtype=dtype).W_in_
    scaled = fitted(input_weights=name, input_scaling=[0.5, 0.0, 2.0], dtype=dtype).W_in_
    np.testing.assert_allclose(scaled, plain * np.array([0.5, 0.0, 2.0]), rtol=1e-6)
    np.testing.assert_array_equal(fitted(input_weights=name, input_scaling=np.full(3, 0.5), dtype=dtype).W_in_,
                                  fitted(input_weights=name, input_scaling=0.5, dtype=dtype).W_in_)  # fmt: skip


def test_the_distributions_of_the_input_weights():
    W = {name: fitted(n_units=4000, input_weights=name, input_scaling=0.5).W_in_ for name in ("uniform", "normal")}
    np.testing.assert_array_equal(W["uniform"], fitted(n_units=4000, input_scaling=0.5).W_in_)
    assert np.abs(W["uniform"]).max() <= 0.5 and W["uniform"].std() == pytest.approx(0.5 / 3**0.5, rel=0.03)
    assert W["normal"].std() == pytest.approx(0.5, rel=0.03) and np.abs(W["normal"]).max() > 1.2
    signs = fitted(n_units=4000, input_weights="signs", input_scaling=0.5).W_in_
    assert set(np.unique(signs)) == {-0.5, 0.5} and abs(signs.mean()) < 0.03


def test_connectivity_of_the_input():
    full, part = fitted(n_units=4000), fitted(n_units=4000, input_connectivity=0.2)
    heard = part.W_in_ != 0
    assert heard.mean() == pytest.approx(0.2, abs=0.02)
    np.testing.assert_array_equal(part.W_in_[heard], full.W_in_[heard])
    np.testing.assert_array_equal(part.bias_, full.bias_)


@pytest.mark.parametrize("n_features", [1, 9])
def test_none_is_a_constant_over_the_root_of_the_channels(n_features):
    """It is the default."""
    rows = np.zeros((2, n_features))
    given = EchoState(50, input_scaling=0.3 / n_features**0.5, bias_scaling=0.5, random_state=0).fit(rows)
    for options in ({}, {"input_scaling": None, "bias_scaling": None}):
        none = EchoState(50, random_state=0, **options).fit(rows)
        np.testing.assert_allclose(none.W_in_, given.W_in_, rtol=1e-15)
        np.testing.assert_array_equal(none.bias_, given.bias_)


def test_an_equation_of_given_input_weights_has_no_bias_but_a_given_one():
    W_in = np.ones((20, 3))
    base = EchoState(20, input_weights=W_in, random_state=0)
    lanes = EchoStateLanes(base, [{}, {"bias_scaling": 0.5}, {"bias_scaling": None}]).fit(X)
    states = np.concatenate([block for _, block in lanes.blocks(X)], axis=1)
    for given, found in zip(({}, {"bias_scaling": 0.5}, {}), states, strict=True):
        one = clone(base).set_params(**given).fit(X)
        assert bool(np.any(one.bias_)) == bool(given)
        np.testing.assert_allclose(found, one.transform(X), atol=1e-12)
    np.testing.assert_array_equal(clone(base).set_params(bias=np.ones(20)).fit(X).bias_, np.ones(20))
    assert np.ptp(EchoState(20, input_weights="signs", random_state=0).fit(X).bias_) > 0.5


def test_models_whose_parameters_are_given_are_those_of_before():
    """Digests of the weights that were drawn when the scalings were 1 and 0 by default."""
    options = {"spectral_radius": None, "input_scaling": 1.0}
    one = EchoState(50, **options, bias_scaling=0.3, random_state=0).fit(X)
    assert digest([one]) == "95a365b6ae849014"
    layer = EchoState(20, **options, bias_scaling=0.0)
    deep = DeepEchoState(layer, 2, input_to_all=True, inter_scaling=None, random_state=0).fit(X)
    assert digest(deep.layers_) == "e85b49376bc13482"


def digest(systems):
    """Of the weights of some reservoirs."""
    arrays = [a for one in systems for a in (one.W_.toarray(), one.W_in_, one.bias_)]
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()[:16]


@pytest.mark.parametrize("topology", MATRICES.values(), ids=MATRICES)
@pytest.mark.parametrize("leak", [1.0, 0.3, np.linspace(0.1, 1.0, 40)])
def test_the_effective_radius(topology, leak):
    """As in DeepESN: a multiple of (1 - a) I + a W, drawn or given, that has the radius."""
    options = {"topology": topology, "leak": leak, "random_state": 0}
    W, raw = (dense(EchoState(40, **options, **own).fit(X).W_) for own in
              ({"scaled_by": "effective_radius", "spectral_radius": 0.8}, {"spectral_radius": None}))  # fmt: skip
    a = np.broadcast_to(leak, 40)
    effective, before = (np.diag(1 - a) + a[:, None] * one for one in (W, raw))
    assert np.abs(np.linalg.eigvals(effective)).max() == pytest.approx(0.8, rel=1e-8)
    np.testing.assert_allclose(effective, before * 0.8 / np.abs(np.linalg.eigvals(before)).max(), rtol=1e-7, atol=1e-12)
    if np.ndim(leak) == 0:
        unit = {"topology": topology, "unit": LeakyIntegrator(leak), "random_state": 0}
        own = EchoState(40, **unit, scaled_by="effective_radius", spectral_radius=0.8).fit(X)
        np.testing.assert_array_equal(dense(own.W_), W)


@pytest.mark.parametrize("topology", [CirculantGraph(5), Random(5), Hadamard(), Orthogonal(), DelayLine()])
def test_the_norm(topology):
    W = dense(fitted(topology=topology, scaled_by="norm", spectral_radius=0.7).W_)
    assert np.linalg.norm(W, 2) == pytest.approx(0.7, rel=1e-9)


def test_compiled_steps_with_a_diagonal_are_those_of_the_dense_matrix():
    system = fitted(leak=0.4, scaled_by="effective_radius")
    x, states = np.zeros(40), []
    for u in X:
        x = 0.6 * x + 0.4 * np.tanh(dense(system.W_) @ x + system.W_in_ @ u + system.bias_)
        states.append(x)
    np.testing.assert_allclose(system.transform(X), states, atol=1e-13)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_lanes_and_searches_scale_alike(options):
    base = EchoState(**{"n_units": 20, "bias_scaling": 0.3, "random_state": 0} | options)
    settings = [{"spectral_radius": r, "leak": a} for r, a in ((0.5, 0.2), (0.9, 0.6), (0.9, 1.0))]
    lanes = EchoStateLanes(base, settings).fit(X)
    found = np.concatenate([block for _, block in lanes.blocks(X)], axis=1)
    singles = [clone(base).set_params(**one).fit_transform(X) for one in settings]
    np.testing.assert_allclose(found, singles, atol=1e-12)
    grid = {"reservoir__" + name: values for name, values in
            {"spectral_radius": [0.5, 0.9], "input_weights": ["normal", "signs"], "scaled_by": ["radius", "norm"],
             "input_scaling": [None, 0.3]}.items()}  # fmt: skip
    cv = WarmTimeSeriesSplit(2, warmup=5)
    search = ReservoirSearchCV(ReservoirRegressor(base), grid, cv=cv).fit(X, X[:, 0])
    worst = int(np.argmin(search.cv_results_["mean_test_score"]))
    one = {name: [value] for name, value in search.cv_results_["params"][worst].items()}
    score = (
        ReservoirSearchCV(ReservoirRegressor(base), one, cv=WarmTimeSeriesSplit(2, warmup=5))
        .fit(X, X[:, 0])
        .cv_results_["mean_test_score"][0]
    )
    assert score == pytest.approx(search.cv_results_["mean_test_score"][worst], rel=1e-6)


@pytest.mark.parametrize(("options", "words"), REFUSED)
def test_refusals(options, words):
    system, name = EchoState(40, **options), next(iter(options))
    with pytest.raises(ValueError, match=f"The '{name}' parameter of EchoState must be {words}"):
        system.fit(X)
    assert not hasattr(system, "W_")


def test_a_matrix_of_norm_0_cannot_be_scaled():
    with pytest.raises(ValueError, match="largest singular value 0, which cannot be scaled"):
        EchoState(40, topology=np.zeros((40, 40)), scaled_by="norm").fit(X)


def test_saved_parameters(tmp_path):
    system = fitted(input_weights="signs", input_scaling=np.array([0.1, 0.2, 0.3]), scaled_by="norm")
    save(system, tmp_path / "system")
    np.testing.assert_array_equal(load(tmp_path / "system").transform(X), system.transform(X))


@pytest.mark.parametrize("input_to_all", [False, True])
@pytest.mark.parametrize("input_scaling", [None, 0.7])
def test_what_layers_hear_of_one_another(input_to_all, input_scaling):
    """The norm of the weights from below; what hears the input keeps its scale."""
    options = {"n_layers": 3, "input_to_all": input_to_all, "random_state": 0}
    layer = EchoState(30, input_scaling=input_scaling, bias_scaling=0.2)
    plain = DeepEchoState(clone(layer).set_params(input_scaling=1.0), **options, inter_scaling=None).fit(X)
    for given in ({}, {"inter_scaling": 0.5}):
        deep = DeepEchoState(layer, **options, **given).fit(X)
        for k in (1, 2):
            own, drawn = deep.layers_[k].W_in_, plain.layers_[k].W_in_
            assert np.linalg.norm(own[:, :30], 2) == pytest.approx(given.get("inter_scaling", 1.0))
            shape = drawn[:, :30] / np.linalg.norm(drawn[:, :30], 2)
            np.testing.assert_allclose(own[:, :30] / np.linalg.norm(own[:, :30], 2), shape)
            np.testing.assert_allclose(own[:, 30:], drawn[:, 30:] * (input_scaling or 0.3 / 3**0.5))


@pytest.mark.parametrize("input_to_all", [False, True])
def test_without_a_scale_between_layers_they_are_as_their_numbers_say(input_to_all):
    deep = DeepEchoState(EchoState(30), 3, input_to_all=input_to_all, inter_scaling=None, random_state=0).fit(X)
    own = deep.layers_[0].run(X)[0]
    for layer in deep.layers_[1:]:
        heard = np.hstack([own, X]) if input_to_all else own
        alone = EchoState(30, random_state=layer.random_state).fit(heard)
        np.testing.assert_array_equal(alone.W_in_, layer.W_in_)
        own = alone.transform(heard)
    np.testing.assert_array_equal(deep.transform(X)[:, 60:], own)


def test_given_weights_between_layers_stay():
    W = np.ones((5, 5))
    deep = DeepEchoState(layers=[EchoState(5), EchoState(5, input_weights=W)], inter_scaling=0.1, random_state=0).fit(X)
    np.testing.assert_array_equal(deep.layers_[1].W_in_, W)
    with pytest.raises(ValueError, match="The 'inter_scaling' parameter of DeepEchoState must be a number > 0"):
        DeepEchoState(inter_scaling=0).fit(X)
    with pytest.raises(ValueError, match="The 'inter_scaling' parameter of DeepEchoState must be None where"):
        DeepEchoState(EchoState(5, input_scaling=0.0), inter_scaling=1.0).fit(X)


def test_upper_layers_are_not_saturated():
    """As they are made, each layer adds memory instead of clipped copies."""
    rows = np.random.default_rng(0).normal(size=(500, 1))
    deep = DeepEchoState(EchoState(100), 4, random_state=0)
    states = np.abs(deep.fit_transform(rows)[100:]).reshape(-1, 4, 100)
    assert ((states > 0.95).mean(axis=(0, 2)) < 0.02).all()
