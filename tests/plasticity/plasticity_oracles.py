"""Plain twins of the plasticity rules: one synapse, every change a sum over the spikes before it, no traces.

`learn` of a twin takes the rule, the initial value, w_max, the times of the spikes that arrive and of the receiver, and
the end, seconds. What else the tests of all rules need to know of a rule is said there as well, see `Twin`.
"""

from math import exp, inf, log, sin

from sklearn.base import clone

from reservoir import plasticity


def events(arrivals, answers):
    """(time, kind, spikes of the other side that count), in order: of one moment, arrivals (0) before answers (1)."""
    for time, kind in sorted([(t, 0) for t in arrivals] + [(t, 1) for t in answers]):
        before = [t for t in answers if t < time] if kind == 0 else [t for t in arrivals if t <= time]
        yield time, kind, before


def trace(time, spikes, tau, pairing="all"):
    """Sum over spikes, or the last alone, of exp(-(time - spike) / tau)."""
    return sum(exp(-(time - spike) / tau) for spike in (spikes if pairing == "all" else spikes[-1:]))


def low_passed(values, tau, start, dt):
    """What has come to each of these values in turn, for a step each, with the time constant tau."""
    kept, n = exp(-dt / tau), len(values)
    return start * kept**n + sum((1 - kept) * kept ** (n - 1 - k) * value for k, value in enumerate(values))


def clip(value, low, high):
    return min(max(value, low), high)


class Twin:
    """What a twin says where it differs from this."""

    bound = 2  # w_max is by default so many times the mean initial weight, or the largest
    inhibitory = False  # whether it is inhibitory synapses that learn
    hears = "spikes"  # what it learns from: `learn` of a twin that hears "voltages" gets these in place of the answers
    learns = "w"  # the variable of a synapse that changes: the weight, or "U" of dynamic synapses
    variants = ()  # rules that are compared with the twin
    still = ()  # places of those that change nothing
    wrong = ()  # parameters that are out of range
    arrays = ()  # parameters that are arrays, and may be True
    given = ()  # parameters, name and value, without which others are not looked at

    @classmethod
    def w_max(cls, rule, weights):
        """The bound of these weights (n_synapses,)."""
        given, sizes = getattr(rule, "w_max", None), [abs(weight) for weight in weights]
        return given or max(cls.bound * sum(sizes) / len(sizes), *sizes)

    @classmethod
    def lone_pair(cls, p, share, lag):
        """What a pair alone does to a weight of this share of w_max, without what the arriving spike does alone."""
        with_pair, without = (cls.learn(p, share, 1.0, [1.0], answers, 2.0) for answers in ([1.0 + lag], []))
        return with_pair - without


class STDP(Twin):
    variants = (
        plasticity.STDP(),
        plasticity.STDP(A_plus=0.4, A_minus=0.5, tau_plus=0.01, tau_minus=0.05, w_max=1.1e-12),
        plasticity.STDP(mu_plus=1.0, mu_minus=1.0, A_plus=0.05, A_minus=0.05),
        plasticity.STDP(mu_plus=0.3, mu_minus=0.3, A_plus=0.1, A_minus=0.12),
        plasticity.STDP(mu_plus=0.5, mu_minus=0.5, A_plus=0.3, A_minus=0.2, w_max=1e-12),
        plasticity.STDP(mu_minus=1.0, A_plus=0.03, A_minus=0.1, pairing="nearest"),
        plasticity.STDP(pairing="nearest", A_plus=-0.02, A_minus=-0.01),
    )
    wrong = (
        {"tau_plus": 0.0}, {"tau_minus": -1.0}, {"mu_plus": -0.1}, {"mu_minus": -1}, {"pairing": "a"}, {"w_max": 0},
    )  # fmt: skip

    def learn(p, w, w_max, arrivals, answers, end):
        w /= w_max
        for time, kind, before in events(arrivals, answers):
            if kind == 0:
                w -= p.A_minus * w**p.mu_minus * trace(time, before, p.tau_minus, p.pairing)
            else:
                w += p.A_plus * max(1 - w, 0) ** p.mu_plus * trace(time, before, p.tau_plus, p.pairing)
            w = clip(w, 0, 1)
        return w * w_max


FITS = [base + ending for base in ("visual cortex", "hippocampus") for ending in ("", ", nearest")]


