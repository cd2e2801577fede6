"""A reward that a fitted readout gives while a circuit runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.parts import Readout, Trace, check_part
from reservoir.trains import SpikeTrains
from reservoir.validation import Parameters


class ReadoutReward(BaseEstimator):
    """The `reward` of a `RewardSTDP` by what a readout reads from the circuit.

    Every time it is asked, `trace` makes states of the spikes of all units until then, as in `LiquidState`, the readout
    predicts from them, and the reward is `amount` times the score of the prediction.

    Parameters
    ----------
    readout : fitted readout
        It predicts from the states of all units: fitted to those of a `LiquidState` or `Microcircuit` with this trace,
        whose `step` is the `reward_interval` of the rule.
    targets : array (n_rows,) or (n_rows, n_outputs)
        What it should predict in each stretch of `reward_interval`, from the first on; as many as the simulation has,
        or more. Each call begins with the first again, and with an empty trace: `simulate` from a state, `partial_fit`.
    trace : trace of `reservoir.spikes`
        As in the system that the readout was fitted to.
    score : function(target, prediction) or None, default None
        A number. None: 1 where the prediction is the target, and -1 where it is not.
    amount : float, default 1.0
        By how much dopamine jumps for a score of 1.

    Raises
    ------
    ValueError
        For parameters that do not fit, when it is asked.

    References
    ----------
    Legenstein, Pecevski, Maass 2008, A learning theory for reward-modulated spike-timing-dependent plasticity with
    application to biofeedback, PLoS Computational Biology 4(10):e1000180, doi:10.1371/journal.pcbi.1000180.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.plasticity import ReadoutReward
    >>> from reservoir.readouts import RidgeReadout
    >>> from reservoir.spikes import Counts, SpikeTrains
    >>> readout = RidgeReadout(1e-9).fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0])
    >>> reward = ReadoutReward(readout, [2.0], Counts(), score=lambda target, found: -abs(target - found))
    >>> round(reward(0.01, SpikeTrains([0.002], [0], n_units=1, duration=0.01)), 3)
    -1.0
    """

    def __init__(
        self,
        readout: Readout,
        targets: Any,
        trace: Trace,
        *,
        score: Callable[[Any, Any], float] | None = None,
        amount: float = 1.0,
    ):
        self.readout = readout
        self.targets = targets
        self.trace = trace
        self.score = score
        self.amount = amount

    _row = 0
    _memory: np.ndarray | None = None

    def __call__(self, seconds: float, spikes: SpikeTrains) -> float:
        """The reward for the stretch that ends now.

        Parameters
        ----------
        seconds : float
            The time.
        spikes : SpikeTrains
            Those of all units in the stretch.
        """
        p, targets = Parameters(self), np.asarray(self.targets)
        check_part(p.owner, "readout", self.readout, Readout)
        check_part(p.owner, "trace", self.trace, Trace)
        amount = p.real("amount")
        if targets.ndim not in (1, 2) or self._row >= len(targets):
            raise p.error("targets", f"a row for each stretch; the one that ends at {seconds:g} s has none")
        states, self._memory = self.trace.filter(spikes, spikes.duration, 1, self._memory)
        found, target = np.asarray(self.readout.predict(states))[0], targets[self._row]
        self._row += 1
        if self.score is None:
            return amount if np.array_equal(found, target) else -amount
        if not callable(self.score):
            raise p.error("score", "None or a function of target and prediction")
        return amount * float(self.score(target, found))
