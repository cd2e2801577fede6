"""How fast a driven system forgets, or amplifies, a small difference of state."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from reservoir.parts import FittedModel, Seed, SequenceData, System
from reservoir.probes.driven_states import driven, is_spiking, one_series
from reservoir.probes.exponents import N_SEGMENTS, LyapunovExponents, Move, from_growth, growth_of, orthonormal
from reservoir.probes.tangent import Tangent, blocks, tangent_of
from reservoir.probes.vector_state import with_vector_state
from reservoir.threads import one_blas_thread
from reservoir.validation import as_generator, check_choice, check_integer, check_real, parameter_error

_OWNER = "lyapunov_exponent"


def lyapunov_exponent(
    system: System | FittedModel,
    X: SequenceData,
    *,
    n_exponents: int = 1,
    method: str = "auto",
    washout: int = 100,
    interval: int = 1,
    dt: float = 1.0,
    random_state: Seed = 0,
) -> LyapunovExponents:
    """Conditional Lyapunov exponents: the rate at which a small difference of state grows under one and the same input.

        lambda = mean over time of log(|d(t + 1)| / |d(t)|)

    Natural logarithms, for each step; with `dt` for each unit of time, lambda / dt. Below zero the system forgets where
    it began, the echo-state property for small differences, in about 1 / |lambda| steps. Above zero it is chaotic
    although it is driven, and its states are no function of the input.

    "jacobian" multiplies by the exact Jacobians along the states and makes the differences orthonormal again (QR)
    after every `interval` rows. It gives as many exponents as are asked for. "two_trajectories" runs the system from
    two states that differ a little, and brings the difference back to its length after every `interval` rows; it needs
    no more than ``run(X, state)``, and gives the largest exponent.

    Parameters
    ----------
    system : object with ``fit`` and ``run``, or fitted model
        A fitted system is asked as it is, without its noise; of any other system a copy is fitted to X. Its state must
        be an array that may be changed by a little. That of spiking units is not: they spike or they do not.
    X : series (T, n_features)
        The input; T >= washout + 20 * interval.
    n_exponents : int >= 1, default 1
        At most the number of units; more than one needs the Jacobian.
    method : {"auto", "jacobian", "two_trajectories"}, default "auto"
        "auto" is the Jacobian for an `EchoState` and a `DeepEchoState`, else two
        trajectories.
    washout : int >= 0, default 100
        Rows in which states and differences settle, and which do not count.
    interval : int >= 1, default 1
        Rows between two renormalisations. A larger one saves time, and loses exponents that are far below zero.
    dt : float > 0, default 1.0
        Time of one row.
    random_state : None, int, Generator, SeedSequence or RandomState, default 0
        Source of the first differences.

    Returns
    -------
    exponents : LyapunovExponents
        With `exponents` (n_exponents,), `standard_errors`, `largest`, `total`.

    Raises
    ------
    ValueError
        For a parameter outside its range, and for spiking systems: `washout_estimate` and `echo_state_index` work for
        these.

    Notes
    -----
    An exponent is -inf where a difference vanishes, as after the length of a delay line. Within one interval float64
    cannot resolve a contraction below about exp(-36) beside the largest growth.

    References
    ----------
    Benettin, Galgani, Giorgilli, Strelcyn 1980, Lyapunov characteristic exponents for smooth dynamical systems, Part 1,
    Meccanica 15:9-20, doi:10.1007/BF02128236.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.probes import lyapunov_exponent
    >>> X = np.random.default_rng(0).uniform(-1, 1, size=(500, 1))
    >>> linear = EchoState(50, spectral_radius=0.9, activation="identity", random_state=0)
    >>> lyapunov_exponent(linear, X).largest < 0
    True
    """
    check_choice(_OWNER, "method", method, ["auto", "jacobian", "two_trajectories"])
    n_exponents = check_integer(_OWNER, "n_exponents", n_exponents, 1)
    washout = check_integer(_OWNER, "washout", washout, 0)
    interval = check_integer(_OWNER, "interval", interval, 1)
    dt = check_real(_OWNER, "dt", dt, 0, closed="neither")
    rng = as_generator(_OWNER, random_state)
    system, sequences = driven(_OWNER, system, X)
    if is_spiking(system):
        wanted = "one of rate units: ask washout_estimate or echo_state_index of spiking units"
        raise parameter_error(_OWNER, "system", wanted, system)
    rows = one_series(_OWNER, sequences, washout + N_SEGMENTS * interval)
    tangent = None if method == "two_trajectories" else tangent_of(system)
    if tangent is None:
        if method == "jacobian" or n_exponents > 1:
            wanted = "an EchoState or a DeepEchoState, whose `run` no subclass replaces, for its Jacobian"
            raise parameter_error(_OWNER, "system", wanted, system)
        return from_growth(
            _two_trajectories(with_vector_state(_OWNER, system), rows, washout, interval, rng), interval * dt
        )
    n_exponents = check_integer(_OWNER, "n_exponents", n_exponents, 1, tangent.n_values)
    basis = orthonormal(tangent.n_values, n_exponents, rng)
    with one_blas_thread():
        return from_growth(growth_of(_moves(tangent, rows), basis, interval, washout), interval * dt)


def _moves(tangent: Tangent, rows: np.ndarray) -> Iterator[Move]:
    """How differences of state move with every row."""
    state = tangent.rest()
    for piece in blocks(len(rows), tangent.n_values):
        points, _, state = tangent.follow(rows[piece], state)
        for point in points:
            yield partial(tangent.move, point)


def _two_trajectories(
    system: System, rows: np.ndarray, washout: int, interval: int, rng: np.random.Generator
) -> np.ndarray:
    """Logarithms of growth (n_pieces, 1) of a difference that is made small again after every `interval` rows."""
    growth: list[float] = []
    direction, state = None, None
    first = washout % interval
    if first:
        state = system.run(rows[:first])[1]
    for t in range(first, len(rows) - interval + 1, interval):
        piece = rows[t : t + interval]
        if state is None:
            state = np.zeros_like(system.run(piece)[1])
        if direction is None:
            direction = rng.standard_normal(state.shape)
        other = _beside(state, direction)
        length = np.linalg.norm(other.astype(np.float64) - state)
        state, other = system.run(piece, state)[1], system.run(piece, other)[1]
        direction = other.astype(np.float64) - state
        left = np.linalg.norm(direction)
        if t >= washout:
            growth.append(np.log(left / length) if left else -np.inf)
        direction = direction if left else None
    return np.array(growth)[:, None]


def _beside(state: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """A state that differs by half the digits of its type."""
    size = np.sqrt(np.finfo(state.dtype).eps) * max(float(np.linalg.norm(state)), 1.0)
    return (state + direction * (size / np.linalg.norm(direction))).astype(state.dtype)
