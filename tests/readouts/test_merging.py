"""Records of other rows are never stretched into one another, at whichever door they come in."""

import copy

import numpy as np
import pytest

from reservoir.readouts import RidgeReadout

RNG = np.random.default_rng(0)
WIDTHS = [(3, 1), (1, 3), (3, 2), (2, 3)]
SOLVERS = [{"solver": "gram"}, {"solver": "qr"}, {"alpha": "blocked"}]


def rows(n_features, n_outputs=None, n_rows=30):
    X = RNG.normal(size=(n_rows, n_features))
    return X, RNG.normal(size=n_rows if n_outputs is None else (n_rows, n_outputs))


def doors(readout, X, y):
    """Every way in which a fitted readout takes in what comes next."""
    other = RidgeReadout(**readout.get_params()).accumulate(X, y)
    return {
        "partial_fit": lambda: readout.partial_fit(X, y),
        "accumulate": lambda: readout.accumulate(X, y),
        "accumulate, not checked": lambda: readout.accumulate(X, y, check_input=False),
        "merge": lambda: readout.merge(other),
        "add_record": lambda: readout.add_record(other.to_record()),
    }


@pytest.mark.parametrize("door", ["partial_fit", "accumulate", "accumulate, not checked", "merge", "add_record"])
@pytest.mark.parametrize("parameters", SOLVERS, ids=str)
@pytest.mark.parametrize("n_rows", [30, 1], ids=["tall", "wide"])
def test_other_widths_are_refused(door, parameters, n_rows):
    """Other features, other outputs, and columns beside a 1-D y, of which NumPy would make one another."""
    pairs = [((f, 1), (g, 1)) for f, g in WIDTHS] + [((3, k), (3, m)) for k, m in [*WIDTHS, (None, 1), (1, None)]]
    for before, after in pairs:
        readout = RidgeReadout(**parameters).accumulate(*rows(*before, n_rows=n_rows))
        state = vars(copy.deepcopy(readout))
        with pytest.raises(ValueError, match=r"features|outputs|1-D|depth"):
            doors(readout, *rows(*after, n_rows=n_rows))[door]()
        assert str(vars(readout)) == str(state)


@pytest.mark.parametrize("parameters", SOLVERS, ids=str)
def test_records_of_other_settings_are_refused(parameters):
    data = rows(3)
    record = RidgeReadout(**parameters).accumulate(*data).to_record()
    others = [{"fit_intercept": False}, {"solver": "gram" if parameters.get("solver") == "qr" else "qr"}]
    for other in others:
        for before in ([], [data]):
            readout = RidgeReadout(**parameters | other)
            for known in before:
                readout.accumulate(*known)
            with pytest.raises(ValueError, match="other settings"):
                readout.add_record(record)
    with pytest.raises(ValueError, match="other settings"):  # rows that stand in no block
        RidgeReadout("blocked").add_record(RidgeReadout(1.0).accumulate(*data).to_record())


def test_a_record_is_taken_as_it_was_learned():
    X, y = rows(4, 2, n_rows=60)
    whole = RidgeReadout().fit(X, y)
    parts = RidgeReadout()
    for part in (slice(0, 20), slice(20, 60)):
        parts.add_record(RidgeReadout().accumulate(X[part], y[part]).to_record())
    np.testing.assert_allclose(parts.solve().coef_, whole.coef_, rtol=0, atol=1e-12)


def test_blocks_of_some_rows_do_not_choose_for_all():
    X, y = rows(3)
    readout = RidgeReadout(1e-3).fit(X, y).set_params(alpha="blocked")
    for later in (lambda: readout.solve(), lambda: readout.partial_fit(X, y)):
        with pytest.raises(ValueError, match="alpha of RidgeReadout was changed after the first rows"):
            later()


@pytest.mark.filterwarnings("ignore::reservoir.readouts.candidates.PenaltyWarning")
def test_generalised_cross_validation_of_hardly_any_rows():
    """No degree of freedom is left of one row about its mean; of few rows hardly one, which is no division by zero."""
    X, y = rows(3)
    with pytest.raises(ValueError, match="alpha='gcv' of RidgeReadout needs at least 2 rows"):
        RidgeReadout("gcv").fit(X[:1], y[:1])
    assert np.isfinite(RidgeReadout("gcv", fit_intercept=False, alphas=[1e-8, 1.0, 2.0]).fit(X[:1], y[:1]).coef_).all()
    for scale in (1.0, 1e6, 1e90):
        for n_rows in (2, 3, 4):
            readout = RidgeReadout("gcv", alphas=[scale, 2 * scale, 1e3 * scale])
            assert np.isfinite(readout.fit(scale * X[:n_rows], y[:n_rows]).coef_).all()
