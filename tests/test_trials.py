"""Which systems have trials, and what a model or a probe tells one that has none."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from reservoir import DeepEchoState, EchoState, ReservoirClassifier, ReservoirRegressor
from reservoir.probes import generalisation_rank, kernel_rank, separation
from reservoir.readouts import RidgeReadout
from reservoir.trials import TrialState, draws_numbers, run_trial, takes_trials
from tests.loops import looped

RNG = np.random.default_rng(0)
RAGGED = [RNG.uniform(-1, 1, (n, 2)) for n in (30, 1, 20, 30)]
STACK = RNG.uniform(-1, 1, (4, 25, 2))


class Halving(BaseEstimator):
    """A system from elsewhere that knows nothing of trials."""

    def fit(self, X, y=None):
        return self

    def run(self, X, state=None):
        if isinstance(X, list) or X.ndim == 3:
            return [x / 2 for x in X], [x[-1] for x in X]
        return X / 2, X[-1]


class Counting(Halving):
    """One that has trials, and whose states say which."""

    def run(self, X, state=None, *, trial=0):
        if isinstance(X, list) or X.ndim == 3:
            trials = np.broadcast_to(trial, len(X))
            known = [None] * len(X) if state is None else state
            pairs = [self._run(*one) for one in zip(X, known, trials, strict=True)]
            return [states for states, _ in pairs], [final for _, final in pairs]
        return self._run(X, state, trial)

    def _run(self, X, state, trial):
        state = TrialState(np.zeros(1), int(trial), 0) if state is None else state
        steps = state.step + np.arange(len(X))
        states = np.column_stack([np.full(len(X), float(state.trial)), steps])
        return states, TrialState(np.zeros(1), state.trial, state.step + len(X))


def test_who_has_trials():
    assert takes_trials(EchoState()) and takes_trials(DeepEchoState()) and takes_trials(Counting())
    assert not takes_trials(Halving())
    fitted = [EchoState(5, noise=0.1), EchoState(5), Counting(), Halving(), DeepEchoState(EchoState(5, noise=0.1))]
    assert [draws_numbers(system.fit(STACK)) for system in fitted] == [True, False, True, False, True]


def test_only_systems_with_trials_are_told():
    assert np.array_equal(run_trial(Halving(), STACK[0], trial=3)[0], STACK[0] / 2)
    assert (run_trial(Counting(), STACK[0], trial=3)[0][:, 0] == 3).all()
    states = run_trial(Counting(), list(STACK), trial=range(4))[0]
    assert [own[0, 0] for own in states] == [0, 1, 2, 3]


class Remembering(RidgeReadout):
    """A readout that keeps the rows that it learns from."""

    def accumulate(self, X, y, **told):
        self.rows_ = [*getattr(self, "rows_", []), X]
        return super().accumulate(X, y, **told)


def learned_from(model, *data):
    return np.concatenate(model.set_params(readout=Remembering(1.0)).fit(*data).readout_.rows_)


@pytest.mark.parametrize("kind", [list, np.asarray])
def test_presentation_k_of_a_fit_is_trial_k(kind):
    X, per_step = kind(STACK), kind(STACK[:, :, 0])
    trials, steps = np.repeat(np.arange(4), 25), np.tile(np.arange(25), 4)
    step_model = ReservoirRegressor(Counting(), include_input=False)
    np.testing.assert_array_equal(learned_from(step_model, X, per_step), np.column_stack([trials, steps]))
    pooled = ReservoirRegressor(Counting(), include_input=False, pooling="last")
    np.testing.assert_array_equal(learned_from(pooled, X, np.arange(4.0))[:, 0], np.arange(4))
    classes = ReservoirClassifier(Counting(), pooling="mean")
    np.testing.assert_array_equal(learned_from(classes, X, list("abab"))[:, 0], np.arange(4))
    forecaster = looped(Counting(), washout=3, include_input=False)
    np.testing.assert_array_equal(np.unique(learned_from(forecaster, X)[:, 0]), np.arange(4))
    np.testing.assert_array_equal(pooled.predict(X), np.full(4, pooled.predict(X)[0]))  # all in trial 0


def test_a_long_series_is_one_trial():
    rows = learned_from(ReservoirRegressor(Counting(), include_input=False), np.zeros((9000, 2)), np.zeros(9000))
    np.testing.assert_array_equal(rows, np.column_stack([np.zeros(9000), np.arange(9000)]))


def test_fit_hears_what_run_gives_for_these_trials():
    system = EchoState(20, noise=0.3, random_state=0)
    rows = learned_from(ReservoirRegressor(system, include_input=False), RAGGED, [x[:, 0] for x in RAGGED])
    expected = np.concatenate(system.fit(RAGGED).run(RAGGED, trial=range(4))[0])
    np.testing.assert_array_equal(rows, expected)


@pytest.mark.parametrize("system", [EchoState(20, noise=0.3, random_state=0), Halving(), Counting()], ids=repr)
def test_models_answer_alike_in_any_batch(system):
    X, y = RAGGED, [x[:, 0] for x in RAGGED]
    model = ReservoirRegressor(system, RidgeReadout(1.0)).fit(X, y)
    together = model.predict(X)
    for rows, answers in zip(X, together, strict=True):
        np.testing.assert_array_equal(model.predict(rows), answers)


def test_ranks_see_noise():
    noisy, quiet = (EchoState(20, noise=noise, random_state=0) for noise in (0.1, 0.0))
    assert generalisation_rank(noisy, jitter=0.0, random_state=0).rank == 20
    assert generalisation_rank(quiet, jitter=0.0, random_state=0).rank == 1
    assert kernel_rank(noisy, np.zeros((30, 5, 1))).rank == 20
    assert generalisation_rank(Counting(), n_streams=4, jitter=0.0, random_state=0).rank == 2
    assert generalisation_rank(Halving(), n_streams=4, jitter=0.0, random_state=0).rank == 1


def test_pairs_of_separation_hear_the_same_noise():
    """In a linear system noise leaves the distances as they are, and adds to the variance that they are measured by."""
    options = {
        "activation": "identity",
        "random_state": 0,
        "spectral_radius": 0.5,
        "input_scaling": 1.0,
        "bias_scaling": 0.0,
    }
    distances = [0.0, 0.01, 0.2, 1.0]
    quiet, noisy = (
        separation(EchoState(20, noise=noise, **options), distances, random_state=0).state_distances[:, -1]
        for noise in (0.0, 0.1)
    )
    share = noisy[1:] / quiet[1:]
    assert noisy[0] == 0 and (share < 1).all() and (share > 0.7).all()
    np.testing.assert_allclose(share, share[0], rtol=1e-9)
