"""After how many rows a system has forgotten where it began."""

from __future__ import annotations

import math

import numpy as np

from reservoir.parts import FittedModel, Seed, SequenceData, System
from reservoir.probes.driven_states import driven, one_series
from reservoir.probes.initial_states import InitialState, apart, drawn_start, from_each, response, rest
from reservoir.probes.vector_state import with_vector_state
from reservoir.validation import as_generator, check_integer, check_real

_OWNER = "washout_estimate"


def washout_estimate(
    system: System | FittedModel, X: SequenceData, *, tolerance: float = 1e-3, n_starts: int = 5, random_state: Seed = 0
) -> int | float:
    """Number of rows after which states from different starts agree.

        the least n with |x_i(t) - x_0(t)| <= tolerance |x_i(0) - x_0(0)| for all t >= n and all starts i

    Start 0 is rest, from which `fit` and `predict` of every model begin; the others are random: states uniform in
    [-1, 1], or for spiking units what 100 rows of X in random order leave behind. The washout of a model should be no
    shorter.

    Parameters
    ----------
    system : object with ``fit`` and ``run``, or fitted model
        A fitted system is asked as it is, without its noise; of any other system a copy is fitted to X.
    X : series (T, n_features), or SpikeTrains
        The input, long enough for the states to meet; for spiking units also `SpikeTrains`.
    tolerance : float in (0, 1), default 1e-3
        Share of the first distance that may remain. A linear system of spectral radius r needs about
        log(tolerance) / log(r) rows.
    n_starts : int >= 1, default 5
        Number of random starts.
    random_state : None, int, Generator, SeedSequence or RandomState, default 0
        Source of the starts.

    Returns
    -------
    n_rows : int, or inf
        inf where the states have not met at the last row of X: X is too short, or the system has no echo-state property
        on this input (see `echo_state_index` and `lyapunov_exponent`).

    Raises
    ------
    ValueError
        For a parameter outside its range, and an X that is not one series: a stack or a list, or one without rows.

    References
    ----------
    Jaeger 2001, The "echo state" approach to analysing and training recurrent neural networks, GMD Report 148,
    doi:10.24406/publica-fhg-291111.

    Examples
    --------
    >>> from reservoir import EchoState
    >>> from reservoir.probes import washout_estimate
    >>> from reservoir.topologies import Orthogonal
    >>> halving = EchoState(20, topology=Orthogonal(), spectral_radius=0.5, activation="identity", random_state=0)
    >>> washout_estimate(halving, [[1.0]] * 100)  # 0.5**10 < 0.001
    10
    """
    tolerance = check_real(_OWNER, "tolerance", tolerance, 0, 1, closed="neither")
    n_starts = check_integer(_OWNER, "n_starts", n_starts, 1)
    rng = as_generator(_OWNER, random_state)
    quiet, sequences = driven(_OWNER, system, X)
    one = with_vector_state(_OWNER, quiet)
    rows = one_series(_OWNER, sequences, 1)
    first = rest(one, rows)
    reference = response(one, rows, first)

    def n_apart(start: InitialState, states: np.ndarray) -> int:
        gaps = np.linalg.norm(states - reference, axis=1)
        late = np.flatnonzero(gaps > tolerance * apart(first, start, gaps))
        return int(late[-1]) + 2 if late.size else 1

    n_rows = max(from_each(one, rows, [drawn_start(one, rows, rng) for _ in range(n_starts)], n_apart))
    return math.inf if n_rows > len(rows) else int(n_rows)
