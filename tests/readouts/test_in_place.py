"""What learns in place changes its own memory only: never that of a copy, of a file or of another process."""

import copy
import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import is_classifier

from reservoir import readouts
from reservoir.readouts import LeastMeanSquares, ParallelPerceptronRegressor, RecursiveLeastSquares
from tests.readouts.problems import problem

X, Y = problem()
KINDS = {name: getattr(readouts, name) for name in readouts.__all__}
LEARN = {
    "fit": lambda readout, x, y: readout.fit(x, y),
    "partial_fit": lambda readout, x, y: readout.partial_fit(x, y),
    "accumulate": lambda readout, x, y: readout.accumulate(x, y).solve(),
    "solve": lambda readout, x, y: readout.solve(),
    "merge": lambda readout, x, y: readout.merge(copy.deepcopy(readout)),
    "add_record": lambda readout, x, y: readout.add_record(readout.to_record()).solve(),
    "step": lambda readout, x, y: [readout.step(*row) for row in zip(x, y, strict=True)],
}


def learned(kind, **parameters):
    taken = {"random_state": 0} if "random_state" in kind().get_params() else {}
    return kind(**taken | parameters).fit(X[:100], targets(kind)[:100])


def targets(kind):
    return Y[:, 0] > 0 if is_classifier(kind()) else Y


def bits(readout):
    """All that has been learned, as bytes."""
    return pickle.dumps({name: np.asarray(getattr(readout, name)).tobytes() for name in ("coef_", "intercept_")})


WAYS = [(name, way) for name, kind in KINDS.items() for way in LEARN if hasattr(kind(), way)]
OF_RIDGE = [{}, {"alpha": "blocked"}, {"alpha": "gcv", "solver": "qr"}]


@pytest.mark.filterwarnings("ignore::reservoir.readouts.candidates.PenaltyWarning")  # of so few rows
@pytest.mark.parametrize(
    ("name", "way", "parameters"),
    [(*one, parameters) for one in WAYS for parameters in (OF_RIDGE if one[0] == "RidgeReadout" else [{}])],
)
def test_arrays_that_cannot_be_written_to(name, way, parameters, tmp_path):
    """A readout in a worker of joblib, or from a memory map, learns as the one it comes from."""
    kind = KINDS[name]
    readout, file = learned(kind, **parameters), tmp_path / "readout.joblib"
    joblib.dump(readout, file)
    before = file.read_bytes()
    mapped = {mode: joblib.load(file, mmap_mode=mode) for mode in ("r", "r+", "c")}
    data = X[100:].copy(), targets(kind)[100:].copy()
    for array in data:
        array.flags.writeable = False
    LEARN[way](readout, *data)
    for other in mapped.values():
        LEARN[way](other, *data)
        assert bits(other) == bits(readout)
    assert file.read_bytes() == before


@pytest.mark.parametrize(("name", "way"), WAYS)
def test_a_copy_learns_for_itself(name, way):
    kind = KINDS[name]
    readout = learned(kind)
    before, twin = bits(readout), copy.deepcopy(readout)
    copied = copy.copy(readout)
    LEARN[way](copied, X[100:], targets(kind)[100:])
    assert bits(readout) == before
    for one in (readout, twin):
        LEARN["partial_fit"](one, X[100:], targets(kind)[100:])
    assert bits(readout) == bits(twin)


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if hasattr(kind(), "partial_fit")])
@pytest.mark.parametrize("source", [np.random.default_rng, np.random.RandomState])
def test_what_fails_leaves_everything_as_it_was(name, source):
    """Also random numbers, so that what is learned afterwards has the bits of one that never saw the bad rows."""
    kind = KINDS[name]
    sources = [source(0) for _ in range(2)]
    takes_seed = "random_state" in kind().get_params()
    twins = [kind(random_state=one) if takes_seed else kind() for one in sources]
    y = targets(kind)
    for twin in twins:
        twin.fit(X[:100], y[:100])
    spoiled = X[100:].copy()
    spoiled[-1, -1] = np.nan
    other = y[100:] if is_classifier(twins[0]) else y[100:, :1]
    wrong = [(spoiled, y[100:]), (X[100:, :3], y[100:]), (X[100:], y[100:-1]), (1e200 * X[100:], y[100:])]
    for way in ("partial_fit", "fit", "accumulate"):
        for bad_rows, bad_targets in wrong + [(X[100:], other)] * (way != "fit" and not is_classifier(twins[0])):
            if hasattr(twins[0], way) and not (way == "fit" and bad_rows.shape[1] == 3):
                before = pickle.dumps(vars(twins[0]))
                with pytest.raises(ValueError):
                    getattr(twins[0], way)(bad_rows, bad_targets)
                assert pickle.dumps(vars(twins[0])) == before
    for twin in twins:
        twin.partial_fit(X[100:], y[100:])
    assert bits(twins[0]) == bits(twins[1])
    if takes_seed:
        assert pickle.dumps(sources[0]) == pickle.dumps(sources[1])


def test_an_interrupted_fit_takes_no_random_numbers(monkeypatch):
    rng = np.random.default_rng(0)
    readout = ParallelPerceptronRegressor(9, random_state=rng)
    monkeypatch.setattr(ParallelPerceptronRegressor, "publish", lambda self: 1 / 0)
    before = rng.bit_generator.state
    with pytest.raises(ZeroDivisionError):
        readout.fit(X, Y)
    assert rng.bit_generator.state == before and not hasattr(readout, "memory_")


@pytest.mark.parametrize("readout", [LeastMeanSquares(5.0, normalized=False), RecursiveLeastSquares(0.5)], ids=str)
def test_a_step_that_overflows_changes_nothing(readout):
    x, steps = np.full(3, 1e90), 0
    while True:
        before = pickle.dumps(vars(readout))
        try:
            readout.step(x, (-1.0) ** steps * 1e99)
        except ValueError as error:
            assert "grew beyond every bound" in str(error)
            break
        steps += 1
        if steps == 50:
            assert isinstance(readout, RecursiveLeastSquares)
            return
    assert pickle.dumps(vars(readout)) == before
