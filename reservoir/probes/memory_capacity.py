"""How much of its past input a system holds in its present state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.special import betainccinv

from reservoir.parts import FittedModel, Seed, System
from reservoir.probes.driven_states import one_input
from reservoir.probes.orthonormal_basis import orthonormal_basis
from reservoir.sizes import check_fits, check_largest
from reservoir.threads import one_blas_thread
from reservoir.validation import as_generator, check_integer, check_real

_DELAYS_A_BLOCK = 128
_AMPLITUDE = 0.8


@dataclass(frozen=True)
class MemoryCapacity:
    """The answer of `memory_capacity`."""

    total: float
    """Sum over the delays, at most the number of states."""
    per_delay: np.ndarray
    """Capacity of delay 0, 1, 2, ... (n_delays,), 0 where it is not above the floor."""
    floor: float
    """Share R^2 of an input that a delay must exceed, before its correction, to count."""

    def __repr__(self) -> str:
        return f"<MemoryCapacity: {self.total:.2f} over {len(self.per_delay)} delays>"


def memory_capacity(
    system: System | FittedModel,
    n_delays: int | None = None,
    *,
    n_steps: int | None = None,
    washout: int = 100,
    random_state: Seed = None,
    significance: float = 1e-4,
) -> MemoryCapacity:
    """Short-term memory capacity: the share of past inputs that a linear readout of the state recovers.

        MC = sum_k MC_k,   MC_k = cov(u(t - k), y_k(t))**2 / (var u var y_k)

    The input u is independent and uniform in [-0.8, 0.8]; y_k(t) is the least-squares reconstruction of u(t - k) from
    the state x(t) and a constant, so that MC_k is its coefficient of determination. Delay 0 is the row that made
    the state, and counts. For independent input MC is at most the number of states, and it is just that for a
    linear reservoir whose states are independent.

    The delayed inputs are made orthonormal over the n_steps rows, delay after delay, and projected on the states. So
    the shares R^2_k sum to at most N in every sample, as the capacities must. Least squares explains by chance a
    share of anything: after the delays before k have taken sum_{j<k} R^2_j of the N dimensions, on average

        p_k = (N - sum_{j<k} R^2_j) / (n_steps - 1 - k),   and so MC_k = (R^2_k - p_k) / (1 - p_k).

    A delay counts zero unless R^2_k is above the floor, the quantile that pure chance with all N dimensions (a beta
    distribution) exceeds with probability `significance`; so the tail cannot inflate the sum, and capacities far
    below the floor are lost. One factorisation of the states, and one of the inputs, serve all delays. N is the
    numerical rank: the states of a linear reservoir with random weights soon point in directions that
    float64 cannot tell apart, and its measured capacity is then less than its number of units. Theory is
    `controllability_rank`. The measurement falls below it for that reason, and where the capacity of a direction is
    spread over so many delays that each lies below the floor, as for eigenvalues close to 1 or to one another.

    Parameters
    ----------
    system : object with ``fit`` and ``run``, or fitted model
        Of one feature. A fitted scikit-learn estimator is asked as it is, and of a fitted model its reservoir, which
        hears what the model lets it hear; of any other system a copy is fitted.
    n_delays : None or int >= 1, default None
        Delays 0 to n_delays - 1. None is two for each state, and 100 more.
    n_steps : None or int, default None
        Rows from which the capacities are estimated, at least n_delays + number of states + 3. None is 20 for each
        state, but at least 10,000, and 5 for each delay. The floor falls and the accuracy grows with it.
    washout : int >= 0, default 100
        Rows that are left out at the head, beside the first n_delays.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of the input.
    significance : float in (0, 1), default 1e-4
        Probability with which a delay that holds nothing is counted.

    Returns
    -------
    capacity : MemoryCapacity
        With `total`, `per_delay` (n_delays,) and `floor`.

    Raises
    ------
    ValueError
        For a parameter outside its range, and what `information_processing_capacity` refuses to measure.

    References
    ----------
    Jaeger 2001, Short term memory in echo state networks, GMD Report 152, doi:10.24406/publica-fhg-291107.
    Dambre, Verstraeten, Schrauwen, Massar 2012, doi:10.1038/srep00514, as for `information_processing_capacity`.

    Examples
    --------
    >>> from reservoir import EchoState
    >>> from reservoir.probes import memory_capacity
    >>> from reservoir.topologies import Orthogonal
    >>> linear = EchoState(20, topology=Orthogonal(), activation="identity", random_state=0)
    >>> round(memory_capacity(linear, random_state=0).total)
    20
    """
    owner = "memory_capacity"
    one = one_input(owner, system)
    washout = check_integer(owner, "washout", washout, 0)
    significance = check_real(owner, "significance", significance, 0, 1, closed="neither")
    rng = as_generator(owner, random_state)
    n_states = one.states(np.zeros((1, 1))).shape[1]
    n_delays = 2 * n_states + 100 if n_delays is None else check_integer(owner, "n_delays", n_delays, 1)
    check_fits(owner, "n_delays", n_delays, 8.0 * n_delays**2, "products of all delays")
    if n_steps is None:
        n_steps = max(10_000, 20 * n_states, 5 * n_delays)
    n_steps = check_integer(owner, "n_steps", n_steps, n_states + n_delays + 3)
    numbers = {"washout": washout, "n_steps": n_steps}
    check_largest(owner, numbers, 16.0 * n_steps * (n_states + 1) + 8.0 * washout, "inputs and states")
    inputs = rng.uniform(-_AMPLITUDE, _AMPLITUDE, size=n_delays + washout + n_steps)
    states = one.states(inputs[:, None])[-n_steps:]
    with one_blas_thread():
        basis = orthonormal_basis(states, centred=True)
        shares = delay_shares(basis, inputs[-n_steps - n_delays + 1 :], n_delays)
    return _counted(shares, basis.shape[1], n_steps, significance)


def _counted(shares: np.ndarray, rank: int, n_steps: int, significance: float) -> MemoryCapacity:
    """Capacities from the shares R^2 (n_delays,) of every delay: those above the floor, less what chance explains."""
    n_delays = len(shares)
    if rank == 0:
        return MemoryCapacity(0.0, np.zeros(n_delays), 0.0)
    floor = float(betainccinv(rank / 2, (n_steps - n_delays - rank) / 2, significance))
    free = np.maximum(rank - (np.cumsum(shares) - shares), 0)
    chance = free / (n_steps - 1 - np.arange(n_delays))
    per_delay = np.where(shares > floor, (shares - chance) / (1 - chance), 0.0)
    return MemoryCapacity(float(per_delay.sum()), per_delay, floor)


def delay_shares(basis: np.ndarray, inputs: np.ndarray, n_delays: int) -> np.ndarray:
    """The share of every delayed input, made orthonormal, that lies in the span of the basis (n_delays,)."""
    n_steps = len(basis)
    delayed = np.lib.stride_tricks.sliding_window_view(inputs, n_steps)[::-1]  # row k holds u(t - k)
    blocks = [delayed[first : first + _DELAYS_A_BLOCK] for first in range(0, n_delays, _DELAYS_A_BLOCK)]
    means = delayed.mean(axis=1)
    products = np.concatenate([np.ascontiguousarray(block) @ basis for block in blocks])
    products -= np.outer(means, basis.sum(axis=0))
    gram = np.empty((n_delays, n_delays))
    gram[0] = gram[:, 0] = delayed @ delayed[0]
    head, tail = inputs[n_delays - 2 :: -1], inputs[: n_steps - 1 : -1]  # what row k + 1 gains on row k, and loses
    for k in range(n_delays - 1):
        gram[k + 1, 1:] = gram[k, :-1] + head[k] * head[: n_delays - 1] - tail[k] * tail[: n_delays - 1]
    gram -= n_steps * np.outer(means, means)
    return np.square(solve_triangular(cholesky(gram, lower=True), products, lower=True)).sum(axis=1)
