"""scikit-learn's own checks over every public estimator."""

from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from reservoir import DeepEchoState, EchoState, ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from reservoir.readouts import RidgeReadout

ORDER = {
    "check_methods_sample_order_invariance": "a state depends on the rows before it, so the order of rows matters",
    "check_methods_subset_invariance": "a state depends on the rows before it, so a part of the rows starts from rest",
}


def small(**parameters):
    return EchoState(30, random_state=0, **parameters)


TEMPORAL = [
    EchoState(),
    small(dtype="float32"),
    small(noise=0.01),
    DeepEchoState(),
    DeepEchoState(small(dtype="float32"), 2, input_to_all=True),
    DeepEchoState(layers=[small(noise=0.01), EchoState(10)], arrangement="grouped"),
    ReservoirRegressor(),
    ReservoirRegressor(small(), Ridge(), washout=3, include_input=False),
    ReservoirRegressor(DeepEchoState(small(), 2)),
    ReservoirClassifier(),
    ReservoirClassifier(small(), RidgeClassifier(), pooling="last", include_input=True, washout=3),
    ReservoirClassifier(small(), LogisticRegression()),
]
# No predict or transform, so both checks have nothing to call. Washout 0, since the checks use 10 to 20 rows.
WITHOUT_ORDER = [
    RidgeReadout(),
    RidgeReadout(alpha=1.0, fit_intercept=False),
    ReservoirForecaster(small(), washout=0),
]


@parametrize_with_checks(
    TEMPORAL + WITHOUT_ORDER,
    expected_failed_checks=lambda e: {} if type(e) in map(type, WITHOUT_ORDER) else ORDER,
)
def test_scikit_learn(estimator, check, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    check(estimator)
