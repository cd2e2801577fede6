"""Long short-term memory whose units are open for a part of a period only: a cell that reads time stamps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from reservoir.compilation import kernel
from reservoir.rnn import row_products, squashing
from reservoir.rnn.cells import cell
from reservoir.rnn.cells.cell import Arrays, Cell, State, Steps, add_fed_back, mask_state
from reservoir.rnn.initialisation import glorot, orthogonal
from reservoir.rnn.row_products import add_row_products, sum_over_rows
from reservoir.rnn.squashing import logistic, tanh
from reservoir.validation import Parameters, check_real

_FILES = (*squashing.FILES, row_products.__file__, cell.__file__)


@kernel()
def _count(starts, reached, times):
    """The number of every row in its sequence; `reached` (n_sequences, 1) is the next one of each."""
    for t in range(starts.size - 1):
        for s in range(starts[t + 1] - starts[t]):
            times[starts[t] + s] = reached[s, 0]
            reached[s, 0] += 1


@kernel(fastmath={"contract", "nsz"})
def _turn(time, rate, shift, turns, phase):
    """Periods since the first opening, and the part of the running one that is over."""
    for j in range(rate.size):
        turn = (time - shift[j]) * rate[j]
        turns[j] = turn
        phase[j] = turn - np.floor(turn)


@kernel(fastmath={"contract", "nsz"})
def _open(times, rate, shift, rise, leak, opened):
    """How far every unit is open at every row. Times and rhythms are float64, since time stamps may be large."""
    turns, phase = np.empty_like(rate), np.empty_like(rate)
    for row in range(times.size):
        k = opened[row]
        _turn(times[row], rate, shift, turns, phase)
        for j in range(k.size):
            through = phase[j] * rise[j]
            k[j] = through if through < 1 else 2 - through if through < 2 else leak * phase[j]


@kernel(fastmath={"contract", "nsz"})
def _rhythm_gradient(times, rate, shift, rise, leak, d_opened, d_turn, d_rate, d_ratio):
    """Sums over rows, all (n_units,): of the gradients with respect to turns, rate * period, and -log ratio / ratio."""
    turns, phase, d_phase = np.empty_like(rate), np.empty_like(rate), np.empty_like(rate)
    for row in range(times.size):
        d_k = d_opened[row]
        _turn(times[row], rate, shift, turns, phase)
        for j in range(d_k.size):
            through = phase[j] * rise[j]
            d_phase[j] = d_k[j] * (rise[j] if through < 1 else -rise[j] if through < 2 else leak)
        for j in range(d_k.size):
            d_turn[j] += d_phase[j]
            d_rate[j] += d_phase[j] * turns[j]
        for j in range(d_k.size):
            d_ratio[j] += d_phase[j] * phase[j] if phase[j] * rise[j] < 2 else 0.0


@kernel(fastmath={"contract", "nsz"})
def _look(weights, memory, gate):
    for j in range(gate.size):
        gate[j] += weights[j] * memory[j]


@kernel(*_FILES, fastmath={"contract", "nsz"})
def _advance(gates, peepholes, k, c, h, old, squashed, out):
    """One row: turn the drive in `gates` into gates, and move the memory `c` and the state `h` on as far as k says."""
    n = c.size
    forget, output, candidate = gates[n : 2 * n], gates[2 * n : 3 * n], gates[3 * n :]
    for j in range(n):
        old[j] = c[j]
    _look(peepholes[0], c, gates[:n])
    _look(peepholes[1], c, forget)
    logistic(gates[: 2 * n])
    tanh(candidate)
    for j in range(n):
        squashed[j] = forget[j] * c[j] + gates[j] * candidate[j]
    _look(peepholes[2], squashed, output)
    logistic(output)
    for j in range(n):
        c[j] += k[j] * (squashed[j] - c[j])
    tanh(squashed)
    for j in range(n):
        out[j] = h[j] + k[j] * (output[j] * squashed[j] - h[j])
    for j in range(n):
        h[j] = out[j]


@kernel(*_FILES)
def _forward(weights, peepholes, opened, gates, starts, mask, h, c, outputs, previous, before, old, squashed):
    """Turn the drive in `gates` into gates, and move `h` and `c` on.

    `previous` takes the state that was fed back, `before` the state itself, `old` the memory before the step,
    `squashed` the tanh of the new memory as if the unit were open. Without a mask `previous` and `before` are one.
    """
    for t in range(starts.size - 1):
        first, last = starts[t], starts[t + 1]
        for s in range(last - first):
            for j in range(h.shape[1]):
                before[first + s, j] = h[s, j]
        mask_state(h, mask, previous[first:last])
        add_row_products(previous[first:last], weights, gates[first:last])
        for s in range(last - first):
            row = first + s
            _advance(gates[row], peepholes, opened[row], c[s], h[s], old[row], squashed[row], outputs[row])


@kernel(fastmath={"contract", "nsz"})
def _through_output(output, squashed, before, k, d_out, d_h, d_k, d_new):
    """Turn `output` into the gradient of its drive, and move `d_h` back but for the recurrent product.

    `d_k` and `d_new` take the gradients of the opening and of the memory proposed, as far as the state tells.
    """
    for j in range(d_h.size):
        d_h[j] += d_out[j]
    for j in range(d_h.size):
        d_k[j] = d_h[j] * (output[j] * squashed[j] - before[j])
    for j in range(d_h.size):
        o, new, d = output[j], squashed[j], d_h[j] * k[j]
        d_new[j] = d * o * (1 - new * new)
        output[j] = d * new * (o - o * o)
        d_h[j] -= d


@kernel(fastmath={"contract", "nsz"})
def _see(weights, memory, d_gate, d_memory, d_weights):
    """Add what the gradient of a gate says about the memory that it saw, and about its peephole."""
    for j in range(d_gate.size):
        d_memory[j] += weights[j] * d_gate[j]
        d_weights[j] += d_gate[j] * memory[j]


@kernel(fastmath={"contract", "nsz"})
def _through_memory(gates, peepholes, old, k, d_c, d_k, d_new, d_peepholes, new):
    """The same for the other gates and `d_c`; the gradient with respect to the opening takes the place of `k`."""
    n = d_c.size
    forget, output, candidate = gates[n : 2 * n], gates[2 * n : 3 * n], gates[3 * n :]
    for j in range(n):
        new[j] = forget[j] * old[j] + gates[j] * candidate[j]
    _see(peepholes[2], new, output, d_new, d_peepholes[2])
    for j in range(n):
        d_k[j] += d_c[j] * (new[j] - old[j])
    for j in range(n):
        d = d_c[j] * k[j]
        d_new[j] += d
        d_c[j] -= d
        k[j] = d_k[j]
    for j in range(n):
        i, g, d = gates[j], candidate[j], d_new[j]
        gates[j] = d * g * (i - i * i)
        candidate[j] = d * i * (1 - g * g)
    for j in range(n):
        f, d = forget[j], d_new[j]
        d_c[j] += d * f
        forget[j] = d * old[j] * (f - f * f)
    _see(peepholes[0], old, gates[:n], d_c, d_peepholes[0])
    _see(peepholes[1], old, forget, d_c, d_peepholes[1])


@kernel(*_FILES)
def _backward(
    transposed, peepholes, opened, gates, starts, mask, before, old, squashed, d_outputs, d_h, d_c, d_peepholes
):
    """Turn gates and openings into the gradients of drive and openings, and move `d_h` and `d_c` back."""
    n = d_h.shape[1]
    scratch = np.empty_like(d_h)
    d_k, d_new, new = np.empty(n, gates.dtype), np.empty(n, gates.dtype), np.empty(n, gates.dtype)
    for t in range(starts.size - 2, -1, -1):
        first, last = starts[t], starts[t + 1]
        for s in range(last - first):
            row = first + s
            output = gates[row, 2 * n : 3 * n]
            _through_output(output, squashed[row], before[row], opened[row], d_outputs[row], d_h[s], d_k, d_new)
            _through_memory(gates[row], peepholes, old[row], opened[row], d_c[s], d_k, d_new, d_peepholes, new)
        add_fed_back(gates[first:last], transposed, mask, scratch[: last - first], d_h[: last - first])


@dataclass(eq=False, repr=False)
class PhasedLSTM(Cell):
    """Long short-term memory with a time gate: units sleep, and each opens once per period.

        p = ((t - shift) mod period) / period
        k = 2 p / ratio           for p < ratio / 2
            2 - 2 p / ratio       for ratio / 2 <= p < ratio
            leak * p              otherwise
        i, f = s(W x + U h + v * c + b),   g = tanh(W_g x + U_g h + b_g)
        c~ = f * c + i * g,   o = s(W_o x + U_o h + v_o * c~ + b_o)
        c' = k * c~ + (1 - k) * c,   h' = k * o * tanh(c~) + (1 - k) * h

    with the logistic function s, the time stamp t of the row, and one matrix block per gate, in the order i, f, o, g.
    Period, shift and ratio are learnt, one per unit; the first and the last count by their absolute value. Each block
    of W starts uniform (Glorot), each block of U orthogonal, biases and peepholes v at zero except the bias of f, and
    shifts uniform over the period.

    Parameters
    ----------
    time_column : int or None, default None
        The column of X that holds the time stamps, in any unit; it is no input. None takes the number of the row in its
        sequence, which is counted on where a run goes on from a state, and from the end in a reverse direction.
    period_range : (float, float), default (e, e ** 5)
        Periods start log-uniform in it, in the unit of the time stamps.
    open_ratio : float in [1e-6, 1], default 0.05
        The part of the period in which a unit is open, at the start.
    leak : float in [0, 1], default 0.001
        Slope of the gate of closed units in training, so that they can learn. In prediction closed units keep their
        state.
    forget_bias : float, default 2.0
        Bias of f at the start.

    Raises
    ------
    ValueError
        For an option outside its range, when an estimator with this cell is fitted.

    References
    ----------
    Neil, Pfeiffer, Liu 2016, Phased LSTM: accelerating recurrent network training for long or event-based sequences,
    Advances in Neural Information Processing Systems 29:3882-3890, doi:10.48550/arXiv.1610.09513.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.rnn.cells import PhasedLSTM
    >>> parameters = PhasedLSTM(open_ratio=0.1).draw(3, 5, np.random.default_rng(0))
    >>> {name: parameters[name].shape for name in ("peephole_weights", "period", "shift")}
    {'peephole_weights': (3, 5), 'period': (5,), 'shift': (5,)}
    >>> parameters["open_ratio"]
    array([0.1, 0.1, 0.1, 0.1, 0.1])
    """

    time_column: int | None = None
    period_range: tuple[float, float] = (math.e, math.e**5)
    open_ratio: float = 0.05
    leak: float = 0.001
    forget_bias: float = 2.0

    name = "phased_lstm"

    def check(self) -> None:
        """Refuse options outside their ranges."""
        p = Parameters(self)
        if self.time_column is not None:
            p.integer("time_column", 0)
        if not isinstance(self.period_range, (tuple, list)) or len(self.period_range) != 2:
            raise p.error("period_range", "two numbers")
        low = check_real(p.owner, "period_range[0]", self.period_range[0], 1e-30)
        check_real(p.owner, "period_range[1]", self.period_range[1], low)
        p.real("open_ratio", 1e-6, 1)
        p.real("leak", 0, 1)
        p.real("forget_bias")

    def n_drive(self, n_units: int) -> int:
        """Four blocks."""
        return 4 * n_units

    def state_widths(self, n_units: int) -> tuple[int, ...]:
        """State h and memory c; without time stamps also the number of the next row, which takes no gradient."""
        return (n_units, n_units, 1) if self.time_column is None else (n_units, n_units)

    def draw(self, n_inputs: int, n_units: int, rng: np.random.Generator) -> Arrays:
        """See the class."""
        parameters = {
            "input_weights": glorot(rng, n_inputs, n_units, 4),
            "bias": np.repeat([0.0, float(self.forget_bias), 0.0, 0.0], n_units),
            "recurrent_weights": orthogonal(rng, n_units, 4),
            "peephole_weights": np.zeros((3, n_units)),
        }
        period = np.exp(rng.uniform(np.log(self.period_range[0]), np.log(self.period_range[1]), size=n_units))
        shift = period * rng.uniform(size=n_units)
        return parameters | {"period": period, "shift": shift, "open_ratio": np.full(n_units, float(self.open_ratio))}

    def forward(self, parameters: Arrays, drive: np.ndarray, steps: Steps, state: State) -> tuple[np.ndarray, Any]:
        """See `Cell.forward`."""
        h, c, *reached = state
        starts, mask, times = steps.starts, steps.recurrent_mask, steps.times
        if reached:
            times = np.empty(len(drive))
            _count(starts, reached[0], times)
        outputs, previous, old, squashed, opened = (np.empty((len(drive), h.shape[1]), drive.dtype) for _ in range(5))
        before = np.empty_like(outputs) if len(mask) else previous
        _open(times, *self._rhythm(parameters, steps), opened)
        weights = parameters["recurrent_weights"], parameters["peephole_weights"]
        _forward(*weights, opened, drive, starts, mask, h, c, outputs, previous, before, old, squashed)
        return outputs, (times, opened, drive, previous, before, old, squashed)

    def backward(
        self, parameters: Arrays, tape: Any, steps: Steps, d_outputs: np.ndarray, d_state: State
    ) -> tuple[np.ndarray, Arrays]:
        """See `Cell.backward`."""
        times, opened, gates, previous, before, old, squashed = tape
        transposed, peepholes = np.ascontiguousarray(parameters["recurrent_weights"].T), parameters["peephole_weights"]
        d_peepholes = np.zeros_like(peepholes)
        rows = gates, steps.starts, steps.recurrent_mask, before, old, squashed, d_outputs
        _backward(transposed, peepholes, opened, *rows, *d_state[:2], d_peepholes)
        gradients = {"recurrent_weights": sum_over_rows(previous, gates), "peephole_weights": d_peepholes}
        return gates, gradients | self._rhythm_gradients(parameters, steps, times, opened)

    def _rhythm(self, parameters: Arrays, steps: Steps) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """Rate, shift and rise of the time gates, and the leak."""
        period, shift, ratio = (parameters[name].astype(np.float64) for name in ("period", "shift", "open_ratio"))
        return 1 / np.abs(period), shift, 2 / np.abs(ratio), float(self.leak) if steps.training else 0.0

    def _rhythm_gradients(self, parameters: Arrays, steps: Steps, times: np.ndarray, d_opened: np.ndarray) -> Arrays:
        rhythm = self._rhythm(parameters, steps)
        d_turn, d_rate, d_ratio = np.zeros((3, d_opened.shape[1]))
        _rhythm_gradient(times, *rhythm, d_opened, d_turn, d_rate, d_ratio)
        gradients = -d_rate / parameters["period"], -d_turn * rhythm[0], -d_ratio / parameters["open_ratio"]
        names = ("period", "shift", "open_ratio")
        return {name: array.astype(d_opened.dtype) for name, array in zip(names, gradients, strict=True)}
