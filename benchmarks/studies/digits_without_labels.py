"""Synapses that learn without labels tell digits apart, by the circuit of Diehl and Cook.

Diehl and Cook 2015, doi:10.3389/fncom.2015.00099: pixels fire as Poisson channels, excitatory units hear all of them by
plastic synapses whose sum is kept, each excites an inhibitory unit that holds down all others, and thresholds rise with
spikes. After learning these stand still; a unit gets the label that it has answered most, which then has its vote.

A small version: the 8 x 8 digits of scikit-learn in place of 28 x 28, 60 units in place of 100 to 6400, one pass over
600 images in place of three over 60,000, excitation by currents, numbers of this library's own; the rule is that of
their program, with larger rates. The paper reports 83 % for 100 units (from memory), of other digits. Beside it: first
weights, whose thresholds have learned alike, and readouts with labels, of the spikes and of the pixels.
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


def make_system(A_plus=0.3, A_minus=3e-3):
    """The circuit, which counts spikes; with rates of 0 the weights stay, and thresholds alone learn."""
    rule = Normalised(DiehlCookSTDP(A_plus=A_plus, A_minus=A_minus, w_max=8 * TOTAL / 64), total=TOTAL, every=SHOWN)
    return Microcircuit(
        CIRCUIT, UNITS, encoder=Poisson(80.0), trace=Counts(SHOWN), step=SHOWN, dt=DT, units="E",
        plasticity={"inputs": rule}, random_state=0,
    )  # fmt: skip


def predict(counts, labels, new):
    """Each unit has the digit that it answers most on average; the digit whose units answer most is the prediction."""
    known = np.unique(labels)
    units = known[np.array([counts[labels == digit].mean(axis=0) for digit in known]).argmax(axis=0)]
    named = np.unique(units)
    return named[np.array([new[:, units == digit].mean(axis=1) for digit in named]).argmax(axis=0)]


def read(train, labels, new):
    """The prediction of a linear readout with labels."""
    return RidgeReadout(1.0).fit(train, np.eye(10)[labels]).predict(new).argmax(axis=1)


def measure(system, images, labels, new, truth):
    """Accuracies on new images by labelled units and by a readout of the same spikes, and the spikes."""
    counts, answers = system.fit(images).transform(images), system.transform(new)
    return *((one(counts, labels, answers) == truth).mean() for one in (predict, read)), counts


def main(n_training=N_TRAINING, n_test=N_TEST):
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))[: n_training + n_test]
    images, labels = digits.data[order] / 16, digits.target[order]
    data = images[:n_training], labels[:n_training], images[n_training:], labels[n_training:]
    learned, first = make_system(), make_system(0.0, 0.0)
    for name, system in (("learned", learned), ("first weights", first)):
        accuracy, by_readout, counts = measure(system, *data)
        print(f"{name}: {accuracy:.3f} by labelled units, {by_readout:.3f} by a readout with labels; "
              f"{counts.sum(axis=1).mean():.1f} spikes an image")  # fmt: skip
    print(f"a readout of the pixels: {(read(*data[:3]) == data[3]).mean():.3f}; chance 0.1")
    part, heard = learned.circuit_.inputs, np.zeros((N_UNITS, 8, 8))
    heard[part.post, part.pre // 8, part.pre % 8] = part.weight
    side_by_side = np.block([list(heard[row : row + 10]) for row in range(0, N_UNITS, 10)])
    plt.imsave("digits_without_labels.png", np.kron(side_by_side, np.ones((8, 8))), cmap="cividis")
    print("wrote digits_without_labels.png")


if __name__ == "__main__":
    main()
