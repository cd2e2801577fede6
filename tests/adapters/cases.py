"""Series that the tests of all adapters share."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from reservoir import EchoState, ReservoirClassifier, ReservoirForecaster
from reservoir.sequences import from_aeon

N_TRAIN, N_AHEAD = 60, 5
STEPS = np.arange(80)
PUSH = 1.0 * (STEPS % 5 == 0)
TIDE = np.sin(STEPS / 3)
DRIVEN = TIDE + np.convolve(PUSH, [0.5, 0.25, 0.1])[: len(STEPS)]
OPTIONS = {"reservoir": EchoState(20, random_state=0), "washout": 5}


def labelled_cases():
    """A collection (20, 2, 15) of two classes, and the labels."""
    rng, y = np.random.default_rng(0), np.repeat(["a", "b"], 10)
    X = rng.normal(size=(20, 2, 15))
    X[10:, 0] += 1
    return X, y


def check_classifier(model, X, y):
    """That an adapter answers as the classifier itself does, with probabilities of either kind of readout."""
    own = ReservoirClassifier(model.reservoir).fit(from_aeon(X), y)
    np.testing.assert_array_equal(model.fit(X, y).predict(X), own.predict(from_aeon(X)))
    assert np.unique(model.predict_proba(X)).tolist() == [0.0, 1.0]
    model.set_params(reservoir__leak=0.5, readout=LogisticRegression())
    own = ReservoirClassifier(EchoState(10, leak=0.5, random_state=0), LogisticRegression()).fit(from_aeon(X), y)
    np.testing.assert_array_equal(model.fit(X, y).predict_proba(X), own.predict_proba(from_aeon(X)))


def plain(series, n_ahead=N_AHEAD, context=None, exogenous=(), **options):
    """What the forecaster itself makes of a series (T, F), whose exogenous channels are known."""
    model = ReservoirForecaster(**OPTIONS, exogenous=list(exogenous), **options).fit(series[:N_TRAIN])
    start = N_TRAIN if context is None else context
    observed = np.full((n_ahead, series.shape[1]), np.nan)
    observed[:, list(exogenous)] = series[start : start + n_ahead, list(exogenous)]
    before = None if context is None else series[:context]
    return model, model.forecast(n_ahead, before, observed=observed if len(exogenous) else None)
