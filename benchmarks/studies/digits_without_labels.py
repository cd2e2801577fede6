"""Synapses that learn without labels tell digits apart, by the circuit of Diehl and Cook.

Diehl and Cook 2015, doi:10.3389/fncom.2015.00099: pixels fire as Poisson channels, excitatory units hear all of them by
plastic synapses whose sum is kept, each excites an inhibitory unit of its own, which holds down all other excitatory
ones, and thresholds of excitatory units rise with their spikes. After learning thresholds stand still; each unit gets
the label to which it has answered most, and the label whose units answer most is the prediction.

This is a small version: the digits of 8 x 8 pixels that come with scikit-learn in place of 28 x 28, 60 units in place
of 100 to 6400, one pass over 900 images in place of three over 60,000, 0.1 s an image, excitation by currents, numbers
of this library's own. The rule is that of their program, with larger rates. The paper reports 83 % for 100 units (from
memory), of other digits. The same circuit with the weights of its first moment stands beside it, whose thresholds have
learned alike, and readouts with labels on the same spikes and on the pixels.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import uniform
from sklearn.datasets import load_digits

from reservoir.circuits import Connection, Population, PopulationCircuit
from reservoir.neurons import AdaptiveThreshold
from reservoir.plasticity import DiehlCookSTDP, Normalised
from reservoir.readouts import RidgeReadout
from reservoir.spikes import Counts, Poisson
from spiking import Microcircuit

N_UNITS, N_TRAINING, N_TEST, DT, SHOWN = 60, 600, 1000, 1e-3, 0.16
TOTAL, RESISTANCE = 12e-9, 1e8  # amperes of all synapses of a unit, ohms
UNITS = AdaptiveThreshold(  # pairs: excitatory and inhibitory
    increment=(0.2e-3, 0.0), time_constant=(0.1, 0.01), resistance=RESISTANCE, rest=(-0.065, -0.06),
    reset=(-0.065, -0.045), threshold=(-0.052, -0.04), refractory=(5e-3, 2e-3), background=0.0, initial=-0.065,
)  # fmt: skip


class OneInhibits(PopulationCircuit):
    """Each inhibitory unit spares the excitatory one that excites it."""

    def draw(self, rng, n_inputs=1):
        circuit = super().draw(rng, n_inputs)
        part = circuit.projection("IE")
        return circuit.replaced("IE", part.select(part.pre - N_UNITS != part.post))


CIRCUIT = OneInhibits(
    {"E": Population(N_UNITS), "I": Population(N_UNITS, excitatory=False)},
    {
        "inputs": Connection("inputs", "E", graph="all_to_all", weight=uniform(0.3 * TOTAL / 64, 1.4 * TOTAL / 64),
                             delay=uniform(0, 0.01), time_constant=5e-3),
        "EI": Connection("E", "I", graph="one_to_one", weight=2e-9, delay=1e-3, time_constant=2e-3),
        "IE": Connection("I", "E", graph="all_to_all", weight=7e-8, delay=1e-3, time_constant=2e-3, reversal=-0.1),
    },
)  # fmt: skip


def make_system(A_plus=0.3, A_minus=3e-3, seed=0):
    """The circuit, which counts spikes; with rates of 0 the weights stay, and thresholds alone learn."""
    rule = Normalised(DiehlCookSTDP(A_plus=A_plus, A_minus=A_minus, w_max=8 * TOTAL / 64), total=TOTAL, every=SHOWN)
    return Microcircuit(
        CIRCUIT, UNITS, encoder=Poisson(80.0), trace=Counts(), step=SHOWN, dt=DT,
        units="E", plasticity={"inputs": rule}, random_state=seed,
    )  # fmt: skip


def label_units(counts, labels):
    """Mean answers (n_units, 10) of the units to each digit, and the digit of the largest."""
    answers = np.array([counts[labels == digit].mean(axis=0) for digit in range(10)]).T
    return answers, answers.argmax(axis=1)


def predict(counts, units):
    """The digit whose units answer most, on average over them."""
    shares = np.array([counts[:, units == digit].mean(axis=1) if (units == digit).any() else np.full(len(counts), -1)
                       for digit in range(10)])  # fmt: skip
    return shares.argmax(axis=0)


def ridge_accuracy(train, test, labels, truth):
    """Of a linear readout with labels."""
    readout = RidgeReadout(1.0).fit(train, np.eye(10)[labels])
    return float((readout.predict(test).argmax(axis=1) == truth).mean())


def measure(system, images, labels, new, truth):
    """Accuracies on new images by labelled units and by a readout of the same spikes."""
    counts, answers = system.fit(images).transform(images), system.transform(new)
    _, units = label_units(counts, labels)
    accuracy = float((predict(answers, units) == truth).mean())
    return accuracy, ridge_accuracy(counts, answers, labels, truth), counts


def main(n_training=N_TRAINING, n_test=N_TEST, seeds=(0,)):
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))[: n_training + n_test]
    images, labels = digits.data[order] / 16, digits.target[order]
    data = images[:n_training], labels[:n_training], images[n_training:], labels[n_training:]
    for seed in seeds:
        for name, rates in (("learned", {}), ("first weights", {"A_plus": 0.0, "A_minus": 0.0})):
            system = make_system(seed=seed, **rates)
            accuracy, by_readout, counts = measure(system, *data)
            print(f"seed {seed}, {name}: {accuracy:.3f} by labelled units, {by_readout:.3f} by a readout with labels; "
                  f"{counts.sum(axis=1).mean():.1f} spikes an image")  # fmt: skip
            if seed == seeds[0] and not rates:
                weights = system.circuit_.inputs
    print(f"a readout of the pixels: {ridge_accuracy(data[0], data[2], data[1], data[3]):.3f}; chance 0.1")
    figure, panels = plt.subplots(4, 10, figsize=(8, 3.4), layout="constrained")
    for unit, panel in enumerate(panels.ravel()):
        mine = weights.post == unit
        panel.imshow(weights.weight[mine][np.argsort(weights.pre[mine])].reshape(8, 8), cmap="cividis")
        panel.set_axis_off()
    figure.suptitle("What 40 units hear after learning")
    figure.savefig("digits_without_labels.png", dpi=150)
    print("wrote digits_without_labels.png")


if __name__ == "__main__":
    main()