class TripletSTDP(Twin):
    variants = tuple(plasticity.TripletSTDP.fitted(name + ending) for ending in ("", ", minimal") for name in FITS)
    wrong = {"tau_x": 0}, {"tau_y": 0}, {"pairing": None}, {"w_max": -1e-9}

    def learn(p, w, w_max, arrivals, answers, end):
        w /= w_max
        for time, kind, before in events(arrivals, answers):
            if kind == 0:
                r2 = trace(time, [t for t in arrivals if t < time], p.tau_x, p.pairing)
                w -= trace(time, before, p.tau_minus, p.pairing) * (p.A2_minus + p.A3_minus * r2)
            else:
                o2 = trace(time, [t for t in answers if t < time], p.tau_y, p.pairing)
                w += trace(time, before, p.tau_plus, p.pairing) * (p.A2_plus + p.A3_plus * o2)
            w = clip(w, 0, 1)
        return w * w_max


class InhibitorySTDP(Twin):
    bound, inhibitory = 10, True
    variants = (
        plasticity.InhibitorySTDP(),
        plasticity.InhibitorySTDP(eta=0.1, target_rate=20.0, tau=0.03, w_max=2e-12),
    )
    wrong = {"eta": 0}, {"target_rate": -1}, {"tau": 0}, {"w_max": 0}

    def learn(p, w, w_max, arrivals, answers, end):
        for time, kind, before in events(arrivals, answers):
            alone = 2 * p.target_rate * p.tau if kind == 0 else 0
            w = clip(w + w_max * p.eta * (trace(time, before, p.tau) - alone), 0, w_max)
        return w


class ReleaseSTDP(Twin):
    learns = "U"
    variants = (
        plasticity.ReleaseSTDP(),
        plasticity.ReleaseSTDP(A_plus=0.2, A_minus=0.15, tau_plus=0.03, U_min=0.2, U_max=0.7),
        plasticity.ReleaseSTDP(A_plus=-0.2, A_minus=-0.15, tau_minus=0.03, U_min=0.3, U_max=0.6),
    )
    wrong = {"U_min": 0}, {"U_max": 1.1}, {"U_min": 0.5, "U_max": 0.4}, {"tau_minus": 0}

    def learn(p, U, w_max, arrivals, answers, end):
        for time, kind, before in events(arrivals, answers):
            tau, size = (p.tau_plus, p.A_plus) if kind else (p.tau_minus, -p.A_minus)
            U = clip(U + size * trace(time, before, tau), p.U_min, p.U_max)
        return U

    @classmethod
    def lone_pair(cls, p, share, lag):
        """Without the bounds."""
        return super().lone_pair(clone(p).set_params(U_min=1e-9, U_max=1.0), share, lag)


def paid(seconds, spikes):
    """A reward that tells the twin's from others."""
    return 4 * sin(40 * seconds)


class RewardSTDP(Twin):
    still = (0,)
    arrays = "reward_times", "reward_amounts"
    given = (("reward_times", [1.0, 2.0, 3.0]),)
    variants = (
        plasticity.RewardSTDP(),
        plasticity.RewardSTDP([0.2], 3.0, A_plus=0.1),
        plasticity.RewardSTDP(
            [0.0, 0.05, 0.1503, 0.3, 0.35, 900.0], [3, 2, -4, 1, 8, 5.5], A_plus=0.5, A_minus=0.6, tau_c=0.1
        ),
        plasticity.RewardSTDP(reward=paid, reward_interval=0.05, A_plus=0.5, A_minus=0.6, tau_c=0.1),
    )
    wrong = (
        {"reward_times": [-1.0]}, {"reward_times": [[1.0]]}, {"reward_times": 1.0}, {"tau_c": 0}, {"tau_d": 0},
        {"reward_times": [1.0, 2.0], "reward_amounts": [1.0]}, {"w_max": 0},
        {"reward": max, "reward_times": [1.0]}, {"reward_interval": 0},
    )  # fmt: skip

    def learn(p, w, w_max, arrivals, answers, end):
        """From event to event, rewards among them, with c d decaying in between; bounds at spikes and at the end."""
        amounts = [p.reward_amounts] * len(p.reward_times) if isinstance(p.reward_amounts, float) else p.reward_amounts
        rewards = [(time, -1, amount) for time, amount in zip(p.reward_times, amounts, strict=True)]
        asked = [p.reward_interval * k for k in range(1, round(end / p.reward_interval))] if p.reward else []
        rewards += [(time, -1, p.reward(time, None)) for time in asked]
        rate = 1 / p.tau_c + 1 / p.tau_d
        c, d, earned, last = 0.0, 0.0, 0.0, 0.0
        both = [*rewards, *events(arrivals, answers), (end, 2, None)]
        for time, kind, what in sorted((event for event in both if event[0] <= end), key=lambda event: event[:2]):
            earned += w_max * c * d * (1 - exp(-(time - last) * rate)) / rate
            c, d, last = c * exp(-(time - last) / p.tau_c), d * exp(-(time - last) / p.tau_d), time
            if kind == -1:
                d += what
                if not p.reward:
                    continue
            w, earned = clip(w + earned, 0, w_max), 0.0
            if kind == 2:
                return w
            if kind == -1:
                continue
            c += p.A_plus * trace(time, what, p.tau_plus) if kind else -p.A_minus * trace(time, what, p.tau_minus)

    @classmethod
    def lone_pair(cls, p, share, lag):
        """The eligibility after the later spike, from what one reward makes of it until all has decayed."""
        later, rate = max(1.0, 1.0 + lag), 1 / p.tau_c + 1 / p.tau_d
        p = clone(p).set_params(reward=None, reward_times=[later + p.tau_c], reward_amounts=1.0)
        return (cls.learn(p, share, 1.0, [1.0], [1.0 + lag], 60.0) - share) * rate * exp(1)


