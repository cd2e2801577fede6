"""How much of its past input, and of which functions of it, a system holds in its present state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from reservoir.parts import FittedModel, Seed, System
from reservoir.probes.counted_functions import CountedFunctions
from reservoir.probes.driven_states import asked
from reservoir.probes.legendre import Products
from reservoir.probes.orthonormal_basis import orthonormal_basis
from reservoir.sizes import check_largest
from reservoir.threads import one_blas_thread
from reservoir.validation import as_generator, check_integer, check_real


@dataclass(frozen=True)
class InformationProcessingCapacity:
    """The answer of `information_processing_capacity`."""

    total: float
    """Sum over all functions tried, at most the number of states."""
    table: np.ndarray
    """Capacity by total degree and longest delay (max_degree, n_delays), from degree 1 and the first delay on."""
    floor: float
    """Capacity in the sample that a function must exceed to count."""
    n_functions: int
    """Number of functions tried."""

    @property
    def per_degree(self) -> np.ndarray:
        """Capacity of degree 1, 2, ... (max_degree,)."""
        return self.table.sum(axis=1)

    @property
    def per_delay(self) -> np.ndarray:
        """Capacity of the functions whose longest delay is the first one, the next, ... (n_delays,)."""
        return self.table.sum(axis=0)

    @property
    def linear(self) -> float:
        """Capacity of the delayed inputs themselves."""
        return float(self.table[0].sum())

    @property
    def nonlinear(self) -> float:
        """Capacity of the functions of degree 2 and more."""
        return float(self.table[1:].sum())


def information_processing_capacity(
    system: System | FittedModel,
    max_degree: int = 6,
    n_delays: int | None = None,
    *,
    n_steps: int = 100_000,
    washout: int = 100,
    amplitude: float = 1.0,
    significance: float = 1e-3,
    factor: float = 2.0,
    patience: int = 1000,
    random_state: Seed = None,
    first_delay: int = 0,
) -> InformationProcessingCapacity:
    """Information processing capacity: the share of every function of past inputs that a linear readout recovers.

        C[z] = z^T X (X^T X)^+ X^T z / z^T z,   z(t) = prod_i P_{d_i}(u(t - i)),   sum_i d_i > 0

    The input u is independent and uniform in [-amplitude, amplitude], P_d the Legendre polynomial of u / amplitude,
    X the states (n_steps, N). No constant is added, and nothing is centred: a constant unit counts as a state. The
    functions z are orthogonal, so their capacities sum to at most N. They sum to N where the memory of the system
    fades, its states are independent and all functions are tried, among them the constant function. That one is not
    tried here, so what the states tell of it is missing: one of N where they can make a constant, as those of units
    with a bias nearly can, and nothing where they are odd in the input. Degree 1 alone is memory capacity. A system of
    several features hears an independent input by each, and the factors of a function are of any of them.

    **Which functions.** For every total degree from 1 to `max_degree` the longest delay grows from 0, and all
    functions of that degree and longest delay are tried. A degree ends when the longest delays in a row at which
    nothing counted hold `patience` functions or more, or at n_delays - 1. So degree 1 is tried up to delay 999,
    degree 2 up to delay 44, degree 5 up to delay 8 before it is given up: a system that hears nothing but
    inputs from longer ago needs more patience.

    **Which count.** A function counts if its C is above

        floor = factor q / n_steps,   q the upper `significance` quantile of chi-squared
                                      with N degrees of freedom.

    Products of many polynomials are rarely large, and then at steps where the states are large too; such a function
    is given more than N / n_steps by chance. With h(t) the leverage of step t it is sum_t h(t) z(t)^2 / z^T z; where
    that exceeds N / n_steps, the floor of the function rises in proportion. N is the numerical rank of X.

    **What is summed.** In a sample functions are not quite orthogonal, and all are explained by chance in part. So
    the K functions that count, each of length 1, together explain the states by least squares: with an orthonormal
    basis Q of X they have c_i = (Q^T z_i) . b_i, b the solution of (Z^T Z) b = Z^T Q, and their sum, that of N
    coefficients of determination, is at most N in every sample. Like those it is adjusted for chance:

        C_i = c_i - (N - sum_j c_j) / (n_steps - K).

    What lies below the floor is lost, so the total of a system with many small capacities grows with n_steps.

    Parameters
    ----------
    system : object with ``fit`` and ``run``, or fitted model
        A fitted scikit-learn estimator is asked as it is, and of a fitted model its reservoir, which hears what the
        model lets it hear; of any other system a copy is fitted, to one feature.
    max_degree : int >= 1, default 6
        Largest total degree.
    n_delays : None or int >= 1, default None
        How many delays, from `first_delay` on. None is two for each state, and 100 more.
    n_steps : int >= 10 for each state, default 100,000
        Rows from which the capacities are estimated. Time grows in proportion.
    washout : int >= 0, default 100
        Rows that are left out at the head, beside those of all delays.
    amplitude : float > 0, default 1.0
        Largest input.
    significance : float in (0, 1), default 1e-3
        Probability that chance alone exceeds half the floor, with the default factor.
    factor : float > 0, default 2.0
        Safety above that quantile.
    patience : int >= 1, default 1000
        Functions of one degree that may fail in a row.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of the input.
    first_delay : int >= 0, default 0
        First delay whose input counts; 0 is the row that made the state.

    Returns
    -------
    capacity : InformationProcessingCapacity
        With `total`, `table` (max_degree, n_delays), `floor`, `n_functions` and the sums `per_degree`, `per_delay`,
        `linear` and `nonlinear`.

    Raises
    ------
    ValueError
        For a parameter outside its range, and states that are no finite array (n_rows, n_states).

    References
    ----------
    Dambre, Verstraeten, Schrauwen, Massar 2012, Information processing capacity of dynamical systems, Scientific
    Reports 2:514, doi:10.1038/srep00514.

    Examples
    --------
    >>> from reservoir import EchoState
    >>> from reservoir.probes import information_processing_capacity
    >>> odd = EchoState(5, bias_scaling=0.0, random_state=0)
    >>> capacity = information_processing_capacity(odd, 3, n_steps=5000, random_state=0)
    >>> capacity.total <= 5, bool(capacity.per_degree[1] == 0)  # tanh without bias is odd
    (True, True)
    """
    owner = "information_processing_capacity"
    one = asked(owner, system).unnamed()
    n_features = one.n_features
    max_degree = check_integer(owner, "max_degree", max_degree, 1)
    washout = check_integer(owner, "washout", washout, 0)
    amplitude = check_real(owner, "amplitude", amplitude, 0, closed="neither")
    significance = check_real(owner, "significance", significance, 0, 1, closed="neither")
    factor = check_real(owner, "factor", factor, 0, closed="neither")
    patience = check_integer(owner, "patience", patience, 1)
    first_delay = check_integer(owner, "first_delay", first_delay, 0)
    rng = as_generator(owner, random_state)
    n_states = one.states(np.zeros((1, n_features))).shape[1]
    n_delays = 2 * n_states + 100 if n_delays is None else check_integer(owner, "n_delays", n_delays, 1)
    n_steps = check_integer(owner, "n_steps", n_steps, 10 * n_states)
    numbers = {"n_delays": n_delays, "washout": washout, "n_steps": n_steps, "first_delay": first_delay}
    n_before = first_delay + n_delays + washout
    n_bytes = 20.0 * n_steps * (n_states + n_features) + 8.0 * n_before * n_features
    check_largest(owner, numbers, n_bytes, "inputs and states")
    inputs = rng.uniform(-1, 1, size=(n_before + n_steps, n_features))
    states = one.states(amplitude * inputs)[-n_steps:]
    heard = inputs[: len(inputs) - first_delay][-n_steps - n_delays + 1 :]
    products = Products(heard, n_steps, max_degree)
    with one_blas_thread():
        basis = orthonormal_basis(states, centred=False)
        floor = capacity_floor(basis.shape[1], n_steps, significance, factor)
        counted = CountedFunctions(products, basis, floor, (max_degree, n_delays))
        for degree in range(1, max_degree + 1):
            counted.try_degree(degree, patience)
        table = counted.table()
    return InformationProcessingCapacity(float(table.sum()), table, floor, counted.n_tried)


def capacity_floor(n_states: int, n_steps: int, significance: float, factor: float) -> float:
    """The capacity that a function must exceed: `factor` times what chance exceeds with this probability."""
    return float(factor * chi2.isf(significance, n_states) / n_steps) if n_states else 0.0
