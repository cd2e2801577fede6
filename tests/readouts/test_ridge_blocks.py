"""Weights, blocks and records that do not fit a `RidgeReadout` are refused, and it stays as it was."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from reservoir.readouts import RidgeReadout
from tests.house.test_bad_input import T, X, Y, refused, unchanged


@pytest.mark.parametrize("weights", [["a"] * T, -Y, Y * np.nan, Y * 1j, Y[:3], Y[:, None], 0 * Y])
def test_bad_weights(weights):
    refused(RidgeReadout().fit, X, Y, weights, text="[Ss]ample.weight")


OTHERS = (
    *(3, Ridge().fit(X, Y), RidgeReadout()),
    *(RidgeReadout().fit(X[:, :1], Y), RidgeReadout().fit(X, np.c_[Y, Y]), RidgeReadout().fit(X, Y[:, None])),
    *(RidgeReadout(alpha=1.0).fit(X, Y), RidgeReadout(fit_intercept=False).fit(X, Y)),
)


@pytest.mark.parametrize("other", OTHERS)
def test_bad_merge(other):
    readout = RidgeReadout().fit(X, Y)
    before = dict(vars(readout))
    refused(readout.merge, other, text="RidgeReadout")
    assert unchanged(readout, before)


def test_blocks_must_match():
    readout = RidgeReadout().partial_fit(X, Y)
    before = dict(vars(readout))
    refused(readout.partial_fit, X[:, :1], Y, text="X has 1 features")
    for y in (np.c_[Y, Y], Y[:, None]):
        refused(readout.partial_fit, X, y, text="outputs")
    assert unchanged(readout, before)
    readout.set_params(fit_intercept=False)
    refused(readout.partial_fit, X, Y, text="fit_intercept")  # centred and raw moments cannot be added