class SuppressionSTDP(Twin):
    variants = (
        plasticity.SuppressionSTDP(),
        plasticity.SuppressionSTDP(A_plus=0.2, A_minus=0.3, tau_minus=0.04, tau_arriving=0.01, tau_receiver=0.05),
    )
    wrong = {"tau_arriving": 0}, {"tau_receiver": -1}, {"tau_plus": 0}, {"w_max": 0}

    def learn(p, w, w_max, arrivals, answers, end):
        def efficacies(spikes, tau):
            before = [float("-inf"), *spikes]
            return {t: 1 - exp((s - t) / tau) for s, t in zip(before, spikes, strict=False)}

        arriving, firing = efficacies(arrivals, p.tau_arriving), efficacies(answers, p.tau_receiver)
        for time, kind, before in events(arrivals, answers):
            own, other = (firing, arriving) if kind else (arriving, firing)
            tau, size = (p.tau_plus, p.A_plus) if kind else (p.tau_minus, -p.A_minus)
            w += w_max * size * own[time] * sum(other[t] * exp(-(time - t) / tau) for t in before)
            w = clip(w, 0, w_max)
        return w


class DiehlCookSTDP(Twin):
    variants = (
        plasticity.DiehlCookSTDP(A_minus=0.01),
        plasticity.DiehlCookSTDP(A_plus=0.3, A_minus=0.2, tau_plus=0.05, tau_minus=0.03, tau_y=0.1),
    )
    wrong = {"tau_plus": 0}, {"tau_minus": 0}, {"tau_y": 0}, {"w_max": 0}

    def learn(p, w, w_max, arrivals, answers, end):
        for time, kind, before in events(arrivals, answers):
            if kind == 0:
                w -= w_max * p.A_minus * trace(time, before, p.tau_minus, "nearest")
            else:
                y2 = trace(time, [t for t in answers if t < time], p.tau_y, "nearest")
                w += w_max * p.A_plus * trace(time, before, p.tau_plus, "nearest") * y2
            w = clip(w, 0, w_max)
        return w


class OffsetSTDP(Twin):
    variants = (
        plasticity.OffsetSTDP(mu=0.0),
        plasticity.OffsetSTDP(A=0.1, x_target=0.2, tau=0.04, mu=0.7, pairing="nearest"),
    )
    wrong = {"tau": 0}, {"mu": -1}, {"pairing": "some"}, {"w_max": 0}

    def learn(p, w, w_max, arrivals, answers, end):
        for time, kind, before in events(arrivals, answers):
            if kind:
                room = max(1 - w / w_max, 0) ** p.mu
                w = clip(w + w_max * p.A * (trace(time, before, p.tau, p.pairing) - p.x_target) * room, 0, w_max)
        return w


class HeterosynapticSTDP(Twin):
    variants = (
        plasticity.HeterosynapticSTDP(),
        plasticity.HeterosynapticSTDP(A=0.05, B=0.04, beta=0.01, delta=0.01, resting=0.2, tau_plus=0.03, tau_slow=0.2),
    )
    wrong = {"tau_slow": 0}, {"beta": -1}, {"resting": 1.1}, {"tau_plus": 0}, {"tau_minus": 0}, {"w_max": 0}

    def learn(p, w, w_max, arrivals, answers, end):
        for time, kind, before in events(arrivals, answers):
            y = trace(time, [t for t in answers if t < time], p.tau_minus)
            if kind == 0:
                w += w_max * (p.delta - p.B * y)
            else:
                z = trace(time, [t for t in answers if t < time], p.tau_slow)
                w += w_max * p.A * trace(time, before, p.tau_plus) * z - p.beta * (w - p.resting * w_max) * y**3
            w = clip(w, 0, w_max)
        return w


