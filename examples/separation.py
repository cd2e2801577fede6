"""The further apart two inputs, the further apart the states of a liquid, and for as long as the inputs last.

The protocol of Fig. 2 of Maass, Natschlaeger and Markram 2002, doi:10.1162/089976602760407955: one spike train of a
Poisson process of 20 Hz for 0.5 s drives the column of 135 units. Every pair of trains has a distance d, and the
states, spikes filtered by 30 ms, drift apart; the figure shows how far in the mean over 200 pairs. In the pairs of
d = 0 both trains are the same and only the voltages at the start differ.

d is the integral of the squared difference of the trains, each spike a Gaussian exp(-(t / 5 ms)**2), over the duration;
no root is taken, as in the example of Brian2, which found that the published values of d want none. Pairs are
independent trains, redrawn until their distance is within 0.01 of d; so the trains of d = 0.4 have 13 spikes in the
mean, those of d = 0.1 only 6. The distance of states is the Euclidean norm, as printed; the published axis ends at
2.5, which fits the mean square over the units instead. The library's own choices are that every unit hears the train
and that excitatory currents of the input decay in 3 ms.
"""

import matplotlib.pyplot as plt
import numpy as np

from reservoir import simulate
from reservoir.circuits import MaassColumn
from reservoir.spikes import Exponential, SpikeTrains

RATE, DURATION, WIDTH, STEP = 20.0, 0.5, 5e-3, 5e-3
DISTANCES, TOLERANCE = (0.4, 0.2, 0.1, 0.0), 0.01
COLORS = dict(zip(DISTANCES, ("#d55e00", "#e69f00", "#009e73", "#0072b2"), strict=True))
N_PAIRS = 200


def draw_train(rng):
    """Spike times of one Poisson process, seconds."""
    return np.sort(rng.uniform(0, DURATION, rng.poisson(RATE * DURATION)))


def overlap(first, second):
    """Integral of the product of two trains of Gaussians, seconds."""
    lags = (first[:, None] - second) / WIDTH
    return WIDTH * np.sqrt(np.pi / 2) * np.exp(-(lags**2) / 2).sum()


def input_distance(first, second):
    """Mean squared difference of two trains of Gaussians."""
    return (overlap(first, first) - 2 * overlap(first, second) + overlap(second, second)) / DURATION


def draw_pairs(n_pairs, rng):
    """For every distance, n_pairs of spike times."""
    pairs = {distance: [] for distance in DISTANCES}
    pairs[0.0] = [(train, train) for train in (draw_train(rng) for _ in range(n_pairs))]
    while any(len(found) < n_pairs for found in pairs.values()):
        pair = draw_train(rng), draw_train(rng)
        for distance, found in pairs.items():
            if len(found) < n_pairs and abs(input_distance(*pair) - distance) < TOLERANCE:
                found.append(pair)
    return pairs


def states(circuit, trains, seed):
    """Filtered spikes (n_trials, n_rows, n_units)."""
    trains = [SpikeTrains.of_lists([times], DURATION) for times in trains]
    recordings = simulate(circuit, trains, random_state=seed)
    n_rows = round(DURATION / STEP)
    return np.stack([Exponential(0.03).filter(recording.spikes, STEP, n_rows)[0] for recording in recordings])


def separation(n_pairs, seed):
    """For every distance of inputs, the distance of states (n_pairs, n_rows) of a column drawn from the seed."""
    rng = np.random.default_rng(seed)
    circuit = MaassColumn(input_probability=1.0).draw(rng)
    curves = {}
    for distance, pairs in draw_pairs(n_pairs, rng).items():
        first, second = zip(*pairs, strict=True)
        apart = states(circuit, first, seed=2 * seed) - states(circuit, second, seed=2 * seed + 1)
        curves[distance] = np.linalg.norm(apart, axis=2)
    return curves


def main():
    times = np.arange(1, round(DURATION / STEP) + 1) * STEP
    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    for distance, rows in separation(N_PAIRS, seed=0).items():
        mean, error = rows.mean(axis=0), rows.std(axis=0) / np.sqrt(len(rows))
        late = mean[times > 0.1]
        print(f"d = {distance}: state distance {late.mean():.2f} after 0.1 s, {late.min():.2f}-{late.max():.2f}")
        axes.plot(times, mean, color=COLORS[distance])
        axes.text(DURATION + 0.006, mean[-1], f"d = {distance:g}", color=COLORS[distance], va="center")
        axes.fill_between(times, mean - error, mean + error, color=COLORS[distance], alpha=0.25, linewidth=0)
    axes.set(xlabel="time, s", ylabel="state distance", xlim=(0, DURATION), ylim=(0, None))
    axes.set_title(f"Separation of a column of 135 units: mean and standard error of {N_PAIRS} pairs")
    figure.savefig("separation.png", dpi=150)
    print("wrote separation.png")


if __name__ == "__main__":
    main()
