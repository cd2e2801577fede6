"""States: what is drawn is what was given."""

import numpy as np
from sklearn.decomposition import PCA

from reservoir import EchoState
from reservoir.plotting import (
    StatesDisplay,
)
from tests.plotting.displays import lines

RNG = np.random.default_rng(1)


def test_components_are_those_of_scikit_learn():
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


def test_states_of_a_system():
    series = np.sin(np.arange(60) / 5).reshape(-1, 1)
    system = EchoState(10, random_state=0).fit(series)
    display = StatesDisplay.from_estimator(system, series, washout=20)
    np.testing.assert_array_equal(display.states, system.transform(series)[20:])
    assert [len(display.plot(kind=kind).axes_) for kind in ("both", "map", "components")] == [2, 1, 1]
    still = StatesDisplay.from_states(np.ones((5, 3)))
    assert not still.components.any() and not still.shares.any()
