"""One spike per row, whose time is the value."""

import numpy as np
import pytest

from reservoir.spikes import GaussianReceptiveFields, Latency
from tests.spikes.parts import generator


@pytest.mark.parametrize("n_steps", [1, 7, 100])
@pytest.mark.parametrize("encoder", [Latency(), Latency(cut=1.1e-3), GaussianReceptiveFields(4)])
def test_latencies_meet_in_no_step(encoder, n_steps):
    rows = np.concatenate([generator().random((500, 1)), [[0.0], [1.0]], np.tile([[1.2e-3], [1.0]], (50, 1))])
    record = encoder.fit(rows).encode(rows, n_steps * 1e-4, None)
    grid = record.steps(1e-4) * record.n_units + record.units
    assert len(np.unique(grid)) == len(record) and record.steps(1e-4).max() < len(rows) * n_steps


def test_latency_decodes():
    rows = np.array([[0.0, 5.0], [1.0, 7.0], [0.25, 10.0], [0.5, 5.4]])
    record = Latency(cut=0.1).fit(rows).encode(rows, 0.02, None)
    assert record.counts().tolist() == [3, 2]
    decoded, row = np.zeros((4, 2)), (record.times / 0.02 + 1e-9).astype(int)
    decoded[row, record.units] = row + 1 - record.times / 0.02
    np.testing.assert_allclose(decoded, [[0, 0], [1, 0.4], [0.25, 1], [0.5, 0]], rtol=0, atol=1e-12)
