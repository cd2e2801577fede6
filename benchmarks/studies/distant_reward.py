"""A reward that comes later strengthens the one synapse that has earned it.

After the first experiment of Izhikevich 2007, doi:10.1093/cercor/bhl152, as the program of its author has it: whenever
one chosen unit fires within 20 ms after another that reaches it, dopamine jumps a while later, in which all units go
on firing by their noise. There the chosen synapse, 0 at first, grows to the largest weight (from memory), and others
do not.

This is a small version: 100 units in place of 1000, each with 10 synapses in place of 100, two minutes in place of an
hour, rewards after 0.2 to 1 s in place of 1 to 3 s, dopamine that jumps by more. Units, noise, weights as shares of the
largest, the window and the time constants are those of the program; here all pairs of spikes count, not the nearest
alone, and a constant current makes units fire at 3 Hz. Eight circuits with noise of their own learn side by side.
"""

import matplotlib.pyplot as plt
import numpy as np

from reservoir.circuits import Circuit, Projection
from reservoir.neurons import Izhikevich
from reservoir.plasticity import RewardSTDP
from reservoir.spikes import SpikeTrains
from spiking import simulate

N_UNITS, N_EACH, DT, EVERY = 100, 10, 1e-3, 0.01
UNIT = Izhikevich(noise=0.119, background=5e-11)  # of the program: uniform numbers of 13 mV in every ms
LARGEST = 4 * 5e-11  # 4 mV: what a spike moves the voltage by, in 2 ms
AMOUNT, WINDOW = 20.0, 0.02


class Coincidence:
    """Rewards that fall due 1 to 3 s after the receiver has fired shortly after the sender."""

    def __init__(self, sender, receiver, seed=0):
        self.sender, self.receiver, self.rng = sender, receiver, np.random.default_rng(seed)
        self.last, self.due = -1.0, []

    def __call__(self, seconds, spikes):
        begin = seconds - spikes.duration
        for time, unit in zip(spikes.times + begin, spikes.units, strict=True):
            if unit == self.receiver and 0 < time - self.last < WINDOW:
                self.due.append(time + self.rng.uniform(0.2, 1.0))
                self.last = -1.0
            self.last = time if unit == self.sender else self.last
        paid = sum(moment <= seconds for moment in self.due)
        self.due = [moment for moment in self.due if moment > seconds]
        return AMOUNT * paid


def make_circuit(rng):
    """Every unit reaches 10 others, inhibitory ones excitatory units alone; the first synapse is 0."""
    excites = np.arange(N_UNITS) < 0.8 * N_UNITS
    pre = np.repeat(np.arange(N_UNITS), N_EACH)
    post = np.concatenate([
        rng.choice(np.setdiff1d(np.arange(N_UNITS if excites[unit] else 80), [unit]), N_EACH, replace=False)
        for unit in range(N_UNITS)
    ])  # fmt: skip
    post[0] = post[0] if post[0] < 80 else next(one for one in range(1, 80) if one not in post[:N_EACH])
    weight = np.where(excites[pre], 0.25, -0.25) * LARGEST
    weight[0] = 0.0
    recurrent = Projection(pre, post, weight, 1e-3, 2e-3)
    none = Projection(np.zeros(0, int), np.zeros(0, int), np.zeros(0), 0.0, 2e-3)
    return Circuit(excites, recurrent, none, 1)


def learn(circuit, reward, duration, n_trials=8, codegen="numpy"):
    """Weights (n_trials, n_excitatory_synapses), shares of the largest, and rates of the units, hertz."""
    rule = RewardSTDP(reward=reward, reward_interval=EVERY, A_plus=0.1, A_minus=0.15, w_max=LARGEST)
    silence = [SpikeTrains([], [], 1, duration)] * n_trials
    options = {
        "neuron": UNIT,
        "plasticity": [rule],
        "dt": DT,
        "record": "weights",
        "random_state": 0,
        "codegen": codegen,
    }
    found = simulate(circuit, silence, **options)
    excites = circuit.recurrent.weight >= 0
    weights = np.array([one.circuit.recurrent.weight[excites] for one in found]) / LARGEST
    return weights, float(np.mean([one.spikes.rates().mean() for one in found]))


def main(duration=120.0):
    circuit = make_circuit(np.random.default_rng(0))
    weights, rate = learn(circuit, Coincidence(0, int(circuit.recurrent.post[0])), duration)
    chosen, others = weights[:, 0], weights[:, 1:]
    print(f"units fire at {rate:.2f} Hz; the chosen synapse {np.round(chosen, 2).tolist()} of the largest weight")
    above = (others > chosen[:, None]).mean(axis=1).round(2).tolist()
    print(f"median of all others {np.median(others):.2f}; shares of them above the chosen one {above}")
    figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
    axes.hist(others.ravel(), bins=40, color="#0072b2", label="other synapses of eight circuits")
    axes.plot(chosen, np.full(len(chosen), 5), "v", color="#d55e00", label="the chosen one of each")
    axes.set(xlabel="weight, share of the largest", ylabel="synapses", title=f"After {duration:g} s")
    axes.legend()
    figure.savefig("distant_reward.png", dpi=150)
    print("wrote distant_reward.png")


if __name__ == "__main__":
    main()
