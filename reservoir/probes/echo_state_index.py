"""How many different responses a system has to one and the same input."""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import connected_components

from reservoir.parts import FittedModel, Seed, SequenceData, System
from reservoir.probes.driven_states import driven, one_series
from reservoir.probes.initial_states import apart, drawn_start, from_each
from reservoir.probes.vector_state import with_vector_state
from reservoir.sizes import check_fits
from reservoir.validation import as_generator, check_integer, check_real

_OWNER = "echo_state_index"
_N_COMPARED = 200


def echo_state_index(
    system: System | FittedModel,
    X: SequenceData,
    *,
    n_starts: int = 10,
    tolerance: float = 1e-3,
    random_state: Seed = 0,
) -> int:
    """Echo index: the number of stable responses to one input, counted from random starts.

    The system hears X from n_starts random states. Two starts lead to the same response where their states differ,
    over the last tenth of X (at most 200 rows), by no more than `tolerance` times their first distance. The result is
    the number of groups that are linked in this way.

    1 is the echo-state property on this input: whatever the start, the input alone decides the state in the end. It
    depends on the input; a strong one can make a system of several responses have one. The count is at least that of
    the responses that were found, so that rare ones need many starts, and at most n_starts. A chaotic system
    gives n_starts, and so does a slow one where X is too short: compare with a longer X.

    Parameters
    ----------
    system : object with ``fit`` and ``run``, or fitted model
        A fitted system is asked as it is, without its noise; of any other system a copy is fitted to X.
    X : series (T, n_features), or SpikeTrains
        The input, long enough for states to settle; for spiking units also `SpikeTrains`.
    n_starts : int >= 2, default 10
        Number of starts: states uniform in [-1, 1], or for spiking units what 100 rows of X in random order leave
        behind.
    tolerance : float in (0, 1), default 1e-3
        Share of the first distance below which two states are the same.
    random_state : None, int, Generator, SeedSequence or RandomState, default 0
        Source of the starts.

    Returns
    -------
    index : int in [1, n_starts]

    Raises
    ------
    ValueError
        For a parameter outside its range, and an X that is not one series (T, n_features).

    References
    ----------
    Ceni, Ashwin, Livi, Postlethwaite 2020, The echo index and multistability in input-driven recurrent neural
    networks, Physica D 412:132609, doi:10.1016/j.physd.2020.132609.

    Examples
    --------
    A unit that holds its sign, x' = tanh(2 x + u), has two responses to no input, and one to a strong one.

    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.probes import echo_state_index
    >>> unit = EchoState(1, topology=[[2.0]], spectral_radius=None, input_weights=[[1.0]])
    >>> echo_state_index(unit, np.zeros((100, 1))), echo_state_index(unit, np.full((100, 1), 2.0))
    (2, 1)
    """
    n_starts = check_integer(_OWNER, "n_starts", n_starts, 2)
    check_fits(_OWNER, "n_starts", n_starts, 1.0 * n_starts**2, "the pairs of starts")
    tolerance = check_real(_OWNER, "tolerance", tolerance, 0, 1, closed="neither")
    rng = as_generator(_OWNER, random_state)
    quiet, sequences = driven(_OWNER, system, X)
    one = with_vector_state(_OWNER, quiet)
    rows = one_series(_OWNER, sequences, 10)
    starts = [drawn_start(one, rows, rng) for _ in range(n_starts)]
    n_compared = min(len(rows) // 10, _N_COMPARED)
    ends = from_each(one, rows, starts, lambda _, states: states[-n_compared:].copy())
    same = np.zeros((n_starts, n_starts), bool)
    for i in range(n_starts):
        for j in range(i):
            gaps = np.linalg.norm(ends[i] - ends[j], axis=1)
            same[i, j] = gaps.max() <= tolerance * apart(starts[i], starts[j], gaps)
    return int(connected_components(same, directed=False)[0])
