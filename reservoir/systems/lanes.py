"""Many configurations of one echo-state reservoir over the same input, at the price of few."""

from __future__ import annotations

import numbers
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from reservoir.derived import Derived
from reservoir.estimators import BaseEstimator
from reservoir.parts import SequenceData, Targets
from reservoir.random_numbers import NOISE, normal_numbers
from reservoir.sequences import read_sequences
from reservoir.systems.echo_state import EchoState
from reservoir.systems.lane_groups import Group, Lane, cells_of, grouped
from reservoir.systems.weights import are_drawn, default_scalings, per_channel
from reservoir.threads import spread
from reservoir.validation import check_integer, check_real, parameter_error, unchanged_on_error

_SCALINGS = ("spectral_radius", "input_scaling", "bias_scaling", "noise")
_grouped: Derived[list[Group]] = Derived()


class EchoStateLanes(BaseEstimator):
    """Lanes: configurations of one `EchoState` that share its random draw and differ in scalings.

    Of leaky units, one compiled call advances up to 16 lanes and reads the weights once for all of them. Other units
    are advanced lane by lane. The states of a lane equal those of ``clone(reservoir).set_params(**settings[l])`` up to
    rounding (1e-12 in float64 where the dynamics contract). Reservoirs of other seeds are other instances.

    Parameters
    ----------
    reservoir : None or EchoState, default None
        What all lanes share. None is ``EchoState(random_state=0)``. `leak` is one number. Of leaky units, a structured
        matrix is used in compressed sparse rows, so a `Hadamard` of many units does not belong here.
    settings : sequence of dicts
        For every lane any of `spectral_radius` (a number), `input_scaling` and `bias_scaling` (numbers or None),
        `noise` and `leak`, or with a unit its own parameters that are numbers, as ``unit__step``; what is not named is
        that of `reservoir`. An `input_scaling` of one number per channel is that of all lanes.

    Attributes
    ----------
    reservoir_ : EchoState
        The fitted reservoir with all scalings 1.
    n_features_in_ : int

    Raises
    ------
    ValueError
        For unknown names, values outside their range, a `spectral_radius` of None, and unusable data.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.systems import EchoState, EchoStateLanes
    >>> X = np.sin(np.arange(50)).reshape(-1, 1)
    >>> lanes = EchoStateLanes(EchoState(20, random_state=0), [{"leak": 0.2}, {"leak": 0.9}]).fit(X)
    >>> states = np.concatenate([block for _, block in lanes.blocks(X)], axis=1)
    >>> states.shape
    (2, 50, 20)
    >>> single = EchoState(20, leak=0.9, random_state=0).fit_transform(X)
    >>> bool(np.abs(states[1] - single).max() < 1e-12)
    True
    """

    def __init__(self, reservoir: EchoState | None = None, settings: Sequence[Mapping[str, Any]] = ()):
        self.reservoir = reservoir
        self.settings = settings

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Targets | None = None) -> EchoStateLanes:
        """Draw the weights that all lanes share, for the features of a series, stack or list X; y is ignored."""
        owner = type(self).__name__
        base = EchoState(random_state=0) if self.reservoir is None else self.reservoir
        if not getattr(base, "runs_compiled", False) or not isinstance(base, EchoState):
            raise parameter_error(owner, "reservoir", "None or an EchoState, whose `run` no subclass replaces", base)
        read_sequences(self, X, reset=True)
        if not isinstance(self.settings, list | tuple):
            raise parameter_error(owner, "settings", "a sequence of dicts", self.settings)
        table = [self._lane(owner, base, setting) for setting in self.settings]
        if not table:
            raise parameter_error(owner, "settings", "a sequence of at least one dict", self.settings)
        self._table = np.array(table)
        ones = dict.fromkeys(_SCALINGS[:3], 1.0)
        if per_channel(base.input_scaling):
            del ones["input_scaling"]
        shared = clone(base).set_params(**ones)
        if shared.random_state is None:  # a unit that makes the matrix is drawn again for every radius
            shared.set_params(random_state=int(np.random.default_rng().integers(2**63)))
        self.reservoir_ = shared.fit(X)
        for name, column in (("input_weights", 1), ("bias", 2)):  # given arrays are used as they are
            if not are_drawn(getattr(base, name)):
                self._table[:, column] = 1.0
        cells_of(self.reservoir_, self._lanes())  # which checks the parameters of every unit
        return self

    def blocks(self, X: SequenceData, n_rows: int = 2048, *, trial: int = 0) -> Iterator[tuple[int, np.ndarray]]:
        """States of one series in blocks of bounded size.

        Parameters
        ----------
        X : series (T, F)
        n_rows : int >= 1, default 2048
            Rows of a block.
        trial : int >= 0, default 0
            Which repeat this is: all lanes hear the same noise, that of `EchoState.run`.

        Yields
        ------
        first : int
            Position of the first row of the block.
        states : array (n_lanes, at most n_rows, n_units)
        """
        check_is_fitted(self)
        sequences = read_sequences(self, X, reset=False)
        if sequences.kind != "series":
            raise ValueError(f"{type(self).__name__}.blocks takes one series (T, F). Got a {sequences.kind}.")
        trial = check_integer(type(self).__name__, "trial", trial, 0)
        dtype, n_units = self.reservoir_.bias_.dtype, len(self.reservoir_.bias_)
        groups = self._groups()
        states = [group.rest(dtype) for group in groups]
        seed = self.reservoir_._noise_seed
        for first in range(0, len(sequences.rows), n_rows):
            rows = sequences.rows[first : first + n_rows]
            noise = np.zeros((0, n_units), dtype)
            if self._table[:, 3].any():
                noise = normal_numbers(seed, NOISE, trial, first, len(rows), n_units, dtype)
            block = np.empty((sum(group.width for group in groups), len(rows), n_units), dtype)
            ends = np.cumsum([group.width for group in groups]).tolist()
            own = [block[end - group.width : end] for group, end in zip(groups, ends, strict=True)]
            spread(partial(_advance, rows, noise), zip(groups, states, own, strict=True), 20.0 * block.size)
            yield first, block[: len(self._table)]

    def _groups(self) -> list[Group]:
        """The lanes in groups; while nothing has changed they are at hand from the call before."""
        found = self.reservoir_
        numbers = found.W_in_.tobytes(), found.bias_.tobytes()
        sources = self._table, found.W_, found.unit_, found.unit_matrices_, *numbers
        return _grouped.get(found.W_in_, sources, lambda: grouped(found, self._lanes()))

    def _lane(self, owner: str, base: EchoState, setting: Mapping[str, Any]) -> list[float]:
        """The numbers of a lane in the order of `lane_names`."""
        if not isinstance(setting, Mapping):
            raise parameter_error(owner, "settings", "a sequence of dicts", self.settings)
        names = lane_names(base)
        unknown = set(setting) - set(names)
        if unknown:
            raise parameter_error(owner, "settings", f"dicts with names of {', '.join(names)}", sorted(unknown))
        present = base.get_params()
        if per_channel(base.input_scaling):
            if "input_scaling" in setting:
                raise parameter_error(owner, "settings", "without 'input_scaling' beside one per channel", setting)
            present["input_scaling"] = 1.0
        absent: dict[str, Any] = default_scalings(base, self.n_features_in_)
        given = [(name, setting.get(name, present[name])) for name in names]
        values: list[Any] = [absent.get(name) if value is None else value for name, value in given]
        for name, value in zip(names, values, strict=True):
            if name == "leak":
                check_real(owner, name, value, 0, 1, closed="right")
            else:
                check_real(owner, name, value, 0 if name in _SCALINGS else None)
        return [float(value) for value in values]

    def _lanes(self) -> list[Lane]:
        """The lanes of the table."""
        names = [name.removeprefix("unit__") for name in lane_names(self.reservoir_)[len(_SCALINGS) :]]
        lanes = []
        for radius, input_scaling, bias_scaling, noise, *own in self._table.tolist():
            unit = clone(self.reservoir_.unit_).set_params(**dict(zip(names, own, strict=True)))
            lanes.append(Lane(radius, input_scaling, bias_scaling, noise, unit))
        return lanes


def _advance(rows: np.ndarray, noise: np.ndarray, own: tuple[Group, np.ndarray, np.ndarray]) -> None:
    """Move the state of a group on, and fill its states."""
    group, state, states = own
    group.advance(rows, noise, state, states)


def lane_names(reservoir: EchoState) -> list[str]:
    """The parameters in which lanes of such a reservoir may differ: its scalings, and the numbers of its unit."""
    if reservoir.unit is None:
        return [*_SCALINGS, "leak"]
    own = reservoir.unit.get_params(deep=False)
    numeric = [name for name, value in own.items() if isinstance(value, numbers.Real) and not isinstance(value, bool)]
    return [*_SCALINGS, *(f"unit__{name}" for name in numeric)]
