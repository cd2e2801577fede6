"""How much of its past input a system holds in its present state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.special import betainccinv

from reservoir.parts import FittedModel, Seed, System
from reservoir.probes.driven_states import asked
from reservoir.probes.orthonormal_basis import orthonormal_basis
from reservoir.sizes import check_fits, check_largest
from reservoir.threads import one_blas_thread
from reservoir.validation import as_generator, check_integer, check_real

_DELAYS_A_BLOCK = 128


@dataclass(frozen=True)
class MemoryCapacity:
    """The answer of `memory_capacity`."""

    total: float
    """Sum over the delays and inputs, at most the number of states."""
    per_delay: np.ndarray
    """Capacity of the first delay and those after it (n_delays,), all inputs together."""
    floor: float
    """Share R^2 of an input that a delay must exceed, before its correction, to count."""
    per_input: np.ndarray
    """Capacity of every input and delay (n_features, n_delays), 0 where it is not above the floor."""

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
    amplitude: float = 0.8,
    first_delay: int = 0,
) -> MemoryCapacity:
    """Short-term memory capacity: the share of past inputs that a linear readout of the state recovers.

        MC = sum_k MC_k,   MC_k = cov(u(t - k), y_k(t))**2 / (var u var y_k)

    The input u is independent and uniform in [-amplitude, amplitude]; y_k(t) is the least-squares reconstruction of
    u(t - k) from the state x(t) and a constant, so that MC_k is its coefficient of determination. Delay 0 is the row
    that made the state, and counts, unless `first_delay` says otherwise. For independent input MC is at most the number
    of states, and it is just that for a linear reservoir whose states are independent.

    A system of several features hears an independent input by each, and MC is the sum over all of them: the same N
    states are shared among them.

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
        A fitted scikit-learn estimator is asked as it is, and of a fitted model its reservoir, which hears what the
        model lets it hear; of any other system a copy is fitted, to one feature.
    n_delays : None or int >= 1, default None
        How many delays, from `first_delay` on. None is two for each state, shared among the inputs, and 100 more.
    n_steps : None or int, default None
        Rows from which the capacities are estimated, at least 3 more than there are states, and delays of all inputs.
        None is 20 for each state, but at least 10,000, and 5 for each delay of an input. The floor falls and the
        accuracy grows with it.
    washout : int >= 0, default 100
        Rows that are left out at the head, beside those of all delays.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of the input.
    significance : float in (0, 1), default 1e-4
        Probability with which a delay that holds nothing is counted.
    amplitude : float > 0, default 0.8
        Largest input. Small ones ask what the system does near its rest, large ones what it keeps when it saturates.
    first_delay : int >= 0, default 0
        First delay that counts; 1 leaves out the input that has just been heard.

    Returns
    -------
    capacity : MemoryCapacity
        With `total`, `per_delay` (n_delays,), `per_input` (n_features, n_delays) and `floor`.

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
    one = asked(owner, system).unnamed()
    n_features = one.n_features
    washout = check_integer(owner, "washout", washout, 0)
    significance = check_real(owner, "significance", significance, 0, 1, closed="neither")
    amplitude = check_real(owner, "amplitude", amplitude, 0, closed="neither")
    first_delay = check_integer(owner, "first_delay", first_delay, 0)
    rng = as_generator(owner, random_state)
    n_states = one.states(np.zeros((1, n_features))).shape[1]
    usual = 2 * n_states // n_features + 100
    n_delays = usual if n_delays is None else check_integer(owner, "n_delays", n_delays, 1)
    n_functions = n_delays * n_features
    check_fits(owner, "n_delays", n_delays, 8.0 * n_functions**2, "products of all delays")
    if n_steps is None:
        n_steps = max(10_000, 20 * n_states, 5 * n_functions)
    n_steps = check_integer(owner, "n_steps", n_steps, n_states + n_functions + 3)
    numbers = {"washout": washout, "n_steps": n_steps, "first_delay": first_delay}
    n_bytes = 16.0 * n_steps * (n_states + n_features) + 8.0 * n_features * (washout + first_delay)
    check_largest(owner, numbers, n_bytes, "inputs and states")
    inputs = rng.uniform(-amplitude, amplitude, size=(first_delay + n_delays + washout + n_steps, n_features))
    states = one.states(inputs)[-n_steps:]
    with one_blas_thread():
        basis = orthonormal_basis(states, centred=True)
        heard = inputs[: len(inputs) - first_delay][-n_steps - n_delays + 1 :]
        shares = delay_shares(basis, heard, n_delays)
    return _counted(shares, basis.shape[1], n_steps, significance)


def _counted(shares: np.ndarray, rank: int, n_steps: int, significance: float) -> MemoryCapacity:
    """Capacities from the shares R^2 (n_delays, n_features): those above the floor, less what chance explains."""
    n_functions = shares.size
    if rank == 0:
        return MemoryCapacity(0.0, np.zeros(len(shares)), 0.0, np.zeros(shares.T.shape))
    floor = float(betainccinv(rank / 2, (n_steps - n_functions - rank) / 2, significance))
    ordered = shares.ravel()
    free = np.maximum(rank - (np.cumsum(ordered) - ordered), 0)
    chance = free / (n_steps - 1 - np.arange(n_functions))
    found = np.where(ordered > floor, (ordered - chance) / (1 - chance), 0.0).reshape(shares.shape)
    per_delay = found.sum(axis=1)
    return MemoryCapacity(float(per_delay.sum()), per_delay, floor, found.T.copy())


def delay_shares(basis: np.ndarray, inputs: np.ndarray, n_delays: int) -> np.ndarray:
    """The share of every delayed input that lies in the span of the basis (n_delays, n_features).

    They are made orthonormal delay after delay, and within a delay input after input.
    """
    n_steps, n_features = len(basis), inputs.shape[1]
    windows = np.lib.stride_tricks.sliding_window_view(inputs, n_steps, axis=0)[::-1]
    products, means = np.empty((n_delays, n_features, basis.shape[1])), np.empty((n_delays, n_features))
    gram = np.empty((n_delays, n_features, n_delays, n_features))
    for feature in range(n_features):
        delayed = windows[:, feature]  # row k holds u(t - k)
        means[:, feature] = delayed.mean(axis=1)
        for first in range(0, n_delays, _DELAYS_A_BLOCK):
            block = slice(first, first + _DELAYS_A_BLOCK)
            products[block, feature] = np.ascontiguousarray(delayed[block]) @ basis
        for other in range(n_features):
            gram[0, other, :, feature] = gram[:, feature, 0, other] = delayed @ windows[0, other]
    products -= means[:, :, None] * basis.sum(axis=0)
    head, tail = inputs[n_delays - 2 :: -1], inputs[: n_steps - 1 : -1]  # what delay k + 1 gains on delay k, and loses
    for k in range(n_delays - 1):
        gained = head[k][:, None, None] * head[: n_delays - 1] - tail[k][:, None, None] * tail[: n_delays - 1]
        gram[k + 1, :, 1:] = gram[k, :, :-1] + gained
    n_functions = n_delays * n_features
    covariances = gram.reshape(n_functions, n_functions) - n_steps * np.outer(means, means)
    factor = cholesky(covariances, lower=True)
    solved = solve_triangular(factor, products.reshape(n_functions, -1), lower=True)
    return np.square(solved).sum(axis=1).reshape(n_delays, n_features)
