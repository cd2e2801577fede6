"""Input weights by blocks of units and channels."""

import numpy as np
import pytest
from sklearn.base import clone

import reservoir
from reservoir import EchoState, ReservoirRegressor
from reservoir.model_selection import ReservoirSearchCV
from reservoir.systems import EchoStateLanes
from reservoir.wiring import BlockInputWeights

X = np.random.default_rng(0).normal(size=(40, 4))


def draw(n_units=60, n_features=6, seed=0, **options):
    return BlockInputWeights(**{"block": 5} | options).draw(n_units, n_features, np.random.default_rng(seed))


def channels(weights, block=5):
    """Which channels the units of every block hear, alike in a block."""
    found = [set(map(tuple, weights[i : i + block] != 0)) for i in range(0, len(weights), block)]
    assert all(len(one) == 1 for one in found)
    return np.array([one.pop() for one in found])


def test_a_block_hears_a_few_channels():
    heard = channels(draw(600, 6, n_channels=(2, 4)))
    counts = heard.sum(axis=1)
    assert set(counts) == {2, 3, 4} and heard.any(axis=0).all()
    assert set(channels(draw(n_channels=3)).sum(axis=1)) == {3}


def test_a_block_hears_one_group_of_channels():
    heard = channels(draw(600, 6, groups=2, n_channels=(1, 5)))
    left, right = heard[:, :3].any(axis=1), heard[:, 3:].any(axis=1)
    assert (left != right).all() and left.any() and right.any() and set(heard.sum(axis=1)) == {1, 2, 3}
    assert set(channels(draw(600, 2, groups=2)).sum(axis=1)) == {1}


def test_centred_blocks_answer_no_constant():
    weights = draw(62, centred=True)
    np.testing.assert_allclose([weights[i : i + 5].sum(axis=0) for i in range(0, 62, 5)], 0, atol=1e-12)


def test_the_scale_of_a_block():
    assert np.array_equal(draw(scale=0.5), 0.5 * draw(scale=1))
    sizes = np.abs(draw(5000, distribution="signs", scale=(0.1, 10.0), n_channels=6)).reshape(1000, -1)
    assert np.ptp(sizes, axis=1).max() < 1e-12 and 0.1 <= sizes.min() and sizes.max() <= 10
    assert abs(np.median(np.log10(sizes))) < 0.1  # log-uniform about 1


def test_the_reservoir_takes_its_input_scaling_times_what_is_drawn():
    part = BlockInputWeights(5, n_channels=(1, 2))
    base = EchoState(20, input_weights=part, random_state=1)
    plain, halved, each = (
        clone(base).set_params(input_scaling=scaling).fit(X).W_in_ for scaling in (None, 0.5, [1.0, 2.0, 0.0, 1.0])
    )
    np.testing.assert_allclose(halved, 0.5 * plain)
    np.testing.assert_allclose(each, plain * [1, 2, 0, 1])
    assert np.array_equal(plain, clone(base).set_params(input_scaling=1.0).fit(X).W_in_)


@pytest.mark.parametrize("scaling", [None, 0.3])
def test_lanes_and_searches_draw_the_same(scaling):
    part = BlockInputWeights(5, n_channels=(1, 2))
    base = EchoState(20, input_weights=part, input_scaling=scaling, random_state=1)
    lanes = EchoStateLanes(base, [{"leak": 0.5}, {"input_scaling": 0.7}]).fit(X)
    states = np.concatenate([block for _, block in lanes.blocks(X)], axis=1)
    for own, setting in zip(states, ({"leak": 0.5}, {"input_scaling": 0.7}), strict=True):
        np.testing.assert_allclose(own, clone(base).set_params(**setting).fit_transform(X), rtol=0, atol=1e-12)
    grid = {"reservoir__input_weights__scale": [0.5, 1.0]}
    search = ReservoirSearchCV(ReservoirRegressor(base), grid, cv=2).fit([X[:20], X[20:]], [X[:20, 0], X[20:, 0]])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_file_holds_it(tmp_path):
    system = EchoState(20, input_weights=BlockInputWeights(5), random_state=1).fit(X)
    reservoir.save(system, tmp_path / "system")
    again = reservoir.load(tmp_path / "system")
    assert np.array_equal(again.transform(X), system.transform(X)) and again.input_weights.block == 5


BAD = [
    {"block": 0}, {"n_channels": 0}, {"n_channels": (3, 1)}, {"n_channels": 1.5}, {"n_channels": (1, 2, 3)},
    {"n_channels": "x"}, {"distribution": "cauchy"}, {"scale": -1}, {"scale": (0, 1)}, {"scale": (2, 1)},
    {"scale": np.inf}, {"scale": None}, {"centred": 1}, {"groups": 0}, {"groups": 4},
]  # fmt: skip


@pytest.mark.parametrize("options", BAD, ids=str)
def test_parameters_out_of_range(options):
    with pytest.raises(ValueError, match=r"The '\w+' parameter of BlockInputWeights must be"):
        draw(**options)


class Wrong:
    """A part that draws no input weights."""

    def draw(self, n_units, n_features, rng):
        return np.full((n_units, n_features + 1), 0.5)


def test_a_part_that_draws_another_shape():
    with pytest.raises(ValueError, match=r"The 'input_weights' parameter of EchoState must be a part that draws "):
        EchoState(5, input_weights=Wrong()).fit(X)
    with pytest.raises(ValueError, match=r"'input_weights' .* a part with draw\(n_units, n_features, rng\)"):
        EchoState(5, input_weights=reservoir.topologies.Cycle()).fit(X)
