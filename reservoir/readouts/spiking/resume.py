"""A unit that learns to fire at given times."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from reservoir.compilation import kernel, rows_per_call
from reservoir.estimators import BaseEstimator
from reservoir.parts import Seed, SpikeData
from reservoir.readouts.spiking.trials import read_inputs
from reservoir.sizes import LONGEST_RUN, check_patience
from reservoir.trains import SpikeTrains, read_records
from reservoir.validation import Parameters, not_fitted, parameter_error, unchanged_on_error


@dataclass(eq=False, repr=False)
class ReSuMe(BaseEstimator):
    """ReSuMe, the remote supervised method: leaky units that learn to fire when a teacher does.

        membrane_time dV/dt = -V + I,   synaptic_time dI/dt = -I,   I <- I + w_i at a spike of channel i
        V >= 1:   a spike, V <- 0, held for `refractory`
        w_i <- w_i + learning_rate (bias + x_i)   at a spike of the teacher
        w_i <- w_i - learning_rate (bias + x_i)   at a spike of the unit itself

    where x_i is the sum of exp(-(t - s) / trace_time) over the spikes s <= t of channel i: inputs that have just come
    are strengthened where the unit should fire, and weakened where it does. Where both fire at once nothing changes.
    Time runs in steps of `dt`, over which V is exact.

    Parameters
    ----------
    membrane_time : float > 0, default 10e-3
        Seconds.
    synaptic_time : float > 0, default 5e-3
        Seconds.
    trace_time : float > 0, default 5e-3
        How long before a spike an input counts, seconds.
    refractory : float >= 0, default 2e-3
        Seconds.
    learning_rate : float > 0, default 0.01
        In thresholds.
    bias : float >= 0, default 0.05
        Change without regard to the input, by which units come to the right rate.
    n_epochs : int >= 1, default 200
        Passes over the trials, in their order.
    dt : float >= 1e-6, default 1e-3
        Length of a step, seconds. A step has one spike of a unit at most.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of the first weights, evenly between 0 and twice what makes a unit fire of ten coincident inputs.

    Attributes
    ----------
    coef_ : array (n_outputs, n_units), the weights w
    n_features_in_ : int, number of input channels

    Raises
    ------
    ValueError
        For a parameter outside its range, data that are no spike trains, and teachers that do not last as long as the
        trials.

    References
    ----------
    Ponulak, Kasinski 2010, Supervised learning in spiking neural networks with ReSuMe: sequence learning,
    classification, and spike shifting, Neural Computation 22(2):467-510, doi:10.1162/neco.2009.11-08-901.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.readouts.spiking import ReSuMe
    >>> from reservoir.spikes import SpikeTrains
    >>> heard = SpikeTrains(np.arange(100) * 2e-3, np.arange(100), n_units=100, duration=0.2)
    >>> teacher = SpikeTrains([0.05, 0.12], [0, 0], n_units=1, duration=0.2)
    >>> readout = ReSuMe(random_state=0).fit([heard], [teacher])
    >>> readout.score([heard], [teacher])
    1.0
    """

    membrane_time: float = 10e-3
    synaptic_time: float = 5e-3
    trace_time: float = 5e-3
    refractory: float = 2e-3
    _: KW_ONLY
    learning_rate: float = 0.01
    bias: float = 0.05
    n_epochs: int = 200
    dt: float = 1e-3
    random_state: Seed = None

    learned: ClassVar[dict[str, Any]] = {"coef_": "reals (k, f)", "n_features_in_": "size (f)"}

    @unchanged_on_error
    def fit(self, X: SpikeData, y: SpikeData) -> Self:
        """Learn the weights.

        Parameters
        ----------
        X : list of SpikeTrains (n_trials), or of Recordings or SpikeMonitors of Brian2
        y : list of SpikeTrains (n_trials)
            When each output should fire; the outputs are their units.
        """
        p, owner = Parameters(self), type(self).__name__
        rates = p.real("learning_rate", 0, closed="neither"), p.real("bias", 0)
        n_epochs, numbers, rng = p.integer("n_epochs", 1), self._numbers(), p.generator()
        records, (teachers, _) = read_inputs(self, X, reset=True), read_records(owner, "y", y)
        self._check_teachers(records, teachers, y)
        total = sum(record.duration for record in records) / numbers.dt
        seconds = 1e-9 * n_epochs * total * self.n_features_in_
        check_patience(owner, "n_epochs", n_epochs, seconds, LONGEST_RUN, f"{n_epochs} passes over {total:.3g} steps")
        strength = 0.2 / numbers.highest
        self.coef_ = rng.uniform(0, strength, (teachers[0].n_units, self.n_features_in_))
        for _ in range(n_epochs):
            for record, teacher in zip(records, teachers, strict=True):
                self._pass(record, teacher, numbers, rates)
        if not np.isfinite(self.coef_).all():
            raise p.error("learning_rate", "smaller: the weights grow beyond every bound")
        return self

    def predict(self, X: SpikeData) -> list[SpikeTrains]:
        """When the outputs fire: a list of SpikeTrains of n_outputs units, one for each trial."""
        if not hasattr(self, "coef_"):
            raise not_fitted(self)
        numbers = self._numbers()
        return [self._pass(record, None, numbers, (0.0, 0.0)) for record in read_inputs(self, X, reset=False)]

    def score(self, X: SpikeData, y: SpikeData) -> float:
        """Share of the spikes of outputs and teachers that come in pairs, less than two steps apart: 1 is perfect."""
        teachers, _ = read_records(type(self).__name__, "y", y)
        answers = self.predict(X)
        self._check_teachers(answers, teachers, y, len(self.coef_))
        n_alone = n_spikes = 0
        for answer, teacher in zip(answers, teachers, strict=True):
            pairs = zip(answer.to_lists(), teacher.to_lists(), strict=True)
            n_alone += sum(_unpaired(*pair, 1.999 * self.dt) for pair in pairs)
            n_spikes += len(answer) + len(teacher)
        return 1 - n_alone / n_spikes if n_spikes else 1.0

    def _check_teachers(
        self, records: list[SpikeTrains], teachers: list[SpikeTrains], y: Any, n_outputs: int | None = None
    ) -> None:
        lengths, known = ([one.duration for one in some] for some in (records, teachers))
        alike = len(records) == len(teachers) and np.allclose(lengths, known, rtol=1e-9)
        if not alike or not teachers[0].n_units or n_outputs not in (None, teachers[0].n_units):
            wanted = f"SpikeTrains for {len(records)} trials, each as long as its trial"
            raise parameter_error(type(self).__name__, "y", wanted, y)

    def _numbers(self) -> _Numbers:
        """What a step needs."""
        p = Parameters(self)
        dt = p.real("dt", 1e-6, unit="second")
        names = ("membrane_time", "synaptic_time", "trace_time")
        membrane, synaptic, trace = (p.real(name, 0, closed="neither", unit="second") for name in names)
        hold = int(p.real("refractory", 0, unit="second") / dt + 0.001)
        leak, fade, forget = (float(np.exp(-dt / tau)) for tau in (membrane, synaptic, trace))
        times = np.linspace(0, 10 * max(membrane, synaptic), 2000)
        highest = float(_response(times, membrane, synaptic).max())
        charge = float(_response(np.array(dt), membrane, synaptic))
        return _Numbers(dt, leak, fade, forget, charge, hold, highest)

    def _pass(
        self, heard: SpikeTrains, teacher: SpikeTrains | None, numbers: _Numbers, rates: tuple[float, float]
    ) -> SpikeTrains:
        """Run one trial, and learn from the teacher, if there is one: the spikes of the outputs."""
        dt, n_outputs, n_steps = numbers.dt, len(self.coef_), max(1, round(heard.duration / numbers.dt))
        taught = np.zeros((0, n_outputs), np.bool_)
        if teacher is not None:
            taught = np.zeros((n_steps + 1, n_outputs), np.bool_)
            taught[np.minimum(teacher.steps(dt), n_steps), teacher.units] = True
        arrivals, fired = heard.steps(dt), np.zeros((n_steps, n_outputs), np.bool_)
        state = np.zeros((2, n_outputs)), np.zeros(n_outputs, np.int64), np.zeros(self.n_features_in_)
        size = rows_per_call(self.n_features_in_ * (1 + n_outputs), "update")
        for first in range(0, n_steps, size):
            last = min(first + size, n_steps)
            own = slice(*np.searchsorted(arrivals, [first, last]))
            inputs = arrivals[own], heard.units[own]
            _run(first, last, *inputs, taught, numbers, rates, self.coef_, *state, fired)
        step, output = np.nonzero(fired)
        return SpikeTrains(np.minimum(step * dt, np.nextafter(heard.duration, 0)), output, n_outputs, heard.duration)


class _Numbers(NamedTuple):
    """What a step needs."""

    dt: float
    leak: float  # V keeps this share of itself
    fade: float  # I
    forget: float  # x
    charge: float  # what I adds to V
    hold: int  # steps
    highest: float  # peak of V after one spike of weight 1


def _response(times: np.ndarray, membrane: float, synaptic: float) -> np.ndarray:
    """V after one spike of weight 1 (n,)."""
    if abs(membrane - synaptic) < 1e-6 * membrane:
        return np.asarray(times / membrane * np.exp(-times / membrane))
    decays = np.exp(-times / synaptic) - np.exp(-times / membrane)
    return np.asarray(synaptic / (synaptic - membrane) * decays)


def _unpaired(a: np.ndarray, b: np.ndarray, tolerance: float) -> int:
    """Spikes of both that are left when as many as possible are paired."""
    i = j = n_pairs = 0
    while i < len(a) and j < len(b):
        if abs(a[i] - b[j]) <= tolerance:
            n_pairs, i, j = n_pairs + 1, i + 1, j + 1
        elif a[i] < b[j]:
            i += 1
        else:
            j += 1
    return len(a) + len(b) - 2 * n_pairs


@kernel()
def _run(first, last, arrivals, units, taught, numbers, rates, weights, state, ready, x, fired):
    """Steps [first, last): V and I in `state` move on, `weights` learn where a row of `taught` says when to fire."""
    seen = 0
    for step in range(first, last):
        for k in range(weights.shape[0]):
            state[0, k] = numbers.leak * state[0, k] + numbers.charge * state[1, k]
            state[1, k] *= numbers.fade
            if step < ready[k]:
                state[0, k] = 0.0
        for i in range(x.size):
            x[i] *= numbers.forget
        while seen < arrivals.size and arrivals[seen] == step:
            x[units[seen]] += 1.0
            for k in range(weights.shape[0]):
                state[1, k] += weights[k, units[seen]]
            seen += 1
        for k in range(weights.shape[0]):
            fires = step >= ready[k] and state[0, k] >= 1.0
            if fires:
                state[0, k], ready[k] = 0.0, step + numbers.hold + 1
                fired[step, k] = True
            change = rates[0] * ((1.0 if taught[step, k] else 0.0) - (1.0 if fires else 0.0)) if len(taught) else 0.0
            if change != 0.0:
                for i in range(x.size):
                    weights[k, i] += change * (rates[1] + x[i])
