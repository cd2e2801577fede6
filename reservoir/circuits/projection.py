"""Synapses as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from reservoir.circuits.array_record import ArrayRecord, n_entries
from reservoir.parts import Numbers
from reservoir.validation import is_masked, parameter_error


@dataclass(frozen=True, eq=False, repr=False)
class Projection(ArrayRecord):
    """S synapses: the arrays have one entry per synapse.

    A spike of `pre` reaches `post` after the delay and adds A to its current of that time constant:

        A = weight,   or   A = weight u R   for dynamic synapses

    where u and R, both in (0, 1], are the utilisation and the share of recovered resources at this spike. With
    `time` since the last one, u <- U + u (1 - U) exp(-time / F) and R <- 1 + (R - u R - 1) exp(-time / D), the latter
    with the old u; the first spike finds u = U and R = 1. With `reversal` E the synapses are conductances: the spike
    adds ``|A|`` to a conductance G of the receiver, whose current is G (E - v). In a step of the simulation G has its
    mean and the voltage v moves towards E as an exponential does: of the second order of the step, and stable for any G
    in all units of `reservoir.neurons`. The arrays are read-only copies; a scalar is one value for all synapses. The
    order of synapses is kept; two units may share several.

    Parameters
    ----------
    pre : integers (S,) >= 0
        Sending units, or input channels.
    post : integers (S,) >= 0
        Receiving units.
    weight : float array (S,) or float
        Amperes at the peak of the current, with sign; for dynamic synapses the largest possible peak. Siemens with
        `reversal`, where the sign only tells inhibitory synapses (below 0) from excitatory ones.
    delay : float array (S,) or float >= 0
        Seconds.
    time_constant : float array (S,) or float > 0
        Seconds in which the current of one spike decays to 1/e.
    U : float array (S,) or float in (0, 1], or None
        Utilisation at rest. None, with D and F: static synapses.
    D : float array (S,) or float > 0, or None
        Seconds, recovery from depression.
    F : float array (S,) or float > 0, or None
        Seconds, decay of facilitation.
    reversal : float array (S,) or float, or None, default None
        Volts at which the current of a conductance is 0. None: the synapses are currents.

    Raises
    ------
    ValueError
        For arrays of different lengths, values that are not finite or out of range, and U, D, F given in part.

    References
    ----------
    Markram, Wang, Tsodyks 1998, Differential signaling via the same axon of neocortical pyramidal neurons,
    PNAS 95(9):5323-5328, doi:10.1073/pnas.95.9.5323.

    Examples
    --------
    >>> from reservoir.circuits import Projection
    >>> pair = Projection(pre=[0, 1], post=[1, 0], weight=[3e-8, -2e-8], delay=1e-3, time_constant=3e-3)
    >>> len(pair), len(pair.select(pair.weight > 0))
    (2, 1)
    """

    pre: np.ndarray
    post: np.ndarray
    weight: np.ndarray
    delay: np.ndarray
    time_constant: np.ndarray
    U: np.ndarray | None = None
    D: np.ndarray | None = None
    F: np.ndarray | None = None
    reversal: np.ndarray | None = None

    def __post_init__(self) -> None:
        size = n_entries(self.pre, self.post)
        dynamic = [name for name in ("U", "D", "F") if getattr(self, name) is not None]
        if len(dynamic) not in (0, 3):
            raise parameter_error(type(self).__name__, dynamic[0], "given together with U, D and F, or None", dynamic)
        self._read_indices("pre", size)
        self._read_indices("post", size)
        self._read_numbers("weight", size, unit=weight_unit(self.reversal))
        self._read_numbers("delay", size, 0, unit="second")
        self._read_numbers("time_constant", size, 0, above=True, unit="second")
        if dynamic:
            self._read_numbers("U", size, 0, 1, above=True)
            self._read_numbers("D", size, 0, above=True, unit="second")
            self._read_numbers("F", size, 0, above=True, unit="second")
        if self.reversal is not None:
            self._read_numbers("reversal", size, unit="volt")

    def __len__(self) -> int:
        return len(self.pre)

    def __repr__(self) -> str:
        kind = "dynamic" if self.dynamic else "static"
        return f"Projection({len(self)} {kind} {'synapses' if self.reversal is None else 'conductances'})"

    @property
    def dynamic(self) -> bool:
        """True if the synapses depress and facilitate, False if they are static."""
        return self.U is not None

    def select(self, chosen: Numbers) -> Projection:
        """The synapses of a mask (S,) or of indices in [0, S), in the order of the indices."""
        given, chosen = chosen, np.asarray(chosen)
        if not chosen.size and chosen.dtype != bool:  # an empty list
            chosen = chosen.astype(np.int64)
        mask = chosen.dtype == bool and chosen.shape == (len(self),)
        places = chosen.dtype.kind in "iu" and chosen.ndim == 1
        if is_masked(given) or (not mask and not (places and ((chosen >= 0) & (chosen < len(self))).all())):
            requirement = f"a mask of shape ({len(self)},) or indices in [0, {len(self)})"
            raise parameter_error(f"{type(self).__name__}.select", "chosen", requirement, given)
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: value[chosen] for name, value in values.items() if value is not None})

    @classmethod
    def joined(cls, projections: list[Projection]) -> Projection:
        """One projection of all synapses of the list, in its order; all of one kind, empty ones aside."""
        parts = [part for part in projections if len(part)] or list(projections[:1])
        if not parts or len({(part.dynamic, part.reversal is None) for part in parts}) > 1:
            requirement = "a list of projections, all dynamic or all static, all currents or all conductances"
            raise parameter_error(f"{cls.__name__}.joined", "projections", requirement, projections)
        names = [field.name for field in fields(cls) if getattr(parts[0], field.name) is not None]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def weight_unit(reversal: np.ndarray | float | None) -> str:
    """The unit of the weights of currents, or with a reversal potential of conductances."""
    return "amp" if reversal is None else "siemens"
