"""Who fires how, and when, decides who is connected with whom, by the voltage-based rule.

Ten units fire as they are told, all-to-all connected by synapses that follow Clopath, Buesing, Vasilaki and Gerstner
2010, doi:10.1038/nn.2479, and that do not move voltages. Rate code: Poisson trains of 2 to 20 Hz. Temporal code: one
unit after the other, 20 ms apart, round and round. The paper reports (its Fig. 4, here by the text of a replication)
strong bidirectional connections between units of high rates and weak ones between those of low rates, and connections
that follow the order of firing. Strong is what is above two thirds of the largest weight, as there.

Numbers are the paper's for visual cortex, but for the homeostasis: with a depression that stays as it is ("fixed"), and
with one that follows the activity at 60 mV^2 ("following"), under which units of high rates lose what they hear. The
spike is theirs: 2 ms at 33 mV, then back from -49.6 mV. Sizes of time and first weights are this library's own.
"""

import matplotlib.pyplot as plt
import numpy as np

from reservoir.circuits import Circuit, Projection
from reservoir.plasticity import ClopathSTDP
from reservoir.spikes import SpikeTrains
from spiking import Equations, simulate

N_UNITS, DT, REST, W_MAX = 10, 1e-3, -0.0706, 1e-18
RATES = np.linspace(2, 20, N_UNITS)
PRE, POST = (ends[~np.eye(N_UNITS, dtype=bool)] for ends in np.mgrid[:N_UNITS, :N_UNITS])
UNIT = Equations(
    "dv/dt = I / nF : volt", threshold="v > 0 * mV and v_before <= 0 * mV", initial={"v": REST}, method="euler"
)  # fmt: skip


def rate_code(duration, rng):
    """Poisson trains (n_steps, n_units), without spikes that another one of the unit still covers."""
    fires = rng.random((round(duration / DT), N_UNITS)) < RATES * DT
    for step in range(2, len(fires)):
        fires[step] &= ~fires[step - 2 : step].any(axis=0)
    return fires


def temporal_code(duration, rng):
    """One unit after the other (n_steps, n_units)."""
    steps = np.arange(round(duration / DT))[:, None]
    return steps % (20 * N_UNITS) == 20 * np.arange(N_UNITS) + 10


def voltages(fires):
    """The paper's spike wherever a unit fires (n_steps, n_units)."""
    steps = np.arange(len(fires))[:, None]
    last = np.maximum.accumulate(np.where(fires, steps, -(10**6)), axis=0)
    since = (steps - last) * DT
    return np.where(since < 1.5e-3, 0.033, REST + 0.021 * np.exp(-(since - 2e-3) / 9.4e-3))


def learn(fires, reference, start=0.4):
    """Weights (n_units, n_units), sender and receiver, shares of the largest; NaN on the diagonal."""
    currents = np.diff(voltages(fires), axis=0, prepend=REST) / DT * 1e-9
    recurrent = Projection(PRE, POST, np.full(len(PRE), start * W_MAX), 0.0, 3e-3)
    nothing = Projection(np.zeros(0, int), np.zeros(0, int), np.zeros(0), 0.0, 3e-3)
    circuit = Circuit(np.ones(N_UNITS, bool), recurrent, nothing, 1)
    recording = simulate(
        circuit, SpikeTrains([], [], 1, len(fires) * DT), currents=currents, neuron=UNIT, dt=DT, record="weights",
        plasticity=[ClopathSTDP(reference=reference, w_max=W_MAX)],
    )  # fmt: skip
    assert (recording.spikes.counts() == fires.sum(axis=0)).all()
    weights = np.full((N_UNITS, N_UNITS), np.nan)
    weights[PRE, POST] = recording.circuit.recurrent.weight / W_MAX
    return weights


def means(weights):
    """Mean weights between units of high and of low rates, and from a unit to the next and back."""
    low, high, around = slice(0, 3), slice(-3, None), np.arange(N_UNITS)
    blocks = {"high to high": (high, high), "high to low": (high, low), "low to high": (low, high)}
    blocks |= {"low to low": (low, low), "to the next": (around, around - N_UNITS + 1), "back": (around, around - 1)}
    return {name: float(np.nanmean(weights[block])) for name, block in blocks.items()}


def main(duration=60.0):
    rng = np.random.default_rng(0)
    rates, order = rate_code(duration, rng), temporal_code(duration / 3, rng)
    found = {
        "rates, fixed depression": learn(rates, None), "rates, following": learn(rates, 60e-6),
        "order, fixed depression": learn(order, None),
    }  # fmt: skip
    figure, panels = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
    for (name, weights), panel in zip(found.items(), panels, strict=True):
        print(name, {where: round(value, 2) for where, value in means(weights).items()})
        strong = weights > 2 / 3
        pairs = (strong & strong.T).sum() // 2, (strong & ~strong.T).sum()
        print(f"  strong pairs: {pairs[0]} bidirectional, {pairs[1]} unidirectional of 45")
        image = panel.imshow(weights, vmin=0, vmax=1, cmap="cividis")
        panel.set(title=name, xlabel="receiver", ylabel="sender")
    figure.colorbar(image, ax=panels, label="weight, share of the largest")
    figure.savefig("coding_and_connectivity.png", dpi=150)
    print("wrote coding_and_connectivity.png")


if __name__ == "__main__":
    main()
