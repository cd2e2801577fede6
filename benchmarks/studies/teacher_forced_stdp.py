"""The correlations of its inputs tell which weights a unit learns by STDP when a teacher makes it fire.

A target with weights w* of 0 or W_MAX fires on 100 Poisson channels. A learner hears the same channels and fires by
pulses of current, when its target does and never else, while additive pair STDP changes its weights: a protocol like
that of Legenstein, Naeger and Maass 2005, doi:10.1162/0899766054796888; settings and numbers are this library's own.

The channels, of rate f, have the covariance f R_ij delta(u): R is 1 for i = j, SHARE within a group and 0 elsewhere. If
a spike of channel j adds w*_j e(s) to the target's rate nu after s seconds (a linear unit), the target fires with the
density f nu + f (R w*)_i e(s) at a lag s from the spikes of channel i. So with the window W of STDP weight i drifts by

    f (R w*)_i int W(s) e(s) ds + f nu int W(s) ds,

whatever its value: to W_MAX where (R w*)_i is above a threshold, which A_minus sets, and to 0 below it. Learning can
end at w* only if a plane with the normal w* separates the rows of R at synapses of W_MAX from those at synapses of 0.
Where it does not, the learner can still fire much like its target, if only few synapses are missed.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import gaussian_filter1d

import reservoir
import spiking
from reservoir.circuits import Circuit, Projection
from reservoir.neurons import LIF
from reservoir.spikes import SpikeTrains
from spiking import STDP

N_GROUPS, SIZE, RATE, SHARE, N_SETS = 5, 20, 10.0, 0.3, 3
COUNTS = [  # of the synapses of W_MAX in each group, a row for every target
    [20, 0, 0, 0, 0], [4, 4, 4, 4, 4], [5, 4, 4, 4, 3], [6, 4, 4, 3, 3],
    [8, 3, 3, 3, 3], [10, 3, 3, 2, 2], [12, 2, 2, 2, 2], [16, 1, 1, 1, 1],
]  # fmt: skip
W_MAX, DT, PIECE, N_PIECES = 15e-9, 1e-3, 15.0, 15
UNIT = LIF(time_constant=0.01, background=7e-9, reset=0.0)
FORCED = LIF(time_constant=0.01, background=-1e-5, reset=0.0)  # its inputs alone never make it fire
RULE = STDP(A_plus=0.007, A_minus=0.0106, w_max=W_MAX)
CORRELATION = np.kron(np.eye(N_GROUPS), np.full((SIZE, SIZE), SHARE)) + (1 - SHARE) * np.eye(N_GROUPS * SIZE)


def make_input(rng, duration, n_sets):
    """Trains of `n_sets` times 100 channels; those of a group pass on a common Poisson train, each spike by chance."""
    trains = []
    for _ in range(n_sets * N_GROUPS):
        common = rng.uniform(0, duration, rng.poisson(RATE / SHARE * duration))
        trains += [common[rng.random(len(common)) < SHARE] for _ in range(SIZE)]
    return SpikeTrains.of_lists(trains, duration)


def make_targets(counts, n_sets):
    """Weights (n_sets, n_rows, 100), 1 for so many synapses (n_rows, 5) of each group and 0 for the others."""
    targets = (np.arange(SIZE) < np.array(counts)[:, :, None]).reshape(len(counts), -1)
    return np.tile(targets.astype(float), (n_sets, 1, 1))


def separation(target, correlation=CORRELATION):
    """Gap in R w* from the highest synapse of weight 0 to the lowest of weight 1; above 0, w* separates the rows."""
    heights = correlation @ target
    return heights[target > 0].min() - heights[target == 0].max()


def make_circuit(weights):
    """A unit for each row of weights (n_sets, n_rows, n_channels); every set hears channels of its own."""
    (n_sets, n_rows, n_channels), none = weights.shape, np.zeros(0)
    post = np.repeat(np.arange(n_sets * n_rows), n_channels)
    pre = np.tile(np.arange(n_channels), n_sets * n_rows) + post // n_rows * n_channels
    silent = Projection(none.astype(int), none.astype(int), none, none, none)
    inputs = Projection(pre, post, W_MAX * weights.ravel(), 0.0, 3e-3)
    return Circuit(np.ones(n_sets * n_rows, bool), silent, inputs, n_sets * n_channels)


def fire(weights, trains):
    """Spikes of units that do not learn."""
    return reservoir.simulate(make_circuit(weights), trains, neuron=UNIT, dt=DT, random_state=0).spikes


def teach(weights, trains, teacher):
    """Weights of learners after they have fired with the teacher."""
    pulses = np.zeros((round(trains.duration / DT), teacher.n_units))
    pulses[teacher.steps(DT), teacher.units] = 1e-3
    options = {"neuron": FORCED, "plasticity": {"inputs": RULE}, "dt": DT, "record": "weights", "random_state": 0}
    recording = spiking.simulate(make_circuit(weights), trains, currents=pulses, **options)
    assert recording.spikes == teacher
    return recording.circuit.inputs.weight.reshape(weights.shape) / W_MAX


def learn(targets, rng, n_pieces=N_PIECES):
    """Weights (n_pieces + 1, n_sets, n_rows, n_channels) in time, shares of W_MAX, which begin at one half."""
    course = [np.full(targets.shape, 0.5)]
    for _ in range(n_pieces):
        trains = make_input(rng, PIECE, len(targets))
        course.append(teach(course[-1], trains, fire(targets, trains)))
    return np.array(course)


def angles(weights, targets):
    """Angles between the vectors on the last axis, radians."""
    norms = np.linalg.norm(weights, axis=-1) * np.linalg.norm(targets, axis=-1)
    return np.arccos(np.clip((weights * targets).sum(axis=-1) / norms, -1, 1))


def correlations(weights, targets, rng, duration=20.0):
    """Of learners and targets on new inputs (n_sets, n_rows), their trains smoothed by a Gaussian of 10 ms."""
    trains = make_input(rng, duration, len(targets))
    smooth = [gaussian_filter1d(fire(w, trains).binned(DT), 0.01 / DT, axis=0).T for w in (weights, targets)]
    return np.array([np.corrcoef(*pair)[0, 1] for pair in zip(*smooth, strict=True)]).reshape(targets.shape[:2])


def main():
    rng, targets = np.random.default_rng(0), make_targets(COUNTS, N_SETS)
    course = learn(targets, rng)
    angle, alike = angles(course, targets), correlations(course[-1], targets, rng)
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.4), layout="constrained")
    for row, target in enumerate(targets[0]):
        gap, ends = separation(target), (angle[-1, :, row], alike[:, row])
        low, high = [values.min() for values in ends], [values.max() for values in ends]
        print(f"gap {gap:+.1f}: {low[0]:.2f} to {high[0]:.2f} rad, correlation {low[1]:.2f} to {high[1]:.2f}")
        color = "#0072b2" if gap > 0 else "#d55e00"
        axes[0].plot(np.arange(len(course)) * PIECE, angle[:, :, row], color=color, linewidth=0.8)
        for panel, values in zip(axes[1:], ends, strict=True):
            panel.plot(np.full(N_SETS, gap), values, "o", color=color, markersize=4)
    for panel in axes[1:]:
        panel.axvline(0, color="black", linewidth=0.8, linestyle="--")
        panel.set_xlabel("gap of the target (separable above 0)")
    axes[0].set(xlabel="time, s", ylabel="radians", ylim=(0, None), title="Angle to the target (blue: separable)")
    axes[1].set(ylabel="radians", ylim=(0, None), title=f"Angle after {PIECE * N_PIECES:g} s")
    axes[2].set(ylabel="correlation", title="Firing of the two on new inputs")
    figure.savefig("teacher_forced_stdp.png", dpi=150)
    print("wrote teacher_forced_stdp.png")


if __name__ == "__main__":
    main()
