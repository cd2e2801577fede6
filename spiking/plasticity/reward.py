"""Spike-timing-dependent plasticity that waits for a reward."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from reservoir.circuits import Projection
from reservoir.validation import parameter_error, real_array, without_unit
from spiking.plasticity.rule import Rule, decaying, read_bound, read_numbers

_MOST = 200  # rewards; Brian2 cannot read a sum of many more


class RewardSTDP(BaseEstimator):
    """Reward-modulated plasticity of excitatory synapses: dopamine turns the traces of pairs of spikes into weight.

        dc/dt = -c / tau_c + (window of the pairs of spikes)      eligibility of a synapse
        dd/dt = -d / tau_d + (amounts at the times of reward)     dopamine, the same for all synapses
        dw/dt = w_max c d

    A pair of a spike that arrives and a spike of the receiver, `lag` seconds later, adds A_plus exp(-lag / tau_plus) to
    c for lag >= 0, and -A_minus exp(lag / tau_minus) for lag < 0. All pairs count, a spike when it arrives; one that
    arrives in the step in which the receiver fires comes first.

    Rewards come at times that are known beforehand, on the clock of the simulation, so that the change of w between two
    spikes of a synapse has a closed form. With H(t) the integral of exp(-(s - t) / tau_c) d(s) over s > t, an
    eligibility c has earned after `time` seconds

        dw = w_max c (H(t) - exp(-time / tau_c) H(t + time))

    which is added at the next spike of the synapse, and the weight is then put back into [0, w_max].

    Parameters
    ----------
    reward_times : array (n_rewards,) >= 0, default ()
        Seconds from the beginning of the simulation, at most 200 of them. Without rewards nothing is learned.
    reward_amounts : array (n_rewards,) or float, default 1.0
        By how much d jumps at each reward, hertz; below 0 for a punishment.
    A_plus : float, default 0.01
        Largest growth of c.
    A_minus : float, default 0.0105
        Largest decline of c.
    tau_plus, tau_minus : float > 0, default 0.02
        Seconds in which the two sides of the window decay to 1/e.
    tau_c : float > 0, default 1.0
        Seconds in which the eligibility decays to 1/e.
    tau_d : float > 0, default 0.2
        Seconds in which the dopamine decays to 1/e.
    w_max : float > 0 or None, default None
        Largest weight, amperes. None: twice the mean initial weight of the synapses that learn (the library's own
        choice).

    Raises
    ------
    ValueError
        For a parameter out of range, when it is used.

    Notes
    -----
    The weight of a synapse is brought up to date at its own spikes, on arrival after the spike has been passed on: that
    spike is still passed on with the weight before, and what rewards give after the last spike that a synapse sees is
    not learned. The text grows with the number of rewards: Brian2 reads 100 of them in some 5 s.

    References
    ----------
    Izhikevich 2007, Solving the distal reward problem through linkage of STDP and dopamine signaling, Cerebral Cortex
    17(10):2443-2452, doi:10.1093/cercor/bhl152.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import MaassColumn
    >>> from reservoir.spikes import SpikeTrains
    >>> from spiking import simulate
    >>> from spiking.plasticity import RewardSTDP
    >>> column = MaassColumn((3, 3, 3)).draw(np.random.default_rng(0))
    >>> regular = SpikeTrains(np.arange(0.01, 0.1, 0.02), np.zeros(5, int), n_units=1, duration=0.1)
    >>> rules = {"recurrent": RewardSTDP([0.05])}
    >>> learned = simulate(column, regular, plasticity=rules, record="weights", random_state=0).circuit
    >>> learned.recurrent.equals(column.recurrent)
    False
    """

    def __init__(
        self,
        reward_times: Any = (),
        reward_amounts: Any = 1.0,
        *,
        A_plus: float = 0.01,
        A_minus: float = 0.0105,
        tau_plus: float = 0.02,
        tau_minus: float = 0.02,
        tau_c: float = 1.0,
        tau_d: float = 0.2,
        w_max: float | None = None,
    ):
        self.reward_times = reward_times
        self.reward_amounts = reward_amounts
        self.A_plus = A_plus
        self.A_minus = A_minus
        self.tau_plus = tau_plus
        self.tau_minus = tau_minus
        self.tau_c = tau_c
        self.tau_d = tau_d
        self.w_max = w_max

    def acts_on(self, projection: Projection) -> np.ndarray:
        """Which synapses learn (n_synapses,): the excitatory ones."""
        return projection.weight > 0

    def rule(self, projection: Projection) -> Rule:
        """The text for these synapses."""
        times = dict.fromkeys(("tau_plus", "tau_minus", "tau_c", "tau_d"), "second")
        parameters = read_numbers(self, A_plus="1", A_minus="1", **times) | read_bound(self, projection, 2)
        lines = [
            decaying(arrivals="tau_plus", answers="tau_minus"),
            "c : 1\nseen : second\nahead : 1",
            f"prospect = {self._prospect()} : 1 (shared)",
            "kept = exp(-(t - seen) / tau_c) : 1",
            "earned = clip(w + w_max * c * (ahead - kept * prospect), 0 * amp, w_max) : amp",
        ]
        settle, passed = "w = earned", ["seen = t", "ahead = prospect"]
        return Rule(
            "\n".join(lines),
            [settle, "c = c * kept - A_minus * answers", *passed, "arrivals += 1"],
            [settle, "c = c * kept + A_plus * arrivals", *passed, "answers += 1"],
            parameters,
        )

    def _prospect(self) -> str:
        """H(t): every reward is ahead, discounted with tau_c, or past, and decays with tau_d."""
        times = real_array(without_unit("RewardSTDP", "reward_times", self.reward_times, "second"))
        if times is None or times.ndim != 1 or not (np.isfinite(times) & (times >= 0)).all() or len(times) > _MOST:
            wanted = f"a 1-D array of at most {_MOST} numbers >= 0"
            raise parameter_error("RewardSTDP", "reward_times", wanted, self.reward_times)
        amounts = real_array(without_unit("RewardSTDP", "reward_amounts", self.reward_amounts, "hertz"))
        if amounts is None or amounts.shape not in ((), times.shape) or not np.isfinite(amounts).all():
            wanted = f"a finite number or an array of shape {times.shape}"
            raise parameter_error("RewardSTDP", "reward_amounts", wanted, self.reward_amounts)
        terms = [
            f"{amount!r} * hertz * exp(-clip({time!r} * second - t, 0 * second, {time!r} * second) / tau_c"
            f" - clip(t - {time!r} * second, 0 * second, t) / tau_d)"
            for time, amount in zip(times.tolist(), np.broadcast_to(amounts, times.shape).tolist(), strict=True)
        ]
        return f"({_sum(terms)}) / (1 / tau_c + 1 / tau_d)"


def _sum(terms: list[str]) -> str:
    """The terms added in pairs: brackets that nest deeply are too much for Brian2."""
    while len(terms) > 1:
        terms = [f"({' + '.join(terms[k : k + 2])})" for k in range(0, len(terms), 2)]
    return terms[0] if terms else "0 * hertz"
