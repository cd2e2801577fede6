"""The same bits for any number of threads: of every public name, and of work that is cut where there is much of it."""

import threading

import numpy as np
import pytest

from reservoir import DeepEchoState, EchoState, LiquidState, ReservoirClassifier, ReservoirRegressor, simulate, threads
from reservoir.circuits import MaassColumn
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
from reservoir.probes import echo_state_index, washout_estimate
from reservoir.readouts import RidgeReadout
from reservoir.spikes import Poisson, SpikeTrains
from reservoir.systems import NVAR, SideBySide
from tests.house.entries import numbers
from tests.house.public_entries import ENTRIES, digest
from tests.loops import looped

QUICK = [name for name in ENTRIES if not ENTRIES[name].slow]
SEVERAL = (2, 3, 4, 7)
RNG = np.random.default_rng(0)
SERIES = np.sin(np.arange(4200)[:, None] / 7) + 0.1 * RNG.normal(size=(4200, 2))
LATE = np.roll(SERIES[:, :1], 2, axis=0)
RAGGED = [SERIES[: 30 + 7 * k] for k in range(9)]
MANY = [SERIES[k : 520 + 3 * k] + (k % 3) * np.cos(np.arange(520 + 2 * k)[:, None] / 4) for k in range(20)]
LABELS = np.arange(20) % 3
SMALL = EchoState(20, random_state=0)
DENSE = EchoState(20, topology=RNG.normal(size=(20, 20)), random_state=0)
DELAYED = EchoState(20, delay=[1, 2, 3, 4] * 5, random_state=0)
LIQUID = LiquidState(MaassColumn((3, 3, 2)), random_state=0)
NOISY = EchoState(20, noise=0.1, random_state=0)


@pytest.fixture
def by_threads(monkeypatch):
    """What work gives that is done by so many threads, however small it is."""
    monkeypatch.setattr(threads, "LEAST_WORK", 1)

    def found(n_threads, work, *arguments):
        monkeypatch.setattr(threads, "limit", lambda: n_threads)
        return work(*arguments)

    return found


@pytest.mark.parametrize("name", QUICK)
def test_public_names(name, by_threads):
    alone = by_threads(1, digest, name)
    assert [by_threads(n_threads, digest, name) for n_threads in SEVERAL] == [alone] * len(SEVERAL)


def states(system):
    return numbers(system.fit(RAGGED).transform(RAGGED))


def trials():
    circuit = MaassColumn((3, 3, 2)).draw(np.random.default_rng(0))
    times = [np.arange(0.01, 0.1, 0.004 * k) for k in range(1, 8)]
    trains = [SpikeTrains(own, np.zeros(len(own), int), n_units=1, duration=0.1) for own in times]
    return numbers(simulate(circuit, trains, record=("voltages", "state"), random_state=0))


def answers(model, X=SERIES, y=LATE, ask="predict"):
    return numbers(getattr(model.fit(X, y), ask)(X))


def forecasts(model):
    model.fit(SERIES[:500])
    return numbers([model.forecast(20), model.forecast(20, context=SERIES[:300]), model.training_errors_])


def search(**options):
    grid = {"reservoir__leak": [0.3, 0.6, 1.0], "reservoir__spectral_radius": [0.5, 0.9], "readout__alpha": [1e-3, 1.0]}
    model = ReservoirRegressor(EchoState(20, **options), RidgeReadout())
    return scores(ReservoirSearchCV(model, grid, cv=WarmTimeSeriesSplit(2, warmup=10)), SERIES[:400], LATE[:400])


def search_of_recordings():
    grid = {"reservoir__leak": [0.3, 0.6, 1.0], "readout__alpha": [1e-3, 1.0]}
    model = ReservoirClassifier(NOISY, RidgeReadout(), pooling="mean", include_input=True)
    return scores(ReservoirSearchCV(model, grid, cv=3), [own[:60] for own in MANY], LABELS)


def scores(search, X, y):
    table = search.set_params(random_state=0).fit(X, y).cv_results_
    return numbers([column for name, column in table.items() if "score" in name and "time" not in name])


WORK = {
    **{f"states of {system}": (states, system) for system in (SMALL, DENSE, DELAYED, NOISY)},
    "layers": (states, DeepEchoState(SMALL, 3, random_state=0)),
    "side by side": (states, SideBySide([("one", SMALL), ("two", DELAYED)])),
    "trials": (trials,),
    "trials of a liquid": (states, LIQUID),
    "recordings, liquid": (answers, ReservoirClassifier(LIQUID), [own[:60] for own in MANY], LABELS),
    "starts": (
        lambda: numbers([ask(SMALL, SERIES[:60], random_state=0) for ask in (echo_state_index, washout_estimate)]),
    ),
    "last rows": (states, NVAR(3, 3)),
    "one series": (answers, ReservoirRegressor(SMALL)),
    "a list": (answers, ReservoirRegressor(NOISY), MANY, [own[:, 0] for own in MANY]),
    "a fixed penalty": (answers, ReservoirRegressor(SMALL, RidgeReadout(1e-3))),
    "members": (answers, ReservoirRegressor(SMALL, n_members=3)),
    "members, dense": (answers, ReservoirRegressor(DENSE, n_members=3), MANY, [own[:, 0] for own in MANY]),
    "recordings, fast": (answers, ReservoirClassifier(), MANY, LABELS, "decision_function"),
    "recordings, full": (answers, ReservoirClassifier(preset="full"), MANY, LABELS, "decision_function"),
    "recordings, classic": (answers, ReservoirClassifier(preset="classic"), MANY, LABELS, "decision_function"),
    "recordings, rows held": (answers, ReservoirClassifier(SMALL, pooling="segments", n_members=2), MANY, LABELS),
    "forecasts": (forecasts, looped(SMALL, washout=5, n_members=3)),
    "search": (search,),
    "search of recordings": (search_of_recordings,),
    "search, delays": (lambda: search(delay=2),),
}


@pytest.mark.parametrize("name", WORK)
@pytest.mark.filterwarnings("ignore")
def test_work_that_is_spread(name, by_threads, monkeypatch):
    begun, done = [], threads._Spread.done
    monkeypatch.setattr(
        threads._Spread, "done", lambda self, n_helpers: begun.append(n_helpers) or done(self, n_helpers)
    )
    alone = by_threads(1, *WORK[name])
    assert not begun
    for n_threads in SEVERAL:
        found = by_threads(n_threads, *WORK[name])
        assert all(one.tobytes() == other.tobytes() for one, other in zip(found, alone, strict=True))
    assert begun


def test_what_users_write_runs_in_their_own_thread(by_threads):
    """An encoder of a user's, unless it says that any thread may call it."""

    class Own(Poisson):
        def encode(self, rows, step, rng):
            seen.append(threading.get_ident())
            meeting.wait(60)
            return super().encode(rows, step, rng)

    for n_threads, any_thread in ((1, False), (2, True)):
        seen, meeting = [], threading.Barrier(n_threads)
        Own.any_thread = any_thread
        liquid = LiquidState(MaassColumn((3, 3, 2)), encoder=Own(), random_state=0).fit(RAGGED)
        assert liquid.any_thread == any_thread
        by_threads(2, liquid.transform, [own[:10] for own in RAGGED[:8]])
        assert len(set(seen)) == n_threads
