"""Parameters of types of cells, by the names that the field gives these, for `of_type` of the units.

They are the sets that textbooks and tutorials hand on; tests ask for the pattern that gives a type its name.
"""

from __future__ import annotations

from collections.abc import Mapping

from reservoir.validation import check_choice

# a, b in 1 / second, c in volts, d in volts per second
IZHIKEVICH = {
    "RS": {"a": 20.0, "b": 200.0, "c": -0.065, "d": 8.0},
    "IB": {"a": 20.0, "b": 200.0, "c": -0.055, "d": 4.0},
    "CH": {"a": 20.0, "b": 200.0, "c": -0.050, "d": 2.0},
    "FS": {"a": 100.0, "b": 200.0, "c": -0.065, "d": 2.0},
    "LTS": {"a": 20.0, "b": 250.0, "c": -0.065, "d": 2.0},
    "TC": {"a": 20.0, "b": 250.0, "c": -0.065, "d": 0.05},
    "RZ": {"a": 100.0, "b": 260.0, "c": -0.065, "d": 2.0},
}

# time constant of the membrane in seconds, a in siemens, time constant of w in seconds, b in amperes, reset in volts
_ADEX = {
    "tonic": (0.020, 0.0, 0.030, 60e-12, -0.055),
    "adapting": (0.020, 0.0, 0.100, 5e-12, -0.055),
    "initial burst": (0.005, 0.5e-9, 0.100, 7e-12, -0.051),
    "bursting": (0.005, -0.5e-9, 0.100, 7e-12, -0.046),
}
_RESISTANCE = 500e6  # ohms
ADEX = {
    name: {
        "capacitance": tau / _RESISTANCE,
        "leak_conductance": 1 / _RESISTANCE,
        "rest": -0.070,
        "threshold": -0.050,
        "slope": 0.002,
        "time_constant_w": tau_w,
        "a": a,
        "b": b,
        "reset": reset,
        "initial": -0.070,
    }
    for name, (tau, a, tau_w, b, reset) in _ADEX.items()
}

# volts, siemens of calcium, 1 / second
MORRIS_LECAR = {
    "I": {"calcium_conductance": 40e-9, "V3": 0.012, "V4": 0.0174, "phi": 66.7},
    "II": {"calcium_conductance": 44e-9, "V3": 0.002, "V4": 0.03, "phi": 40.0},
}


def parameters_of(owner: str, cell_type: str, known: Mapping[str, dict[str, float]]) -> dict[str, float]:
    """The parameters of a type."""
    return known[check_choice(owner, "cell_type", cell_type, tuple(known))]
