"""Several Poisson channels for a feature: rates and independence, against the law of each channel."""

import numpy as np

from reservoir.spikes import (
    GaussianReceptiveFields,
    Poisson,
    PoissonPopulation,
    PoissonReceptiveFields,
    fano_factors,
    spike_correlations,
)
from tests.spikes.parts import generator


def test_every_copy_has_the_rate_of_its_feature_and_spikes_of_its_own():
    rows = np.tile([[0.25, 1.0]], (20_000, 1))
    encoder = PoissonPopulation(n_copies=3, max_rate=80.0, min_rate=10.0, low=0.0, high=1.0).fit(rows)
    trains = encoder.encode(rows, 0.01, generator(1))
    rates = np.repeat([10 + 0.25 * 70, 80.0], 3)
    assert trains.n_units == 6 and encoder.n_channels(2) == 6
    np.testing.assert_array_less(np.abs(trains.rates() - rates), 5 * np.sqrt(rates / 200))
    np.testing.assert_allclose(fano_factors(trains, 0.1), 1, atol=5 * np.sqrt(2 / 2000))
    apart = spike_correlations(trains, 0.01)[np.triu_indices(6, 1)]
    assert np.abs(apart).max() < 5 / np.sqrt(20_000)


def test_one_copy_is_poisson_and_the_mean_of_many_is_closer():
    rows = generator(2).uniform(size=(300, 2))
    one = PoissonPopulation(1).fit(rows).encode(rows, 0.01, generator(3))
    assert one == Poisson().fit(rows).encode(rows, 0.01, generator(3))
    errors = []
    for n in (1, 25):
        encoder = PoissonPopulation(n, low=0.0, high=1.0).fit(rows)
        counts = encoder.encode(rows, 0.01, generator(4)).binned(0.01).reshape(300, 2, n)
        errors.append(np.mean((counts.mean(axis=2) - rows) ** 2))
    assert 10 < errors[0] / errors[1] < 60


def test_rates_of_fields_are_their_activations():
    rows = np.tile(generator(5).uniform(size=(1, 2)), (20_000, 1))
    encoder = PoissonReceptiveFields(5, max_rate=60.0, min_rate=2.0, low=0.0, high=1.0).fit(rows)
    found = encoder.encode(rows, 0.01, generator(6)).rates()
    centres = (np.arange(5) - 0.5) / 3
    wanted = [2 + 58 * np.exp(-(((x - c) * 1.5 * 3) ** 2) / 2) for x in rows[0] for c in centres]
    np.testing.assert_array_less(np.abs(found - wanted), 5 * np.sqrt(np.array(wanted) / 200))


def test_fields_are_those_told_by_times():
    rows = generator(7).uniform(size=(40, 2))
    timed = GaussianReceptiveFields(6, cut=1e-6).fit(rows)
    rated = PoissonReceptiveFields(6).fit(rows)
    times, activations = timed.encode(rows, 1.0), rated.shares(rows)
    latest = np.ones(activations.shape)
    latest[times.times.astype(int), times.units] = times.times % 1
    np.testing.assert_allclose(1 - latest[activations > 1e-6], activations[activations > 1e-6] % 1, atol=1e-9)
