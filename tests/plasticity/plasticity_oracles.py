"""Plain twins of the plasticity rules: one synapse, every change a sum over the spikes before it, no traces.

A twin takes the rule, the initial value, w_max, the times of the spikes that arrive and of the receiver, and the end,
seconds.
"""

from math import exp


def events(arrivals, answers):
    """(time, kind, spikes of the other side that count), in order: of one moment, arrivals (0) before answers (1)."""
    for time, kind in sorted([(t, 0) for t in arrivals] + [(t, 1) for t in answers]):
        before = [t for t in answers if t < time] if kind == 0 else [t for t in arrivals if t <= time]
        yield time, kind, before


def trace(time, spikes, tau, pairing="all"):
    """Sum over spikes, or the last alone, of exp(-(time - spike) / tau)."""
    return sum(exp(-(time - spike) / tau) for spike in (spikes if pairing == "all" else spikes[-1:]))


def clip(value, low, high):
    return min(max(value, low), high)


def pair(p, w, w_max, arrivals, answers, end):
    w /= w_max
    for time, kind, before in events(arrivals, answers):
        if kind == 0:
            w -= p.A_minus * w**p.mu_minus * trace(time, before, p.tau_minus, p.pairing)
        else:
            w += p.A_plus * max(1 - w, 0) ** p.mu_plus * trace(time, before, p.tau_plus, p.pairing)
        w = clip(w, 0, 1)
    return w * w_max


def triplet(p, w, w_max, arrivals, answers, end):
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


def inhibitory(p, w, w_max, arrivals, answers, end):
    for time, kind, before in events(arrivals, answers):
        alone = 2 * p.target_rate * p.tau if kind == 0 else 0
        w = clip(w + w_max * p.eta * (trace(time, before, p.tau) - alone), 0, w_max)
    return w


def release(p, U, w_max, arrivals, answers, end):
    for time, kind, before in events(arrivals, answers):
        change = p.A_plus * trace(time, before, p.tau_plus) if kind else -p.A_minus * trace(time, before, p.tau_minus)
        U = clip(U + change, p.U_min, p.U_max)
    return U


def reward(p, w, w_max, arrivals, answers, end):
    """From event to event, rewards among them, with c d decaying in between; bounds at the spikes and at the end."""
    amounts = [p.reward_amounts] * len(p.reward_times) if isinstance(p.reward_amounts, float) else p.reward_amounts
    rewards = [(time, -1, amount) for time, amount in zip(p.reward_times, amounts, strict=True)]
    rate = 1 / p.tau_c + 1 / p.tau_d
    c, d, earned, last = 0.0, 0.0, 0.0, 0.0
    both = [*rewards, *events(arrivals, answers), (end, 2, None)]
    for time, kind, what in sorted((event for event in both if event[0] <= end), key=lambda event: event[:2]):
        earned += w_max * c * d * (1 - exp(-(time - last) * rate)) / rate
        c, d, last = c * exp(-(time - last) / p.tau_c), d * exp(-(time - last) / p.tau_d), time
        if kind == -1:
            d += what
            continue
        w, earned = clip(w + earned, 0, w_max), 0.0
        if kind == 2:
            return w
        c += p.A_plus * trace(time, what, p.tau_plus) if kind else -p.A_minus * trace(time, what, p.tau_minus)


TWINS = {
    "STDP": pair,
    "TripletSTDP": triplet,
    "InhibitorySTDP": inhibitory,
    "ReleaseSTDP": release,
    "RewardSTDP": reward,
}