class RateScaling(Twin):
    bound = 10
    variants = (
        plasticity.RateScaling(eta=0.1),
        plasticity.RateScaling(target_rate=80.0, eta=0.3, tau_rate=0.1),
    )
    wrong = {"eta": 0}, {"target_rate": -1}, {"tau_rate": 0}, {"w_max": 0}

    def learn(p, w, w_max, arrivals, answers, end):
        """From spike to spike of the receiver, with the integral of its rate as a sum over all spikes before."""
        last = 0.0
        for time in [*answers, end]:
            before = [t for t in answers if t < time]
            spent = sum(exp(-(last - t) / p.tau_rate) - exp(-(time - t) / p.tau_rate) for t in before)
            w, last = clip(w * exp(p.eta * (p.target_rate * (time - last) - spent)), 0, w_max), time
        return w


class CalciumSTDP(Twin):
    variants = (
        plasticity.CalciumSTDP(sigma=0.0, tau_rho=3.0),
        plasticity.CalciumSTDP(
            tau_calcium=0.03, C_pre=0.7, C_post=0.8, D=0.0, theta_d=0.9, theta_p=1.5, gamma_d=5.0, gamma_p=20.0,
            tau_rho=0.5, rho_star=0.3, sigma=0.0, low=0.05,
        ),
        plasticity.CalciumSTDP(theta_d=1.5, theta_p=1.2, sigma=0.0, tau_rho=1.0),
    )  # fmt: skip
    wrong = (
        {"tau_calcium": 0}, {"C_pre": -1}, {"C_post": -1}, {"D": -1e-3}, {"theta_d": 0}, {"theta_p": -1},
        {"gamma_d": -1}, {"gamma_p": -1}, {"tau_rho": 0}, {"rho_star": 1}, {"sigma": -1}, {"low": 1}, {"w_max": 0},
        {"low": 0.9}, {"rho_star": 0},
    )  # fmt: skip

    def learn(p, w, w_max, arrivals, answers, end, dt=1e-3):
        """In steps: the part of each in which calcium is above the thresholds, then Euler's method."""
        late, rho = round(p.D / dt), (w / w_max - p.low) / (1 - p.low)
        jumps = [(round(t / dt) + late, p.C_pre) for t in arrivals] + [(round(t / dt), p.C_post) for t in answers]
        c = 0.0  # in the beginning of a step
        for step in range(round(end / dt)):
            d, u = (clip(p.tau_calcium * log(c / at) / dt if c else -inf, 0, 1) for at in (p.theta_d, p.theta_p))
            slope = p.gamma_p * (1 - rho) * u - p.gamma_d * rho * d - rho * (1 - rho) * (p.rho_star - rho)
            rho += dt / p.tau_rho * slope
            c = c * exp(-dt / p.tau_calcium) + sum(size for k, size in jumps if k == step)
        return w_max * clip(p.low + (1 - p.low) * rho, 0, 1)


class ClopathSTDP(Twin):
    hears = "voltages"
    variants = (
        plasticity.ClopathSTDP(),
        plasticity.ClopathSTDP(
            A_LTD=3.0, A_LTP=700.0, theta_minus=-0.065, theta_plus=-0.06, tau_minus=0.02, tau_plus=0.005, tau_x=0.03,
            reference=60e-6, rest=-0.068, tau_square=0.05, w_max=1.5e-12,
        ),
    )  # fmt: skip
    wrong = (
        {"A_LTD": -1}, {"A_LTP": -1}, {"tau_minus": 0}, {"tau_plus": 0}, {"tau_x": 0}, {"w_max": 0},
        {"reference": 0}, {"tau_square": 0},
    )  # fmt: skip

    def learn(p, w, w_max, arrivals, voltages, dt):
        """Low-passed values as sums over all steps before; voltages (n_steps + 1,), first that at the beginning."""
        steps = [round(t / dt) for t in arrivals]
        for step in range(len(voltages) - 1):
            heard, v = voltages[1 : step + 2], voltages[step + 1]
            minus, plus = (low_passed(heard, tau, voltages[0], dt) for tau in (p.tau_minus, p.tau_plus))
            x = sum(exp(-(step - k) * dt / p.tau_x) for k in steps if k < step) / p.tau_x
            grown = p.A_LTP * x * dt * max(v - p.theta_plus, 0) * max(plus - p.theta_minus, 0)
            w = clip(w + w_max * grown, 0, w_max)
            if step in steps:
                squares, reference = [max(v - p.rest, 0) ** 2 for v in heard], p.reference or 1.0
                share = low_passed(squares, p.tau_square, reference, dt) / reference if p.reference else 1.0
                w = clip(w - w_max * p.A_LTD * share * max(minus - p.theta_minus, 0), 0, w_max)
        return w


TWINS = {twin.__name__: twin for twin in Twin.__subclasses__()}


def twin_of(rule):
    """The twin of a rule, by the name of its class."""
    return TWINS[type(rule).__name__]
