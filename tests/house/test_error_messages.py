"""The usual mistakes: each ends in an error that says what is wrong and what to do."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from reservoir.models import ReservoirClassifier, ReservoirRegressor
from reservoir.readouts import RidgeReadout
from reservoir.rnn import RNNClassifier, RNNRegressor
from reservoir.systems import DeepEchoState, EchoState, LiquidState
from spiking import Microcircuit
from tests.house.data import COLUMN, SMALL, STACK, TABLE, X, Y
from tests.loops import looped


def labels(n):
    return list("ab" * n)[:n]


def table_with(**columns):
    return TABLE.assign(**columns)


AXES = "time stands before features.*from_aeon"
REGRESSOR, CLASSIFIER = ReservoirRegressor(SMALL), ReservoirClassifier(SMALL)
FORECASTER = looped(SMALL, washout=50)
PRESET, RAGGED = ReservoirRegressor(preset="fast"), [X[:9], X[:12]]
MISTAKES = {
    "transposed": (lambda: REGRESSOR.fit(X.T, Y), "60 entries, but X has 2.*X has 2 row.s. of 60 feature.*" + AXES),
    "transposed labels": (lambda: CLASSIFIER.fit(X.T, labels(60)), AXES),
    "transposed later": (lambda: REGRESSOR.fit(X, Y).predict(X.T), "60 features, but .* expecting 2.*" + AXES),
    "transposed system": (lambda: clone(SMALL).fit(X).transform(X.T), AXES),
    "transposed table": (lambda: clone(SMALL).fit(X).transform(pd.DataFrame(X.T)), AXES),
    "transposed for a forecast": (lambda: FORECASTER.fit(X.T), "2 sample.*washout=50.*at least 52.*" + AXES),
    "transposed for a network": (lambda: RNNRegressor(max_iter=1).fit(X.T, Y), AXES),
    "aeon": (lambda: REGRESSOR.fit(STACK.swapaxes(1, 2), STACK[:, :, 0]), AXES),
    "aeon later": (lambda: CLASSIFIER.fit(STACK, labels(4)).predict(STACK.swapaxes(1, 2)), AXES),
    "aeon list": (lambda: CLASSIFIER.fit(STACK, labels(4)).predict([one.T for one in STACK]), AXES),
    "washout": (lambda: ReservoirRegressor(SMALL, washout=70).fit(X, Y), r"60 sample.*washout=70.*71 rows"),
    "context": (lambda: FORECASTER.fit(X).forecast(3, context=X[:20]), "20 sample.*washout=50 needs at least 50"),
    "too few labels": (lambda: CLASSIFIER.fit(STACK, labels(3)), "one member per sequence. Got 3 for 4"),
    "one label": (lambda: CLASSIFIER.fit(X, "a"), r"wrap both, fit\(\[X\], \[y\]\)"),
    "a step less": (lambda: REGRESSOR.fit(X, Y[:-1]), "y of .* has 59 entries, but X has 60"),
    "y with NaN alone": (lambda: REGRESSOR.fit(X, np.full_like(Y, np.nan)), "y of .* contains NaN or None alone"),
    "y with infinity": (lambda: REGRESSOR.fit(X, np.where(Y > 0.5, np.inf, Y)), "y of .* contains infinity at row"),
    "labels for a regressor": (lambda: REGRESSOR.fit(X, labels(60)), "y of .* string .*Labels are for a classifier"),
    "numbers for a classifier": (lambda: CLASSIFIER.fit(X, Y), "continuous"),
    "a number a sequence": (lambda: REGRESSOR.fit(STACK, np.arange(4.0)), "needs a pooling"),
    "1-D": (lambda: REGRESSOR.fit(Y, Y), r"Got a 1-D array of shape \(60,\).*reshape\(-1, 1\)"),
    "a column": (lambda: REGRESSOR.fit(TABLE["flow"], Y), r"X\.to_frame\(\) is one series"),
    "words": (lambda: REGRESSOR.fit(table_with(site="a"), Y), "column 'site' of X holds"),
    "words in a list": (lambda: REGRESSOR.fit([table_with(site="a")], [Y]), "Sequence 0.*column 'site'"),
    "categories": (lambda: REGRESSOR.fit(table_with(site=pd.Categorical(labels(60))), Y), "column 'site'.*category"),
    "times": (lambda: REGRESSOR.fit(table_with(when=TABLE.index), Y), "Column 'when' holds dates or times"),
    "times alone": (
        lambda: clone(SMALL).fit(table_with(when=TABLE.index)[["when"]]),
        "Column 'when' holds dates or times",
    ),
    "zones": (lambda: clone(SMALL).fit(table_with(when=TABLE.index.tz_localize("UTC"))), "Column 'when' holds dates"),
    "durations": (
        lambda: clone(SMALL).fit(table_with(gap=TABLE.index - TABLE.index[0])),
        "Column 'gap' holds dates or times",
    ),
    "array of times": (lambda: clone(SMALL).fit(TABLE.index.to_numpy()[:, None]), "Got dates or times"),
    "a class": (lambda: ReservoirRegressor(SMALL, RidgeReadout).fit(X, Y), "an instance, not the class"),
    "a word": (lambda: ReservoirRegressor("esn").fit(X, Y), "'reservoir' .*missing: fit, run.*Got 'esn'"),
    "a number of units": (lambda: ReservoirRegressor(100).fit(X, Y), "a system with fit and run.* Got 100"),
    "swapped parts": (lambda: ReservoirRegressor(RidgeReadout(), SMALL).fit(X, Y), "'reservoir' .*missing: run"),
    "other features": (lambda: REGRESSOR.fit(X, Y).predict(X[:, :1]), "X has 1 features, but .* expecting 2"),
    "radius": (lambda: EchoState(spectral_radius=-0.1).fit(X), "'spectral_radius' .* must be a number >= 0. Got -0.1"),
    "dt": (lambda: LiquidState(COLUMN, dt=3e-3).fit(X), "'step' .* a whole multiple of dt, 0.003 s. Got 0.01"),
    "alpha": (lambda: ReservoirRegressor(SMALL, RidgeReadout(-1)).fit(X, Y), "'alpha' .* must be a number >= 0"),
    "no units": (lambda: EchoState(0).fit(X), "'n_units' .* must be an integer >= 1. Got 0"),
    "seed": (lambda: EchoState(random_state="a").fit(X), "'random_state' .* must be None, an integer >= 0.* Got 'a'"),
    "a fraction of a step": (lambda: FORECASTER.fit(X).forecast(3.0), "'n_steps' .* an integer >= 1. Got 3.0"),
    "recordings in rows": (
        lambda: clone(SMALL).fit(X[:, :1]).transform(X.reshape(-1, 30)),
        r"30 features.*X\[..., None\]",
    ),
    "a gap": (lambda: CLASSIFIER.fit(STACK[:, :9] / [1, np.nan], labels(4)), "contains NaN.*gaps='split', which does"),
    "infinity": (
        lambda: CLASSIFIER.fit(np.where(STACK > 0, np.inf, STACK), labels(4)),
        "contains infinity.*a finite number in its",
    ),
    "steps for a preset": (lambda: PRESET.fit(RAGGED, RAGGED), "every sequence a number.*members of different lengths"),
    "a series for a preset": (lambda: PRESET.fit(X, Y), r"pools, and takes one target per sequence.*wrap it, \[X\]"),
    "elsewhere": (lambda: PRESET.set_params(reservoir__leak=1), "'leak'.*reservoir__leak with preset='classic'"),
    "a typing error": (lambda: REGRESSOR.set_params(reservoir__leek=1), "Invalid parameter 'leek'.*'leak'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_explained(mistake):
    action, text = MISTAKES[mistake]
    with pytest.raises(ValueError, match="(?s)" + text):
        action()


def test_no_hint_without_a_reason():
    """Where swapped axes would not fit either."""
    for action in (
        lambda: REGRESSOR.fit(X, Y[:-1]),
        lambda: REGRESSOR.fit(X, Y).predict(X[:, :1]),
        lambda: FORECASTER.fit(X[:40]),
        lambda: CLASSIFIER.fit(STACK, labels(2)),  # as many as features, but one label per sequence
    ):
        with pytest.raises(ValueError) as caught:
            action()
        assert "aeon" not in str(caught.value)
    numbers = table_with(whole=pd.Series(range(60), dtype=object).to_numpy(), gap=np.nan)
    with pytest.raises(ValueError, match="NaN") as caught:
        clone(SMALL).fit(numbers)
    assert "holds" not in str(caught.value)


@pytest.mark.parametrize(
    "estimator",
    [
        SMALL,
        DeepEchoState(),
        LiquidState(),
        Microcircuit(),
        REGRESSOR,
        CLASSIFIER,
        FORECASTER,
        RNNRegressor(),
        RNNClassifier(),
        RidgeReadout(),
    ],
)
def test_use_before_fit(estimator):
    fresh = clone(estimator)
    method = next(name for name in ("transform", "predict", "forecast") if hasattr(fresh, name))
    with pytest.raises(NotFittedError, match=f"This {type(fresh).__name__} instance is not fitted yet"):
        getattr(fresh, method)(3 if method == "forecast" else X)
