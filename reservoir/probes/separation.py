"""How far apart the states of a system come when its inputs differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reservoir.parts import FittedModel, Numbers, Seed, System
from reservoir.probes.driven_states import asked
from reservoir.sizes import check_largest
from reservoir.trials import Trial
from reservoir.validation import as_generator, check_integer, parameter_error, real_array


@dataclass(frozen=True)
class Separation:
    """The answer of `separation`."""

    input_distances: np.ndarray
    """Distances of the inputs (n_distances,); 1 is that of unrelated ones."""
    state_distances: np.ndarray
    """Mean distances of the states (n_distances, n_steps); 1 is that of the states of unrelated inputs."""
    standard_errors: np.ndarray
    """Of these means (n_distances, n_steps), over the pairs."""


def separation(
    system: System | FittedModel,
    distances: Numbers = (0.0, 0.1, 0.2, 0.5, 1.0),
    *,
    n_pairs: int = 100,
    n_steps: int = 100,
    random_state: Seed = None,
    trial: Trial | None = None,
) -> Separation:
    """Separation property: the distance of states as a function of the distance of inputs.

        D(t) = <|x_u(t) - x_v(t)|^2> / (2 sum_i var x_i(t))

    The stream u is independent and uniform in [-1, 1]; v is u with the share `distance` of its rows drawn anew, at
    random places. So that share is the mean squared difference of the two over that of unrelated streams, and D is the
    same of the states. The mean goes over the pairs, the variance over the streams u; D is 0 where that is. A linear
    system has D = distance after every row in expectation, whatever its size, scaling and memory; a system with D
    above it tells inputs apart that are alike, and one with D below takes them for the same. The standard errors are
    those of the mean alone. Where the system draws numbers while it runs the two streams of a pair hear the same, so
    that their distance is what the inputs make. Every pair is a trial of its own, and the variance over the streams u
    is of both; but all pairs are trial 0 of a spiking system, whose variance is then that of the inputs.

    Parameters
    ----------
    system : object with ``fit`` and ``run``, or fitted model
        Rate or spiking. A fitted scikit-learn estimator is asked as it is, and of a fitted model its reservoir, which
        hears what the model lets it hear; of any other system a copy is fitted, whose encoder learns
        the range [-1, 1].
    distances : array (n_distances,) in [0, 1], default (0.0, 0.1, 0.2, 0.5, 1.0)
        Shares of the rows that differ, each rounded to whole rows.
    n_pairs : int >= 2, default 100
        Pairs of streams for every distance; the streams u are the same for all.
    n_steps : int >= 1, default 100
        Rows of each stream.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of the streams.
    trial : None, int >= 0 or one for each pair, default None
        The trial of the pairs, for a system that draws numbers; None is as said above.

    Returns
    -------
    found : Separation
        With `input_distances`, as rounded, `state_distances` and `standard_errors`; the last column is that
        of the final states. All are zero for a system whose states never vary.

    Raises
    ------
    ValueError
        For a parameter outside its range, and states that are not finite.

    References
    ----------
    Maass, Natschlaeger, Markram 2002, doi:10.1162/089976602760407955, as for `LiquidState`.

    Examples
    --------
    >>> from reservoir import EchoState
    >>> from reservoir.probes import separation
    >>> found = separation(EchoState(20, random_state=0), [0.0, 1.0], random_state=0)
    >>> found.state_distances[:, -1].round(1).tolist()
    [0.0, 1.0]
    """
    owner = "separation"
    one = asked(owner, system).unnamed()
    n_pairs = check_integer(owner, "n_pairs", n_pairs, 2)
    n_steps = check_integer(owner, "n_steps", n_steps, 1)
    n_bytes = 8.0 * n_pairs * n_steps * one.n_features
    check_largest(owner, {"n_pairs": n_pairs, "n_steps": n_steps}, n_bytes, "the streams")
    shares = real_array(distances)
    if shares is None or shares.ndim != 1 or not shares.size or not ((shares >= 0) & (shares <= 1)).all():
        raise parameter_error(owner, "distances", "an array of numbers in [0, 1]", distances)
    rng = as_generator(owner, random_state)
    numbers = np.round(shares * n_steps).astype(int)
    streams = rng.uniform(-1, 1, size=(n_pairs, n_steps, one.n_features))
    states = np.stack(one.states_of_all(streams, trial)).astype(np.float64)
    scale = 2 * states.var(axis=0, ddof=1).sum(axis=1)
    scale[scale == 0] = np.inf
    apart = []
    for number in numbers:
        others = np.stack(one.states_of_all(_partly_redrawn(streams, number, rng), trial))
        apart.append(np.square(states - others).sum(axis=2) / scale)
    squares = np.array(apart)  # (n_distances, n_pairs, n_steps)
    return Separation(numbers / n_steps, squares.mean(axis=1), squares.std(axis=1, ddof=1) / np.sqrt(n_pairs))


def _partly_redrawn(streams: np.ndarray, number: int, rng: np.random.Generator) -> np.ndarray:
    """A copy of the streams (n_pairs, n_steps, n_features) in which this number of rows of each is drawn anew."""
    redrawn = streams.copy()
    for stream in redrawn:
        rows = rng.choice(len(stream), number, replace=False)
        stream[rows] = rng.uniform(-1, 1, size=(number, stream.shape[1]))
    return redrawn
