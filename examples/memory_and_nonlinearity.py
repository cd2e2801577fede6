"""Memory is paid for with nonlinearity: the louder the input, the less of it is remembered as it was.

Information processing capacity (Dambre, Verstraeten, Schrauwen and Massar 2012, doi:10.1038/srep00514) asks how well a
linear readout of the state gives any function of the past input, and sorts the functions by degree. For a network that
forgets, the sum over all functions is the number of its units, less what hides below the floor. Here 50 tanh units hear
a uniform input at four scalings: at 0.1 half of the capacity is linear memory, at 3 a seventh, and functions of degree
five and seven take its place. Without a bias the answer is an odd function of the input: no even degree holds anything.
"""

import matplotlib.pyplot as plt
import numpy as np

from reservoir import EchoState
from reservoir.probes import information_processing_capacity

N_UNITS, MAX_DEGREE = 50, 7
SCALINGS = (0.1, 0.3, 1.0, 3.0)
COLORS, HATCHES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7"), ("", "//", "..", "xx")


def capacities(scaling):
    """Capacity of each degree (MAX_DEGREE,)."""
    system = EchoState(N_UNITS, spectral_radius=0.95, input_scaling=scaling, bias_scaling=0.0, random_state=1)
    return information_processing_capacity(system, MAX_DEGREE, n_steps=30_000, random_state=2).per_degree


def main():
    found = np.array([capacities(scaling) for scaling in SCALINGS])
    for scaling, degrees in zip(SCALINGS, found, strict=True):
        shares = " ".join(f"{capacity:6.2f}" for capacity in degrees)
        print(f"scaling {scaling:<4g} degrees 1 to {MAX_DEGREE}: {shares}   total {degrees.sum():.2f} of {N_UNITS}")
    figure, axes = plt.subplots(figsize=(6, 3.8), layout="constrained")
    places, bottom = np.arange(len(SCALINGS)), np.zeros(len(SCALINGS))
    for degree, color, hatch in zip(range(1, MAX_DEGREE + 1, 2), COLORS, HATCHES, strict=True):
        heights = found[:, degree - 1]
        axes.bar(places, heights, bottom=bottom, color=color, hatch=hatch, edgecolor="white", label=f"degree {degree}")
        bottom += heights
    axes.axhline(N_UNITS, color="black", linestyle="dotted", label="units")
    axes.set(xticks=places, xticklabels=SCALINGS, xlabel="input scaling", ylabel="capacity")
    axes.set_title("What 50 units hold of their past input")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    figure.savefig("memory_and_nonlinearity.png", dpi=150)
    print("wrote memory_and_nonlinearity.png")


if __name__ == "__main__":
    main()
