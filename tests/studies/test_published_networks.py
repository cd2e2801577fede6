"""Networks as papers describe them, on a reduced size: what they do, and the same in both engines."""

import numpy as np
import pytest

from tests.house.scripts import EXAMPLES, ROOT, STUDIES, load


@pytest.fixture(scope="module")
def vogels_abbott():
    return load(STUDIES, "vogels_abbott")


SMALL = {"n_units": 1600, "probability": 0.05, "seconds": 0.4}  # each unit hears as many as in the whole


def test_the_network_by_currents_fires_slowly(vogels_abbott):
    rate, variation, last = vogels_abbott.measures(vogels_abbott.spikes_of("CUBA", **SMALL))
    assert 3 < rate < 9 and variation > 0.2 and last > 0.39


def test_the_network_by_conductances_goes_on_once_it_was_pushed(vogels_abbott):
    """It may die, the likelier the smaller it is."""
    pushed = [vogels_abbott.measures(vogels_abbott.spikes_of("COBA", seed=seed, **SMALL)) for seed in range(3)]
    rate, variation, last = np.median(pushed, axis=0)
    assert 10 < rate < 30 and variation > 0.7 and last > 0.39
    silent = vogels_abbott.spikes_of("COBA", pushed=False, **SMALL)
    assert len(silent) == 0 and np.isnan(vogels_abbott.measures(silent)[1])


@pytest.mark.parametrize("kind", ["CUBA", "COBA"])
def test_both_engines_give_the_network_the_same_spikes(vogels_abbott, kind):
    options = {"n_units": 300, "probability": 0.1, "seconds": 0.05}
    numba, brian2 = (vogels_abbott.spikes_of(kind, engine=engine, **options) for engine in ("numba", "brian2"))
    assert len(numba) > 100 and numba == brian2


@pytest.fixture(scope="module")
def same_spikes():
    return load(ROOT / "benchmarks", "same_spikes")


def test_first_differences_of_spikes(same_spikes):
    def train(times, units):
        return same_spikes.SpikeTrains(times, units, 2, 1.0)

    one = train([0.1, 0.2, 0.3], [0, 1, 0])
    assert same_spikes.first_difference(one, one) == np.inf
    assert same_spikes.first_difference(one, train([0.1, 0.2], [0, 1])) == 0.3
    assert same_spikes.first_difference(one, train([0.1, 0.2, 0.3], [0, 0, 0])) == 0.2
    assert same_spikes.told([np.inf, np.inf]) == "2 of 2"
    assert same_spikes.told([np.inf, 0.3, 0.25]) == "1 of 3, first at 0.25 s"


def test_the_table_of_same_spikes(same_spikes, capsys):
    """Two seeds of the circuits of the table, for a moment."""
    same_spikes.run(["LIF", "conductances", "noise"], ["numpy"], 2, 0.05)
    rows = [row.split("|")[1:-1] for row in capsys.readouterr().out.splitlines()[2:]]
    assert [row[0].strip() for row in rows] == ["LIF", "conductances", "noise"]
    assert all(row[2].strip() == "2 of 2" and int(row[1].replace(",", "")) > 20 for row in rows)


@pytest.fixture(scope="module")
def brunel():
    return load(STUDIES, "brunel")


@pytest.fixture(scope="module")
def regimes(brunel):
    """Rate, variation, synchrony and frequency of a network of 2500 units, by regime."""
    found = {regime: brunel.spikes_of(regime, scale=0.2, seconds=0.25) for regime in brunel.REGIMES}
    return {regime: brunel.measures(spikes) for regime, spikes in found.items()}


def test_strong_excitation_makes_clocks_in_step(regimes):
    rate, variation, synchrony, _ = regimes["SR"]
    assert 250 < rate < 400 and variation < 0.2 and synchrony > 1


def test_strong_inhibition_makes_a_rhythm_that_is_faster_than_its_units(regimes):
    rate, variation, _, frequency = regimes["SI, fast"]
    assert 40 < rate < 100 and variation > 0.6 and 100 < frequency < 250
    rate, variation, synchrony, frequency = regimes["SI, slow"]
    assert 5 < rate < 30 and variation > 0.4 and synchrony > 0.9 and rate < frequency < 60


def test_between_them_the_network_is_asynchronous_and_irregular(regimes):
    rate, variation, synchrony, _ = regimes["AI"]
    assert 30 < rate < 75 and variation > 0.5
    assert synchrony < 0.8 * min(regimes["SR"][2], regimes["SI, slow"][2])


def test_both_engines_give_the_regimes_the_same_spikes(brunel):
    options = {"scale": 0.04, "seconds": 0.03}
    numba, brian2 = (brunel.spikes_of("AI", engine=engine, **options) for engine in ("numba", "brian2"))
    assert len(numba) > 100 and numba == brian2


@pytest.fixture(scope="module")
def izhikevich():
    return load(EXAMPLES, "alpha_and_gamma")


def program(excitatory, r, weights, thalamus):
    """Spikes (n_steps, n_units) of the program that Izhikevich 2003 prints: steps of 1 ms, millivolts."""
    a, b = np.where(excitatory, 0.02, 0.02 + 0.08 * r), np.where(excitatory, 0.2, 0.25 - 0.05 * r)
    c, d = np.where(excitatory, -65 + 15 * r**2, -65), np.where(excitatory, 8 - 6 * r**2, 2)
    v, fired = np.full(len(r), -65.0), []
    u = b * v
    for current in thalamus:
        fired.append(v >= 30)
        v, u = np.where(fired[-1], c, v), np.where(fired[-1], u + d, u)
        heard = current + weights[:, fired[-1]].sum(axis=1)
        for _ in range(2):
            v = v + 0.5 * (0.04 * v**2 + 5 * v + 140 - u + heard)
        u = u + a * (b * v - u)
    return np.array(fired)


def test_alpha_and_gamma(izhikevich):
    """Both are far above what independent units would have, and units fire as in the program that the paper prints.

    Its long steps cost it a part of the spikes.
    """
    spikes = izhikevich.spikes_of(1.0)
    bands = izhikevich.in_bands(spikes)
    assert min(bands.values()) > 5
    rng, n_units = np.random.default_rng(0), 1000
    excitatory, r = np.arange(n_units) < 800, rng.random(n_units)
    weights = np.where(excitatory, 0.5, -1.0) * rng.random((n_units, n_units))
    thalamus = np.where(excitatory, 5, 2) * rng.normal(size=(1000, n_units))
    for kind in (excitatory, ~excitatory):
        expected = 1e3 * program(excitatory, r, weights, thalamus)[300:, kind].mean()
        assert spikes.rates()[kind].mean() == pytest.approx(expected, rel=0.5)


def test_both_engines_give_the_rhythms_the_same_spikes(izhikevich, monkeypatch):
    monkeypatch.setattr(izhikevich, "BEGIN", 0.0)
    numba, brian2 = (izhikevich.spikes_of(0.1, engine=engine, n_units=300, seed=1) for engine in ("numba", "brian2"))
    assert len(numba) > 50 and numba == brian2
