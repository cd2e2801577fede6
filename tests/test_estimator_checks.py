"""All systems and models keep the data contract, and the checks find who does not."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier

from reservoir import EchoState, ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from reservoir.estimator_checks import check_sequence_estimator
from reservoir.readouts import Force
from tests.loops import looped
from tests.sequence_cases import MATRIX, SYSTEMS, small

POOLINGS = (None, "mean", "last", "max")
MODELS = {
    "default": ReservoirRegressor(),
    **{f"pooling {name}": ReservoirRegressor(small(), pooling=name) for name in POOLINGS},
    "washout": ReservoirRegressor(small(), washout=4, include_input=False),
    "noise": ReservoirRegressor(small(noise=0.1), washout=4, pooling="mean"),
    "labels": ReservoirClassifier(small()),
    "labels last": ReservoirClassifier(small(topology=MATRIX), pooling="last", include_input=True, washout=2),
    "labels by a classifier": ReservoirClassifier(small(), RidgeClassifier()),
    "forecast": looped(small()),
    "forecast by what is chosen": ReservoirForecaster(small()),
    "forecast float32": looped(small(dtype="float32"), washout=0, include_input=False),
    "forecast of an ensemble": looped(small(noise=0.01), washout=2, n_members=2, squared_states=True),
    "forecast by Force": looped(small(bias_scaling=0.2), Force(), washout=1, feedback_scaling=0.5),
    "foreign": ReservoirRegressor(small(), Ridge()),
    "foreign pooled": ReservoirRegressor(small(), Ridge(), pooling="mean"),
    "foreign labels": ReservoirClassifier(small(), LogisticRegression()),
    "foreign forecast": looped(small(), Ridge(), washout=3),
}


@pytest.mark.parametrize("n_features", [1, 3])
@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_systems(system, n_features):
    check_sequence_estimator(system, n_features=n_features, random_state=n_features)


@pytest.mark.filterwarnings("ignore::reservoir.models.DivergenceWarning")  # what is forecast there is noise
@pytest.mark.parametrize("name", MODELS)
def test_models(name):
    """A readout on BLAS depends on the number of rows by rounding."""
    check_sequence_estimator(MODELS[name], tolerance=1e-9 if "foreign" in name else 0.0)


def by_member(change):
    """A method `transform` that changes the states of every sequence."""

    def transform(self, X):
        states = EchoState.transform(self, X)
        return [change(self, x) for x in states] if isinstance(states, list) else change(self, states)

    return transform


def leaves_traces(self, X, y=None):
    self.seen_ = True
    return EchoState.fit(self, X)


def fills_gaps(self, X, y=None):
    return EchoState.fit(self, [np.nan_to_num(x) for x in X] if isinstance(X, list) else X)


def gives_tuples(self, X):
    states = EchoState.transform(self, X)
    return tuple(states) if isinstance(X, tuple) else states


def writes(self, X, y=None):
    EchoState.fit(self, X)
    X[0][0] = 0.0
    return self


def counts(self, states):
    self._calls = getattr(self, "_calls", 0) + 1
    return states * self._calls


BROKEN = {
    "two pieces": {"run": lambda self, X, state=None: EchoState.run(self, X)},
    "different answers": {"transform": by_member(counts)},
    "rows expected": {"transform": by_member(lambda self, states: states[..., 1:, :])},
    "a tuple gets tuple": {"transform": gives_tuples},
    "fit does not refuse NaN": {"fit": fills_gaps},
    "a failed fit changes": {"fit": leaves_traces},
    "writes to the data": {"fit": writes},
    "ended in ValueError": {"transform": lambda self, X: EchoState.transform(self, X[99:])},
}


@pytest.mark.parametrize("rule", BROKEN)
def test_contract_is_broken(rule):
    estimator = type("Broken", (EchoState,), BROKEN[rule])(20)
    with pytest.raises(AssertionError, match=f"^Broken breaks the data contract: .*{rule}"):
        check_sequence_estimator(estimator)
