"""How many directions the final states of many streams take: of different ones, and of nearly equal ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reservoir.parts import FittedModel, Seed, SequenceData, System
from reservoir.probes.driven_states import Asked, asked
from reservoir.probes.orthonormal_basis import precision_of
from reservoir.sizes import check_largest
from reservoir.threads import one_blas_thread
from reservoir.trials import Trial
from reservoir.validation import as_generator, check_integer, check_real, parameter_error


@dataclass(frozen=True)
class StateRank:
    """The answer of `kernel_rank` and `generalisation_rank`."""

    rank: int
    """Number of singular values above the threshold."""
    singular_values: np.ndarray
    """Of the final states (n_streams, n_states), the largest first."""
    threshold: float
    """Singular value that a direction must exceed to count."""


def kernel_rank(
    system: System | FittedModel,
    streams: SequenceData | None = None,
    *,
    n_streams: int | None = None,
    n_steps: int = 100,
    tolerance: float | None = None,
    noise: float = 0.0,
    random_state: Seed = None,
    trial: Trial | None = None,
) -> StateRank:
    """Kernel rank: the number of independent directions among the final states of different streams.

        rank of M, row i the state of the system after stream i
        threshold = max(tolerance s_1, noise (n^1/2 + m^1/2))

    s_1 is the largest singular value of M (n, m), which is not centred, n the number of streams, m that of states. A
    linear readout can give any n answers to n streams if the rank is n. States that carry independent noise of a known
    deviation have full rank without meaning: a matrix of such noise alone has singular values up to about
    noise (n^1/2 + m^1/2), so those up to there do not count. Of a system that draws numbers while it runs stream k is
    trial k, but for spiking ones: there all streams are trial 0, so that what they have in common hears the same dice,
    and the rank is that of the circuit, not of its encoder.

    Parameters
    ----------
    system : object with ``fit`` and ``run``, or fitted model
        Rate or spiking. A fitted scikit-learn estimator is asked as it is, and of a fitted model its reservoir, which
        hears what the model lets it hear; of any other system a copy is fitted, whose encoder learns the range
        [-1, 1].
    streams : None, stack (n_streams, n_steps, n_features), or list of series or of SpikeTrains, default None
        None draws them independent and uniform in [-1, 1], with as many features as the system was fitted to, or one.
    n_streams : None or int >= 1, default None
        Streams to draw; None is one for each state.
    n_steps : int >= 1, default 100
        Rows of each of these.
    tolerance : None or float in [0, 1), default None
        Part of the largest singular value below which a direction is rounding. None is the precision of the type of
        the states times the larger side of M.
    noise : float >= 0, default 0.0
        Standard deviation of the noise in each state, in its unit.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of the streams.
    trial : None, int >= 0 or one for each stream, default None
        The trial of the streams, for a system that draws numbers; None is as said above. ``range(n_streams)`` lets the
        streams of a spiking system differ by its dice, too.

    Returns
    -------
    found : StateRank
        With `rank`, `singular_values` and `threshold`.

    Raises
    ------
    ValueError
        For a parameter outside its range, and final states that are not finite.

    References
    ----------
    Legenstein, Maass 2007, Edge of chaos and prediction of computational performance for neural circuit models,
    Neural Networks 20(3):323-334, doi:10.1016/j.neunet.2007.04.017.

    Examples
    --------
    >>> from reservoir import EchoState
    >>> from reservoir.probes import kernel_rank
    >>> kernel_rank(EchoState(20, random_state=0), random_state=0).rank
    20
    """
    owner = "kernel_rank"
    one = asked(owner, system)
    if streams is None:
        one = one.unnamed()
        rng = as_generator(owner, random_state)
        streams = rng.uniform(-1, 1, size=_shape(owner, one, n_streams, n_steps))
    return _rank(owner, _last_states(owner, one, streams, trial), tolerance, noise)


def generalisation_rank(
    system: System | FittedModel,
    streams: SequenceData | None = None,
    *,
    n_streams: int | None = None,
    n_steps: int = 100,
    n_shared: int | None = None,
    jitter: float = 0.1,
    tolerance: float | None = None,
    noise: float = 0.0,
    random_state: Seed = None,
    trial: Trial | None = None,
) -> StateRank:
    """Generalisation rank: the number of directions among the final states of streams that should count as one.

        u_i(t) = base(t) + jitter r_i(t) in the last n_shared rows,   own_i(t) + jitter r_i(t) before

    All numbers are independent and uniform in [-1, 1]. With the defaults the streams are one stream, jittered; with
    ``jitter=0`` and `n_shared` they differ only in the distant past, and with ``jitter=0`` alone they are trials of one
    stimulus, which only noise in the system tells apart. In exact arithmetic
    hardly any system is below full rank: choose the tolerance or the noise to the precision that a readout has.

    Parameters
    ----------
    system, streams, n_streams, n_steps, tolerance, noise, random_state, trial : as in `kernel_rank`
        Given streams are variants of one.
    n_shared : None or int in [0, n_steps], default None
        Rows at the end that all streams share but for the jitter; None is all of them.
    jitter : float >= 0, default 0.1
        Largest difference of an input from the shared one.

    Returns
    -------
    found : StateRank
        As of `kernel_rank`; here a low rank is good.

    Raises
    ------
    ValueError
        For a parameter outside its range, and final states that are not finite.

    References
    ----------
    Legenstein, Maass 2007, doi:10.1016/j.neunet.2007.04.017, as for `kernel_rank`.

    Examples
    --------
    >>> from reservoir import EchoState
    >>> from reservoir.probes import generalisation_rank
    >>> system = EchoState(20, random_state=0)
    >>> generalisation_rank(system, n_shared=100, jitter=0.0, random_state=0).rank
    1
    """
    owner = "generalisation_rank"
    one = asked(owner, system)
    jitter = check_real(owner, "jitter", jitter, 0)
    n_steps = check_integer(owner, "n_steps", n_steps, 1)
    n_shared = n_steps if n_shared is None else check_integer(owner, "n_shared", n_shared, 0, n_steps)
    if streams is None:
        one = one.unnamed()
        rng = as_generator(owner, random_state)
        shape = _shape(owner, one, n_streams, n_steps)
        streams = rng.uniform(-1, 1, size=shape)
        streams[:, n_steps - n_shared :] = streams[0, n_steps - n_shared :]
        streams += jitter * rng.uniform(-1, 1, size=shape)
    return _rank(owner, _last_states(owner, one, streams, trial), tolerance, noise)


def _last_states(owner: str, one: Asked, streams: SequenceData, trial: Trial | None) -> np.ndarray:
    if not np.iterable(streams):
        raise parameter_error(owner, "streams", "None, or sequences (T, n_features) or spike trains", streams)
    return one.final_states(streams, trial)


def _shape(owner: str, one: Asked, n_streams: int | None, n_steps: int) -> tuple[int, int, int]:
    """Number of streams, of rows, and of features to draw."""
    n_steps = check_integer(owner, "n_steps", n_steps, 1)
    if n_streams is None:
        n_streams = one.states(np.zeros((2, one.n_features))).shape[1]
    n_streams = check_integer(owner, "n_streams", n_streams, 1)
    n_bytes = 8.0 * n_streams * n_steps * one.n_features
    check_largest(owner, {"n_streams": n_streams, "n_steps": n_steps}, n_bytes, "the streams")
    return n_streams, n_steps, one.n_features


def _rank(owner: str, states: np.ndarray, tolerance: float | None, noise: float) -> StateRank:
    if tolerance is None:
        tolerance = min(precision_of(states) * max(states.shape), 0.5)
    tolerance = check_real(owner, "tolerance", tolerance, 0, 1, closed="left")
    noise = check_real(owner, "noise", noise, 0)
    with one_blas_thread():
        sizes = np.linalg.svd(states.astype(np.float64), compute_uv=False)
    threshold = max(tolerance * sizes[0], noise * (np.sqrt(states.shape[0]) + np.sqrt(states.shape[1])))
    return StateRank(int((sizes > threshold).sum()), sizes, float(threshold))
