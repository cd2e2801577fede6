"""Networks as papers describe them, on a reduced size: what they do, and the same in both engines."""

import numpy as np
import pytest

from tests.house.scripts import ROOT, STUDIES, load


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
