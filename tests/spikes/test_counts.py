"""The window of counts."""

import pytest

from reservoir.spikes import Counts
from tests.spikes.parts import some_trains


def test_windows_are_whole_multiples_of_the_step():
    assert [Counts(0.3).n_memory(step) for step in (0.1, 0.3, 1e-4, 0.03)] == [3, 1, 3000, 10]
    for step in (0.2, 0.07, 1.0, 0.299):
        with pytest.raises(ValueError, match=r"'window' parameter of Counts must be a whole multiple of the step, "):
            Counts(0.3).filter(some_trains(), step, 3)
