"""Parts that a user wrote: one of each kind, as docs/adding.md tells it, outside the package."""

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.neurons import LIF
from reservoir.neurons.activations import activation_of, slope, squash
from reservoir.neurons.rate.unit import RateUnit
from reservoir.neurons.spiking import lif
from reservoir.neurons.spiking.lif import LIFCells, gather, move
from reservoir.plasticity.kernel import Kernel
from reservoir.plasticity.rule import PlasticityRule, Rule, read_bound
from reservoir.rnn.cells import Cell


class Ladder(BaseEstimator):
    """Topology: unit i hears units i - 1 and i - rungs."""

    def __init__(self, rungs: int = 3):
        self.rungs = rungs

    def draw(self, n_units, rng):
        """The matrix (n_units, n_units)."""
        offsets = [-1, n_units - 1, -self.rungs, n_units - self.rungs]
        return sparse.csr_array(sparse.diags_array([0.5] * 4, offsets=offsets, shape=(n_units, n_units)))


class ResidualCells(NamedTuple):
    """Coefficients of a step of `Residual`."""

    keep: Any
    gain: Any
    activation: Any

    @staticmethod
    @kernel()
    def step(cells, state, heard, scratch):
        """x' = keep x + gain f(h)."""
        squash(cells.activation, heard)
        for i in range(heard.size):
            heard[i] = cells.keep * state[i] + cells.gain * heard[i]
            state[i] = heard[i]

    @staticmethod
    @kernel()
    def tangent(cells, state, heard, moved, driven, scratch):
        """dx' = keep dx + gain f'(h) dh."""
        slope(cells.activation, heard)
        for k in range(len(moved)):
            for i in range(heard.size):
                moved[k, i] = cells.keep * moved[k, i] + cells.gain * heard[i] * driven[k, i]


class Residual(RateUnit):
    """Rate unit: x' = keep x + gain tanh(W x + W_in u + b)."""

    def __init__(self, keep: float = 0.5, gain: float = 0.5):
        self.keep = keep
        self.gain = gain

    def cells(self, n_units, matrices, dtype):
        """Coefficients of a step."""
        return ResidualCells(dtype.type(self.keep), dtype.type(self.gain), activation_of("tanh"))


class CarryingCells(NamedTuple):
    """Coefficients of a step of `Carrying`."""

    membrane: LIFCells
    fall: float  # volts

    @staticmethod
    @kernel(lif.__file__, fastmath=REASSOCIATE, forceinline=True)
    def advance(cells, step, external, currents, noise, state, fired):
        """The step of `LIF`, and another reset."""
        membrane, v, ready, n_fired = cells.membrane, state.variables, state.ready, 0
        gather(membrane, external, currents, noise, state.scratch)
        if move(membrane, step, state.scratch, currents, v, ready):
            for i in range(ready.size):
                if v[0, i] > membrane.threshold and step >= ready[i]:
                    v[0, i] -= cells.fall
                    ready[i] = step + membrane.refractory[i]
                    fired[n_fired] = i
                    n_fired += 1
        return n_fired

    @staticmethod
    def statements():
        """The step in words."""
        return LIFCells.statements()._replace(
            reset="v -= fall", units={"threshold": "volt", "fall": "volt"}, conducting=""
        )


class Carrying(LIF):
    """Spiking unit that keeps what its voltage has above the threshold: at a spike v falls by threshold - reset."""

    def cells(self, excitatory, time_constants, dt):
        """Coefficients of a step of dt seconds."""
        return CarryingCells(super().cells(excitatory, time_constants, dt), float(self.threshold - self.reset))


class Shares(NamedTuple):
    """Numbers of `Fading`, and its compiled function."""

    share: float

    @staticmethod
    @kernel()
    def on_pre(numbers, value, own, x, y, t):
        """A spike that arrives."""
        return value * (1 - numbers.share)


class Fading(PlasticityRule):
    """Plasticity rule: every arriving spike weakens its synapse by a share."""

    def __init__(self, share: float = 0.01, w_max: float | None = None):
        self.share = share
        self.w_max = w_max

    def rule(self, projection):
        """The text for these synapses, and the same in Numba."""
        numbers = {"share": (self.share, "1")} | read_bound(self, projection, 2)
        return Rule({}, ["w = w * (1 - share)"], [], numbers, kernel=Kernel(Shares(self.share)))


class FadingInWords(Fading):
    """The same in Brian2 alone."""

    def rule(self, projection):
        """The text for these synapses."""
        return super().rule(projection)._replace(kernel=None)


class FadingInNumba(Fading):
    """The same in Numba alone."""

    def rule(self, projection):
        """The compiled function."""
        return super().rule(projection)._replace(on_pre=[])


class Drift(Cell):
    """Recurrent cell without recurrent weights: h' = h / 2 + W x + b, in plain NumPy."""

    name = "drift"

    def draw(self, n_inputs, n_units, rng):
        """Parameters at the start of training."""
        return {"input_weights": rng.uniform(-0.5, 0.5, (n_inputs, n_units)), "bias": np.zeros(n_units)}

    def forward(self, parameters, drive, steps, state):
        """Run over packed rows."""
        (h,) = state
        for first, last in zip(steps.starts[:-1], steps.starts[1:], strict=True):
            h[: last - first] = drive[first:last] = h[: last - first] / 2 + drive[first:last]
        return drive, None

    def backward(self, parameters, tape, steps, d_outputs, d_state):
        """Gradients of the drive."""
        (d_h,), d_drive = d_state, np.empty_like(d_outputs)
        for first, last in list(zip(steps.starts[:-1], steps.starts[1:], strict=True))[::-1]:
            d_drive[first:last] = d_outputs[first:last] + d_h[: last - first]
            d_h[: last - first] = d_drive[first:last] / 2
        return d_drive, {}


class Median(RegressorMixin, BaseEstimator):
    """Readout: the median of the targets whose first feature has the same sign."""

    def __init__(self, threshold: float = 0.0):
        self.threshold = threshold

    def fit(self, X, y):
        """Learn both medians."""
        above = np.asarray(X)[:, 0] > self.threshold
        y = np.asarray(y, dtype=float).reshape(len(above), -1)
        self.medians_ = np.array([np.median(y[side], axis=0) if side.any() else y[0] for side in (~above, above)])
        return self

    def predict(self, X):
        """The median of the side of each row."""
        answers = self.medians_[(np.asarray(X)[:, 0] > self.threshold).astype(int)]
        return answers[:, 0] if answers.shape[1] == 1 else answers


class Excursion(BaseEstimator):
    """Pooling that learns: how far rows lie from the level of a training sequence, to a power."""

    def __init__(self, power: float = 1.0):
        self.power = power

    def fit(self, states_of, n_sequences):
        """Learn the level of the last sequence."""
        (rows,) = states_of([n_sequences - 1])
        self.level_ = rows.mean(axis=0)
        return self

    def pool(self, rows):
        """The vector (n_columns,)."""
        return (np.abs(rows - self.level_) ** self.power).mean(axis=0)
