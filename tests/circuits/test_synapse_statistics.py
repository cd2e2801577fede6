"""Drawn synapses have the moments of their statistics, and the preset those of the paper."""

from dataclasses import fields, replace

import numpy as np
import pytest
from scipy import integrate, stats

from reservoir.circuits import MaassColumn, PairStatistics, Projection
from reservoir.circuits.synapse_statistics import KINDS, PRESETS
from tests.circuits.generators import generator, kinds_of, within_error

MAASS = PRESETS["maass2002"]


@pytest.fixture(scope="module")
def columns():
    return [MaassColumn().draw(generator(seed)) for seed in range(200)]


def moments(mean, variation, upper=np.inf):
    """Mean and deviation of a normal value, drawn anew from [0, 2 mean] where negative, and cut at `upper`."""
    normal = stats.norm(mean, variation * mean)

    def expectation(power):
        def value(x):
            return min(x, upper) ** power

        whole = integrate.quad(lambda x: value(x) * normal.pdf(x), 0, 20 * mean, points=[mean, 2 * mean])[0]
        return whole + normal.cdf(0) * integrate.quad(value, 0, 2 * mean)[0] / (2 * mean)

    return expectation(1), np.sqrt(expectation(2) - expectation(1) ** 2)


@pytest.mark.parametrize("kind", KINDS)
def test_moments_of_the_synapses(columns, kind):
    pair = getattr(MAASS, kind)
    chosen = Projection.joined([circuit.recurrent.select(kinds_of(circuit) == kind) for circuit in columns])
    assert len(chosen) > 1000
    assert (chosen.delay == pair.delay).all() and (chosen.time_constant == pair.time_constant).all()
    expected = {"weight": (pair.weight, abs(pair.weight)), "U": moments(pair.U, 0.5, 1.0)}
    expected |= {name: moments(getattr(pair, name), 0.5) for name in ("D", "F")}
    for name, (mean, deviation) in expected.items():
        values = getattr(chosen, name)
        assert within_error(values, mean, deviation)
        squares = np.square(values - mean)
        assert within_error(squares, deviation**2, squares.std())
    assert stats.kstest(chosen.weight / pair.weight, "expon").pvalue > 1e-6


def test_the_table_of_the_preset():
    """The table of the paper, column by column: C, weight in nA, U, D, F, delay and decay in ms."""
    table = {
        "EE": (0.3, 30, 0.5, 1.1, 0.05, 1.5, 3),
        "EI": (0.2, 60, 0.05, 0.125, 1.2, 0.8, 3),
        "IE": (0.4, -19, 0.25, 0.7, 0.02, 0.8, 6),
        "II": (0.1, -19, 0.32, 0.144, 0.06, 0.8, 6),
    }
    for kind, (C, weight, U, D, F, delay, decay) in table.items():
        pair = PairStatistics(C, weight * 1e-9, delay * 1e-3, decay * 1e-3, U, D, F)
        for field in fields(pair):
            expected = getattr(pair, field.name)
            expected = expected if expected is None else pytest.approx(expected, rel=1e-12)
            assert getattr(getattr(MAASS, kind), field.name) == expected


def test_statistics_of_ones_own():
    same = replace(MAASS.EE, variation=0.0, weight_variation=0.0)
    circuit = MaassColumn(preset=replace(MAASS, EE=same)).draw(generator())
    chosen = circuit.recurrent.select(kinds_of(circuit) == "EE")
    for name in ("weight", "U", "D", "F"):
        assert (getattr(chosen, name) == getattr(MAASS.EE, name)).all()
    narrow = replace(MAASS.EE, weight_variation=0.2)
    drawn = [MaassColumn(preset=replace(MAASS, EE=narrow)).draw(generator(seed)) for seed in range(20)]
    weights = np.concatenate([circuit.recurrent.weight[kinds_of(circuit) == "EE"] for circuit in drawn])
    assert weights.std() == pytest.approx(0.2 * 30e-9, rel=0.05) and weights.mean() == pytest.approx(30e-9, rel=0.02)
    for name, value in [("U", 1.5), ("D", 0), ("weight", np.inf), ("delay", -1e-3), ("probability", 2)]:
        with pytest.raises(ValueError, match=rf"The '{name}' parameter of PairStatistics must be"):
            replace(same, **{name: value})
    for name, value in [("EE", None), ("input_delay", -1), ("input_time_constant", -1)]:
        with pytest.raises(ValueError, match=rf"The '{name}' parameter of SynapseStatistics must be"):
            replace(MAASS, **{name: value})
