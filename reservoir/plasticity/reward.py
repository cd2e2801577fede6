"""Spike-timing-dependent plasticity that waits for a reward."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from reservoir.circuits import Projection
from reservoir.compilation import kernel
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers
from reservoir.plasticity.kernel import Kernel, bounded, numbers_of
from reservoir.plasticity.rule import Feedback, PairRule, PlasticityRule, Rule, read_bound, read_numbers
from reservoir.trains import SpikeTrains
from reservoir.validation import Parameters, real_array, without_unit


@kernel(forceinline=True)
def prospect_at(p, t):
    """H at a time."""
    total, ahead = 0.0, np.searchsorted(p.moments, t, side="right")
    if ahead < p.moments.size:
        total += p.to_come[ahead] * math.exp(-(p.moments[ahead] - t) / p.tau_c)
    if ahead > 0:
        total += p.left[ahead - 1] * math.exp(-(t - p.moments[ahead - 1]) / p.tau_d)
    return total / (1.0 / p.tau_c + 1.0 / p.tau_d)


@kernel(forceinline=True)
def earn(p, w, own, pair, t):
    """Settle what the eligibility has earned, and change it by pairs of spikes."""
    eligibility, seen, ahead = own[0], own[1], own[2]
    kept, prospect = math.exp(-(t - seen) / p.tau_c), prospect_at(p, t)
    own[0], own[1], own[2] = eligibility * kept + pair, t, prospect
    return bounded(w + p.w_max * eligibility * (ahead - kept * prospect), p.w_max)


class Foreseen(NamedTuple):
    """Numbers of the rule where rewards are known, with its functions; own variables are those of its text."""

    w_max: float
    A_plus: float
    A_minus: float
    tau_c: float
    tau_d: float
    moments: np.ndarray  # (n_rewards,), seconds
    to_come: np.ndarray  # (n_rewards,), amounts from each on, discounted to its moment
    left: np.ndarray  # (n_rewards,), what is left at each moment of the amounts until then

    @staticmethod
    @kernel(forceinline=True)
    def on_pre(p, w, own, x, y, t):
        """A spike that arrives."""
        return earn(p, w, own, -p.A_minus * y[0], t)

    @staticmethod
    @kernel(forceinline=True)
    def on_post(p, w, own, x, y, t):
        """A spike of the receiver."""
        return earn(p, w, own, p.A_plus * x[0], t)


@documented_with(PlasticityRule)
@dataclass(eq=False, repr=False)
class RewardSTDP(PairRule):
    """Reward-modulated plasticity of excitatory synapses: dopamine turns the traces of pairs of spikes into weight.

        dc/dt = -c / tau_c + (window of the pairs of spikes)      eligibility of a synapse
        dd/dt = -d / tau_d + (amounts at the times of reward)     dopamine, the same for all synapses
        dw/dt = w_max c d

    A pair of a spike that arrives and a spike of the receiver, `lag` seconds later, adds A_plus exp(-lag / tau_plus) to
    c for lag >= 0, and -A_minus exp(lag / tau_minus) for lag < 0. All pairs count, a spike when it arrives; one that
    arrives in the step in which the receiver fires comes first.

    Rewards come at times that are known beforehand, or from what the circuit does: every `reward_interval` the function
    `reward` is told the time and the spikes of all units since it was asked last, and its answer is an amount that is
    paid at once.

    The change of w between two spikes of a synapse has a closed form. Where rewards are known, with H(t) the integral
    of exp(-(s - t) / tau_c) d(s) over s > t, an eligibility c has earned after `time` seconds

        dw = w_max c (H(t) - exp(-time / tau_c) H(t + time))

    which is added at the next spike of the synapse, or at the end, and the weight is then put back into [0, w_max].
    Where `reward` is asked, weights are brought up to date then as well, since nobody knows what comes.

    Parameters
    ----------
    reward_times : array (n_rewards,) >= 0, default ()
        Seconds from the beginning of the simulation. Without rewards nothing is learned.
    reward_amounts : array (n_rewards,) or float, default 1.0
        By how much d jumps at each reward, hertz; below 0 for a punishment.
    reward : function(time, spikes) or None, default None
        What decides rewards while the circuit runs, in place of `reward_times`: a number, by which d jumps.
        `time` is that of the simulation, `spikes` the `SpikeTrains` of all units in the stretch that ends there,
        with times from its beginning. An object that remembers is copied for each trial, so that it begins each as it
        was given; `ReadoutReward` is one. It begins so again where a simulation goes on from a state, and in each call
        of `Microcircuit.partial_fit`: pieces are the whole for functions of `time` and `spikes` alone. `time` goes on,
        in `Microcircuit` through all that was presented.
    reward_interval : float > 0, default 0.01
        Seconds from one question to the next, the first after as many.
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
        Largest weight, amperes, at least that of every synapse at the beginning. None: twice the mean initial weight of
        the synapses that learn, or the largest of them (the library's own choice).

    Notes
    -----
    The weight of a synapse is brought up to date at its own spikes, on arrival after the spike has been passed on: that
    spike is still passed on with the weight before.

    A `reward` runs in Python, so that no C++ program can be built; each question takes some 0.1 ms and a pass over all
    synapses that learn. An error in it ends the simulation, and nothing is changed. No model file holds a function.

    References
    ----------
    Izhikevich 2007, Solving the distal reward problem through linkage of STDP and dopamine signaling, Cerebral Cortex
    17(10):2443-2452, doi:10.1093/cercor/bhl152.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import Projection
    >>> from reservoir.plasticity import RewardSTDP
    >>> rule = RewardSTDP([0.05])
    >>> text = rule.rule(Projection(pre=[0], post=[1], weight=3e-8, delay=0.0, time_constant=3e-3))
    >>> (name, prospect), = text.signals  # what a reward of 50 ms after the beginning promises
    >>> name, prospect(np.array([0.0, 0.04, 0.06])).round(4).tolist()
    ('prospect', [0.1585, 0.165, 0.1585])
    """

    reward_times: Numbers = ()
    reward_amounts: float | Numbers = 1.0
    _: KW_ONLY
    tau_c: float = 1.0
    tau_d: float = 0.2
    w_max: float | None = None
    reward: Callable[[float, SpikeTrains], float] | None = None
    reward_interval: float = 0.01

    def rule(self, projection: Projection) -> Rule:
        """The text for these synapses."""
        p = Parameters(self)
        every = p.real("reward_interval", 0, closed="neither", unit="second")
        if self.reward is None:
            return self._foreseen(projection)
        times, _ = self._rewards()
        if not callable(self.reward) or times.size:
            raise p.error("reward", "None, or a function in place of `reward_times`")
        return self._told(projection, Feedback("reward", self.reward, every, exact=True, said_by=(p.owner, "reward")))

    def _told(self, projection: Projection, feedback: Feedback) -> Rule:
        """The text where rewards come from the circuit: dopamine is what is left of those until now."""
        parameters = self._pair_numbers() | read_numbers(self, tau_c="second", tau_d="second")
        parameters |= read_bound(self, projection, 2)
        tau_c, tau_d, w_max = (parameters[name][0] for name in ("tau_c", "tau_d", "w_max"))
        both = 1 / (1 / tau_c + 1 / tau_d)
        lines = (
            "eligibility : 1\ndopamine : 1\nseen : second",
            "kept = exp(-(t - seen) / tau_c) : 1\nleft = exp(-(t - seen) / tau_d) : 1",
            "earned = clip(w + w_max * eligibility * dopamine * both * (1 - kept * left), 0 * amp, w_max) : amp",
        )
        settle, passed = "w = earned", ["dopamine = dopamine * left", "seen = t"]
        told = [settle, "eligibility = eligibility * kept", "dopamine = dopamine * left + reward", "seen = t"]
        return Rule(
            {"arrivals": "tau_plus", "answers": "tau_minus"},
            [settle, "eligibility = eligibility * kept - A_minus * answers", *passed, "arrivals += 1"],
            [settle, "eligibility = eligibility * kept + A_plus * arrivals", *passed, "answers += 1"],
            parameters | {"both": (both, "1")},
            lines,
            read=("w", "eligibility", "dopamine", "seen"),
            finish=partial(_settle_told, w_max, both),
            feedback=feedback._replace(told=told),
        )

    def _foreseen(self, projection: Projection) -> Rule:
        """The text where rewards are known beforehand."""
        parameters = self._pair_numbers() | read_numbers(self, tau_c="second", tau_d="second")
        parameters |= read_bound(self, projection, 2)
        rewards, tau_c, tau_d = self._rewards(), parameters["tau_c"][0], parameters.pop("tau_d")[0]
        prospect = partial(_prospect, rewards, tau_c, tau_d)
        lines = (
            "eligibility : 1\nseen : second\nahead : 1",
            "kept = exp(-(t - seen) / tau_c) : 1",
            "earned = clip(w + w_max * eligibility * (ahead - kept * prospect(t)), 0 * amp, w_max) : amp",
        )
        settle, passed = "w = earned", ["seen = t", "ahead = prospect(t)"]
        return Rule(
            {"arrivals": "tau_plus", "answers": "tau_minus"},
            [settle, "eligibility = eligibility * kept - A_minus * answers", *passed, "arrivals += 1"],
            [settle, "eligibility = eligibility * kept + A_plus * arrivals", *passed, "answers += 1"],
            parameters,
            lines,
            read=("w", "eligibility", "seen", "ahead"),
            signals=(("prospect", prospect),),
            finish=partial(_settle, prospect, parameters["w_max"][0], tau_c),
            kernel=Kernel(
                numbers_of(Foreseen, parameters, tau_d=tau_d, **_sums(rewards, tau_c, tau_d)),
                ("arrivals",), ("answers",), ("eligibility", "seen", "ahead"),
            ),
        )  # fmt: skip

    def _rewards(self) -> tuple[np.ndarray, np.ndarray]:
        """Times and amounts (n_rewards,)."""
        p = Parameters(self)
        times = real_array(without_unit(p.owner, "reward_times", self.reward_times, "second"))
        if times is None or times.ndim != 1 or not (np.isfinite(times) & (times >= 0)).all():
            raise p.error("reward_times", "a 1-D array of numbers >= 0")
        amounts = real_array(without_unit(p.owner, "reward_amounts", self.reward_amounts, "hertz"))
        if amounts is None or amounts.shape not in ((), times.shape) or not np.isfinite(amounts).all():
            raise p.error("reward_amounts", f"a finite number or an array of shape {times.shape}")
        order = np.argsort(times, kind="stable")
        return times[order], np.broadcast_to(amounts, times.shape)[order]


def _prospect(rewards: tuple[np.ndarray, np.ndarray], tau_c: float, tau_d: float, times: np.ndarray) -> np.ndarray:
    """H at these times, ascending: rewards ahead are discounted with tau_c, past ones have decayed with tau_d."""
    moments, amounts = rewards
    total = np.zeros(len(times))
    for moment, amount in zip(moments.tolist(), amounts.tolist(), strict=True):
        wait = moment - times
        total += amount * np.exp(np.where(wait > 0, -wait / tau_c, wait / tau_d))
    return total / (1 / tau_c + 1 / tau_d)


def _sums(rewards: tuple[np.ndarray, np.ndarray], tau_c: float, tau_d: float) -> dict[str, np.ndarray]:
    """The times of rewards, and at each of them what those ahead promise, and what the others have left."""
    moments, amounts = rewards
    waits, to_come, left = np.diff(moments), amounts.astype(float), amounts.astype(float)
    for k in range(len(waits)):
        left[k + 1] += left[k] * np.exp(-waits[k] / tau_d)
        to_come[-k - 2] += to_come[-k - 1] * np.exp(-waits[-k - 1] / tau_c)
    return {"moments": moments, "to_come": to_come, "left": left}


def _settle(
    prospect: Callable[[np.ndarray], np.ndarray], w_max: float, tau_c: float, found: dict[str, np.ndarray], end: float
) -> dict[str, np.ndarray]:
    """The weights with what was earned since the last spike of each synapse."""
    kept = np.exp(-(end - found["seen"]) / tau_c) * prospect(np.array([end]))[0]
    return {"w": np.clip(found["w"] + w_max * found["eligibility"] * (found["ahead"] - kept), 0, w_max)}


def _settle_told(w_max: float, both: float, found: dict[str, np.ndarray], end: float) -> dict[str, np.ndarray]:
    """The same where rewards have come from the circuit."""
    share = both * (1 - np.exp(-(end - found["seen"]) / both))
    return {"w": np.clip(found["w"] + w_max * found["eligibility"] * found["dopamine"] * share, 0, w_max)}
