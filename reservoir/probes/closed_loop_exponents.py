"""Lyapunov exponents of a forecaster that runs on its own predictions."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from reservoir.parts import FittedForecaster, Numbers, Seed, SequenceData, check_part
from reservoir.probes.exponents import N_SEGMENTS, LyapunovExponents, Move, from_growth, growth_of, orthonormal
from reservoir.probes.tangent import Tangent, blocks, tangent_of
from reservoir.ranges import first_beyond
from reservoir.sequences.observations import read_observed
from reservoir.sizes import check_largest
from reservoir.threads import one_blas_thread
from reservoir.validation import as_generator, check_integer, check_real, parameter_error

_OWNER = "closed_loop_exponents"


def closed_loop_exponents(
    forecaster: FittedForecaster,
    n_exponents: int = 3,
    *,
    n_steps: int = 20_000,
    discard: int = 1000,
    dt: float = 1.0,
    interval: int = 1,
    context: SequenceData | None = None,
    observed: Numbers | None = None,
    random_state: Seed = 0,
) -> LyapunovExponents:
    """Lyapunov exponents of a fitted forecaster with its loop closed, the largest first.

    The forecaster continues a series on its own predictions. One step of that is a map of the state x
    of the reservoir and the next input u,

        x' = reservoir(x, u),   y = C x' + S x'^2 + D u + c,   u' = feedback_scaling y

    (S where it has `squared_states`, D where it has `include_input`; with `lags` it sees earlier u too, which are part
    of the state then, and increments are added to y), and the products of its exact Jacobians act on
    n_exponents small differences, which are made orthonormal again (QR) after every `interval` steps:

        exponent k = mean over time of log |R_kk| / (interval dt).

    What the forecast does after `discard` must be what the training rows did: where it lies beyond their range by more
    than half of its width, or a channel has more than twice their standard deviation, the exponents would be those of
    another state, and the call is refused. Where a channel has less than a tenth of it, the forecast has settled, and a
    warning says so. `bounds` are left aside.

    A forecaster that has learned equations in D variables has their D exponents and N more, which tell how fast the
    reservoir falls onto what it has learned; these lie near its exponents under true input, `lyapunov_exponent`. So
    the D leading ones are those of the equations only where the reservoir forgets faster than the equations contract,
    and where the readout has not made a slow direction of its own. The Lorenz equations contract at the rate -14.57:
    with 300 units, rows of 0.02 and a ridge of 1e-22, reservoirs that forget at -58 and -31 gave -14.57 and -14.57
    (spectral radius 0.4 and 0.7), one that forgets at -12.3 gave -10.2 (radius 1.2), and at -7.7 -3.9 (leak 0.2),
    while the largest was within 1 % of 0.906 in these. One of five reservoirs of radius 0.4 had a slow direction of
    its own, at -0.27, which a ridge of 1e-18 took away. In an ensemble of `n_members` all are one such system.

    Parameters
    ----------
    forecaster : fitted ReservoirForecaster
        Of an `EchoState` or a `DeepEchoState` and a linear readout that answers one row, as with
        ``strategy="recursive"``. Without noise, as in `forecast`.
    n_exponents : int >= 1, default 3
        At most the number of units and features together.
    n_steps : int >= 20 * interval, default 20,000
        Steps that count.
    discard : int >= 0, default 1000
        Steps before these, in which the reservoir and the differences settle; at least the forecaster's washout.
    dt : float > 0, default 1.0
        Time of one row, so that exponents are for each unit of that time.
    interval : int >= 1, default 1
        Steps between two orthonormalisations. A larger one saves time, and blurs exponents far below the largest.
    context : None or series (T, n_features), default None
        Where the forecast begins, as in `forecast`. None continues the (first) series of `fit`.
    observed : None or table (discard + n_steps, n_features), default None
        The `exogenous` channels in every row, where there are any; other columns are not read. As in `forecast`, named
        columns go by their names.
    random_state : None, int, Generator, SeedSequence or RandomState, default 0
        Source of the first differences.

    Returns
    -------
    exponents : LyapunovExponents
        With `exponents` (n_exponents,), `standard_errors`, `largest`, `total` and `kaplan_yorke_dimension`.

    Raises
    ------
    ValueError
        For a parameter outside its range, a forecaster whose Jacobian is not known, and a forecast that diverges or
        leaves what was learnt.

    Notes
    -----
    Exponents of float32 reservoirs are computed in float64 along the forecast in float32.

    References
    ----------
    Pathak, Lu, Hunt, Girvan, Ott 2017, Using machine learning to replicate chaotic attractors and calculate Lyapunov
    exponents from data, Chaos 27:121102, doi:10.1063/1.5010300.
    Benettin, Galgani, Giorgilli, Strelcyn 1980, Lyapunov characteristic exponents for smooth dynamical systems, Part 1,
    Meccanica 15:9-20, doi:10.1007/BF02128236.

    Examples
    --------
    A forecaster of a sine has learned a circle, along which differences neither grow nor shrink.

    >>> import numpy as np
    >>> from reservoir import EchoState, ReservoirForecaster
    >>> from reservoir.probes import closed_loop_exponents
    >>> from reservoir.readouts import RidgeReadout
    >>> series = np.sin(np.arange(600) / 5).reshape(-1, 1)
    >>> model = ReservoirForecaster(EchoState(50, random_state=0), RidgeReadout()).fit(series)
    >>> bool(abs(closed_loop_exponents(model, 1, n_steps=2000).largest) < 1e-3)
    True
    """
    check_part(_OWNER, "forecaster", forecaster, FittedForecaster)
    loop = loop_of(forecaster)
    n_exponents = check_integer(_OWNER, "n_exponents", n_exponents, 1, loop.n_values)
    interval = check_integer(_OWNER, "interval", interval, 1)
    n_steps = check_integer(_OWNER, "n_steps", n_steps, N_SEGMENTS * interval)
    discard = check_integer(_OWNER, "discard", discard, _washout(forecaster))
    dt = check_real(_OWNER, "dt", dt, 0, closed="neither")
    n_bytes = 8.0 * (discard + n_steps) * loop.n_features
    check_largest(_OWNER, {"n_steps": n_steps, "discard": discard}, n_bytes, "the free run")
    basis = orthonormal(loop.n_values, n_exponents, as_generator(_OWNER, random_state))
    rows = trajectory(forecaster, loop, discard, n_steps, context, observed)
    with one_blas_thread():
        return from_growth(growth_of(loop.moves(rows), basis, interval, discard), interval * dt)


def trajectory(forecaster: Any, loop: Loop, discard: int, n_steps: int, context: Any, observed: Any) -> np.ndarray:
    """What the reservoir hears (discard + n_steps, n_features) while the forecaster runs freely, without its bounds."""
    rows, free = _known(forecaster, loop, discard + n_steps, observed), copy.copy(forecaster)
    free.bounds = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of divergence, which is an error here
        answers = free.forecast(len(rows), context, observed=rows if loop.is_driven else None)
    answers = np.asarray(answers if getattr(answers, "ndim", 0) == 2 else answers[0])
    if not np.isfinite(answers).all():
        lost = int(np.argmin(np.isfinite(answers).all(axis=1)))
        raise ValueError(f"The forecast of {type(forecaster).__name__} diverges at step {lost}: it has no exponents.")
    _check_state(forecaster, answers, discard)
    if loop.is_driven and loop.lead:  # a driver of the row to come: the first answer stands for the row before it
        answers = np.concatenate([answers[:1], answers[:-1]])
    units = getattr(forecaster, "units_", None)
    if units is not None:
        rows, answers = units.heard(rows), units.of(loop.channels).heard(answers)
    rows[:, loop.channels] = loop.scaling * answers
    return rows


def _check_state(forecaster: Any, answers: np.ndarray, discard: int) -> None:
    """Refuse a forecast that moves elsewhere than the training rows, and warn of one that hardly moves."""
    learnt, usual = getattr(forecaster, "training_range_", None), getattr(forecaster, "training_deviations_", None)
    if learnt is None or usual is None:
        return
    owner, counted = type(forecaster).__name__, answers[discard:]
    beyond = first_beyond(counted, learnt, 0.5)
    if beyond is not None:
        (low, high), value = learnt[beyond[1]], counted[beyond]
        raise ValueError(
            f"The forecast of {owner} leaves what was learnt: {value:.3g} in output {beyond[1]} at step "
            f"{discard + beyond[0]}, where the training rows span {low:.3g} to {high:.3g}. Its exponents would be "
            "those of another state."
        )
    moved = usual > 1e-9 * np.abs(learnt).max(axis=1)
    shares = np.divide(counted.std(axis=0), usual, out=np.ones_like(usual), where=moved)
    if shares.max() > 2:
        raise ValueError(
            f"The forecast of {owner} is not what was learnt: the standard deviation of output {shares.argmax()} is "
            f"{shares.max():.3g} times that of the training rows. Its exponents would be those of another state."
        )
    if shares.min() < 0.1:
        warnings.warn(
            f"The forecast of {owner} settles: the standard deviation of output {shares.argmin()} is "
            f"{shares.min():.2g} times that of the training rows. The exponents are those of this state, not of what "
            "the training rows did.",
            stacklevel=4,
        )


def _known(forecaster: Any, loop: Loop, n_steps: int, observed: Any) -> np.ndarray:
    """The exogenous channels, NaN in the others (n_steps, n_features)."""
    (rows,) = read_observed(_OWNER, forecaster, observed if loop.is_driven else None, n_steps, 1)
    columns = np.setdiff1d(range(loop.n_features), loop.channels)
    if not np.isfinite(rows[:, columns]).all():
        wanted = f"an array of shape {rows.shape}, finite in the exogenous channels {columns.tolist()}"
        raise parameter_error(_OWNER, "observed", wanted, None if observed is None else "NaN in these")
    rows[:, loop.channels] = np.nan
    return rows


class Member(NamedTuple):
    """A reservoir with its linear readout, y = C x + S x^2 + D u + c."""

    tangent: Tangent
    states: np.ndarray  # C (n_outputs, n_units)
    squares: np.ndarray | None  # S
    inputs: np.ndarray | None  # D (n_outputs, (1 + n_lags) n_features)


class Loop(NamedTuple):
    """Members whose mean answer comes back to all, and how."""

    members: list[Member]
    channels: np.ndarray
    scaling: float
    n_features: int
    lead: int  # of the exogenous channels
    n_lags: int  # how many inputs before the present one are seen

    @property
    def is_driven(self) -> bool:
        """Whether there are exogenous channels."""
        return len(self.channels) < self.n_features

    @property
    def n_values(self) -> int:
        """Size of the state: the units of all members, then the input, of which the answers are a part."""
        return sum(member.tangent.n_values for member in self.members) + self.n_heard

    @property
    def n_heard(self) -> int:
        """Numbers of the input, and of those before it that are seen."""
        return (1 + self.n_lags) * self.n_features

    def moves(self, rows: np.ndarray) -> Iterator[Move]:
        """The products with the Jacobian of every step, whose inputs are the rows (n_rows, n_features)."""
        starts = [member.tangent.rest() for member in self.members]
        for piece in blocks(len(rows), self.n_values):
            parts = []
            for index, member in enumerate(self.members):
                points, after, starts[index] = member.tangent.follow(rows[piece], starts[index])
                parts.append((points, after))
            for at_step in zip(*(zip(*part, strict=True) for part in parts), strict=True):
                yield partial(self._move, at_step)

    def _move(self, parts: tuple[tuple[Any, np.ndarray], ...], basis: np.ndarray) -> np.ndarray:
        """Differences (n_values, k) after a step through this point, with states (n_units,) then, of every member."""
        heard, moved, first = basis[-self.n_heard :], [], 0
        inputs = heard[: self.n_features]
        answers = np.zeros((len(self.channels), basis.shape[1]))
        for member, (point, after) in zip(self.members, parts, strict=True):
            last = first + member.tangent.n_values
            states = member.tangent.move(point, basis[first:last], inputs)
            weights = member.states if member.squares is None else member.states + 2 * member.squares * after
            answers += weights @ member.tangent.seen(states)
            if member.inputs is not None:
                answers += member.inputs @ heard
            moved.append(states)
            first = last
        following = np.zeros_like(inputs)
        following[self.channels] = self.scaling / len(self.members) * answers
        return np.concatenate([*moved, following, heard[: self.n_heard - self.n_features]])


def loop_of(forecaster: Any) -> Loop:
    """The closed loop of a fitted forecaster."""
    lessons = getattr(forecaster, "_lessons", None)
    if lessons is not None and lessons.horizon > 1:
        raise parameter_error(_OWNER, "forecaster", 'one with strategy="recursive", whose loop is a map', forecaster)
    if getattr(forecaster, "season_", None) is not None:
        raise parameter_error(
            _OWNER, "forecaster", "one with season=None, whose loop is one map at all times", forecaster
        )
    n_features, n_lags = forecaster.n_features_in_, 0 if lessons is None else lessons.lags
    channels = np.setdiff1d(np.arange(n_features), getattr(forecaster, "exogenous_", ()))
    lead = int(getattr(forecaster, "exogenous_lead", 0))
    loop = Loop([], channels, float(forecaster.feedback_scaling), n_features, lead, n_lags)
    members = [_member_of(one, forecaster, loop) for one in getattr(forecaster, "members_", [forecaster])]
    return loop._replace(members=members)


def _member_of(one: Any, forecaster: Any, loop: Loop) -> Member:
    readout, tangent = one.readout_, tangent_of(one.reservoir_)
    if tangent is None or not getattr(getattr(one.reservoir_, "unit_", None), "shows_state", True):
        wanted = "one whose reservoir is an EchoState that shows its state, or a DeepEchoState of these; no subclass"
        raise parameter_error(_OWNER, "forecaster", wanted, forecaster)
    n_units = tangent.n_units
    n_seen = n_units * (1 + one.squared_states)
    n_before = 0 if one.include_input else loop.n_features
    coef = _coefficients(readout, n_seen + loop.n_heard - n_before, forecaster)
    squares = coef[:, n_units:n_seen] if one.squared_states else None
    inputs = np.hstack([np.zeros((len(coef), n_before)), coef[:, n_seen:]]) if coef.shape[1] > n_seen else None
    lessons = getattr(one, "_lessons", None)
    if lessons is not None and lessons.increments:
        inputs = _with_level(np.zeros((len(coef), loop.n_heard)) if inputs is None else inputs, forecaster, loop)
    return Member(tangent, coef[:, :n_units], squares, inputs)


def _with_level(inputs: np.ndarray, forecaster: Any, loop: Loop) -> np.ndarray:
    """D of answers that are added to the last one, which is heard as large as the `feedback_scaling`."""
    if loop.scaling == 0:
        raise parameter_error(_OWNER, "forecaster", "one that hears its answers: feedback_scaling > 0", forecaster)
    inputs = inputs.copy()
    inputs[np.arange(len(inputs)), loop.channels] += 1 / loop.scaling
    return inputs


def _washout(forecaster: Any) -> int:
    """Rows in which a forecaster settles."""
    return int(getattr(forecaster, "washout_", getattr(forecaster, "washout", 0)))


def _coefficients(readout: Any, n_columns: int, forecaster: Any) -> np.ndarray:
    """Weights (n_outputs, n_columns) of a readout that answers linearly, which is tried on random features."""
    coef = np.atleast_2d(getattr(readout, "coef_", np.nan))
    probe = np.random.default_rng(0).standard_normal((3, n_columns))
    if coef.ndim == 2 and coef.shape[1] == n_columns:
        answers = np.reshape(readout.predict(probe), (3, -1))
        expected = probe @ coef.T + np.asarray(readout.intercept_)
        if np.allclose(answers, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max()):
            return coef
    raise parameter_error(_OWNER, "forecaster", "one whose readout is linear, with coef_ and intercept_", forecaster)
