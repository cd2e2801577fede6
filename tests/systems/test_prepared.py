"""A system behind a transformer: what the two are one after the other, whole and in pieces."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from reservoir import DeepEchoState, EchoState, ReservoirClassifier, ReservoirRegressor
from reservoir.models.blocks import BLOCK_ROWS
from reservoir.persistence import load, save
from reservoir.preprocessing import SequenceScaler, WithGradient
from reservoir.systems import Prepared

RNG = np.random.default_rng(0)
RAGGED = [5 + 3 * RNG.normal(size=(length, 2)) for length in (7, 1, 12, 4)]
SYSTEMS = [EchoState(9, random_state=0), DeepEchoState(EchoState(5), 2, random_state=0)]
CHAIN = make_pipeline(WithGradient(), SequenceScaler())


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("transformer", [SequenceScaler(), WithGradient(), CHAIN])
def test_is_one_after_the_other(transformer, system):
    heard = transformer.fit(RAGGED).transform(RAGGED)
    expected = system.fit(heard).transform(heard)
    prepared = Prepared(transformer, system).fit(RAGGED)
    for found, own, rows in zip(prepared.transform(RAGGED), expected, RAGGED, strict=True):
        np.testing.assert_array_equal(found, own)
        np.testing.assert_array_equal(prepared.transform(rows), own)
    stack = np.stack([RAGGED[0], RAGGED[2][:7]])
    np.testing.assert_array_equal(prepared.transform(stack)[1], prepared.transform(stack[1]))


def test_goes_on_where_rows_are_taken_one_by_one():
    prepared = Prepared(SequenceScaler(), SYSTEMS[0]).fit(RAGGED)
    assert prepared.causal and prepared.piecewise
    whole, end = prepared.run(RAGGED[2])
    first, state = prepared.run(RAGGED[2][:5])
    rest, final = prepared.run(RAGGED[2][5:], state)
    np.testing.assert_array_equal(np.concatenate([first, rest]), whole)
    np.testing.assert_array_equal(final, end)
    _, states = prepared.run(RAGGED)
    again, _ = prepared.run(RAGGED, states)
    np.testing.assert_array_equal(again[1], prepared.run(RAGGED[1], states[1])[0])
    model = ReservoirRegressor(prepared).fit(RAGGED[2], RAGGED[2][:, 0])
    stream = model.stream()
    np.testing.assert_array_equal([stream.step(row) for row in RAGGED[0]], model.predict(RAGGED[0]))


@pytest.mark.parametrize("transformer", [WithGradient(), CHAIN])
def test_what_looks_ahead_goes_on_from_nothing(transformer):
    prepared = Prepared(transformer, SYSTEMS[0])
    assert not prepared.causal and not prepared.piecewise
    states, finals = prepared.fit(RAGGED).run(RAGGED)
    assert finals == [None] * 4 and prepared.run(RAGGED[0])[1] is None and len(states) == 4
    with pytest.raises(ValueError, match="The 'state' parameter of Prepared must be None: its transformer looks"):
        prepared.run(RAGGED[0], np.zeros(9))
    model = ReservoirRegressor(prepared).fit(RAGGED[2], RAGGED[2][:, 0])
    with pytest.raises(ValueError, match="rows one by one"):
        model.stream()


def test_long_sequences_are_heard_whole():
    series = np.cumsum(RNG.normal(size=(BLOCK_ROWS + 500, 1)), axis=0)
    prepared = Prepared(WithGradient(), EchoState(5, random_state=0))
    model = ReservoirRegressor(prepared, include_input=False).fit(series, series)
    states = prepared.fit_transform(series)
    np.testing.assert_array_equal(model.predict(series), model.readout_.predict(states))


def test_defaults_and_deep_parameters(tmp_path):
    prepared = Prepared().set_params(system__leak=0.5, transformer__with_mean=False)
    assert prepared.system.leak == 0.5 and not prepared.transformer.with_mean
    default = Prepared().fit(RAGGED)
    assert isinstance(default.transformer_, SequenceScaler) and default.system_.n_units == 100
    fitted = Prepared(CHAIN, SYSTEMS[0]).fit(RAGGED)
    save(fitted, tmp_path / "system.zip")
    np.testing.assert_array_equal(load(tmp_path / "system.zip").transform(RAGGED[0]), fitted.transform(RAGGED[0]))


def test_noise_is_that_of_the_system():
    noisy = Prepared(SequenceScaler(), EchoState(9, noise=0.1, random_state=0)).fit(RAGGED)
    quiet = noisy.without_noise()
    assert not np.array_equal(noisy.run(RAGGED[0], trial=1)[0], noisy.run(RAGGED[0], trial=2)[0])
    expected = Prepared(SequenceScaler(), SYSTEMS[0]).fit_transform(RAGGED[0])
    assert quiet.transform(RAGGED[0]).shape == expected.shape and quiet.without_noise() is quiet
    labels = list("abab")
    model = ReservoirClassifier(noisy).fit(RAGGED, labels)
    np.testing.assert_array_equal(model.predict(RAGGED), model.predict(RAGGED))


def test_refuses_what_is_no_part():
    with pytest.raises(ValueError, match="The 'transformer' parameter of Prepared must be None or a transformer"):
        Prepared(EchoState).fit(RAGGED)
    with pytest.raises(ValueError, match="The 'system' parameter of Prepared must be None or a system"):
        Prepared(None, SequenceScaler()).fit(RAGGED)
