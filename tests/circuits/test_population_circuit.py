"""Populations, the rules that connect them, and numbers of synapses that are given, listed or drawn."""

import tracemalloc

import numpy as np
import pytest
from scipy.stats import bernoulli, expon, gamma, norm, uniform
from sklearn.base import clone

import reservoir
from reservoir import LiquidState, topologies
from reservoir.circuits import Circuit, Connection, MaassColumn, PoissonBackground, Population, PopulationCircuit
from reservoir.circuits.synapse_statistics import PRESETS
from tests.circuits.generators import generator, within_error

CURRENT = {"weight": 1e-9, "delay": 1.5e-3, "time_constant": 5e-3}
DYNAMIC = {"U": 0.5, "D": 0.2, "F": uniform(0.01, 0.1)}
RULES = {
    "probability": {"probability": 0.2},
    "in_degree": {"in_degree": 7},
    "most of them": {"in_degree": 17},
    "all_to_all": {"graph": "all_to_all"},
    "topology": {"graph": topologies.Random(4)},
}
E, I = Population(20), Population(10, excitatory=False)


def a_circuit(populations=None, n_inputs=3, seed=0, **connections):
    return PopulationCircuit(populations or {"E": E, "I": I}, connections).draw(generator(seed), n_inputs)


def pairs_of(part):
    return set(zip(part.pre.tolist(), part.post.tolist(), strict=True))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("allow_self", [False, True])
def test_within_a_population(rule, allow_self):
    part = a_circuit(a=Connection("E", "E", **RULES[rule], **CURRENT, allow_self=allow_self)).projection("a")
    pairs = pairs_of(part)
    assert len(pairs) == len(part) and max(part.pre) < 20 and max(part.post) < 20
    assert allow_self or all(pre != post for pre, post in pairs)
    assert np.array_equal(np.lexsort((part.post, part.pre)), np.arange(len(part)))
    if rule in ("in_degree", "most of them"):
        assert set(np.bincount(part.post, minlength=20)) == {RULES[rule]["in_degree"]}
    if rule == "all_to_all":
        assert len(pairs) == 20 * (20 if allow_self else 19)


def test_between_populations():
    circuit = a_circuit(
        EI=Connection("E", "I", probability=0.3, **CURRENT),
        IE=Connection("I", "E", in_degree=4, **CURRENT),
        all=Connection("I", "E", graph="all_to_all", **CURRENT),
        recurrent=Connection("I", "I", graph="one_to_one", **CURRENT),
        inputs=Connection("inputs", "I", graph="all_to_all", **CURRENT),
        more=Connection("inputs", "E", in_degree=2, **CURRENT),
    )
    assert [part.name for part in circuit.pathways()] == ["recurrent", "inputs", "EI", "IE", "all", "more"]
    assert circuit.projection("EI").pre.max() < 20 <= circuit.projection("EI").post.min()
    assert circuit.projection("IE").pre.min() >= 20 and set(np.bincount(circuit.projection("IE").post)) == {4}
    assert len(circuit.projection("all")) == 200 and len(circuit.inputs) == 30
    assert pairs_of(circuit.recurrent) == {(unit, unit) for unit in range(20, 30)}
    assert (circuit.projection("IE").weight == -1e-9).all() and (circuit.inputs.weight == 1e-9).all()
    assert circuit.population("I").sum() == 10 and circuit.positions is None and circuit.background is None


def test_probabilities_and_degrees_are_those_asked_for():
    numbers, pairs = [], np.zeros((20, 20))
    for seed in range(60):
        circuit = a_circuit(
            seed=seed,
            p=Connection("E", "E", probability=0.2, **CURRENT),
            k=Connection("E", "E", in_degree=5, **CURRENT),
        )
        numbers.append(len(circuit.projection("p")))
        np.add.at(pairs, (circuit.projection("k").pre, circuit.projection("k").post), 1)
    assert within_error(numbers, 380 * 0.2, np.sqrt(380 * 0.2 * 0.8))
    others, share = pairs[~np.eye(20, dtype=bool)], 5 / 19
    assert within_error(others, 60 * share, np.sqrt(60 * share * (1 - share)))
    assert np.abs(others - 60 * share).max() < 6 * np.sqrt(60 * share * (1 - share))


def test_numbers_are_given_listed_or_drawn():
    drawn = Connection(
        "E", "I", graph="all_to_all", weight=gamma(2, scale=1e-9), delay=bernoulli(0.5), time_constant=0.01, **DYNAMIC
    )
    part = a_circuit(a=drawn).projection("a")
    assert len(np.unique(part.weight)) == 200 and within_error(part.weight, 2e-9, 1.5e-9)
    assert set(part.delay) == {0.0, 1.0} and (part.U == 0.5).all() and (part.F >= 0.01).all() and part.dynamic
    listed = Connection("I", "E", graph="all_to_all", **CURRENT | {"weight": np.arange(200) * 1e-9, "reversal": -0.08})
    part = a_circuit(a=listed).projection("a")
    np.testing.assert_array_equal(part.weight, -np.arange(200) * 1e-9)
    assert np.signbit(part.weight[0]) and (part.reversal == -0.08).all()


def test_each_projection_draws_for_itself():
    one = {"a": Connection("E", "E", probability=0.3, **CURRENT), "b": Connection("E", "I", probability=0.3, **CURRENT)}
    other = {"a": clone(one["a"]).set_params(probability=0.1), "b": one["b"]}
    assert a_circuit(**one).projection("b").equals(a_circuit(**other).projection("b"))
    assert a_circuit(**one).equals(a_circuit(**one)) and not a_circuit(**one).equals(a_circuit(seed=1, **one))


def test_spikes_take_time_on_their_way():
    places = generator().normal(size=(30, 3))
    populations = {
        "E": Population(20, positions=places[:20]),
        "I": Population(10, excitatory=False, positions=places[20:]),
    }
    part = a_circuit(populations, a=Connection("E", "I", probability=0.5, **CURRENT, velocity=100.0)).projection("a")
    way = np.linalg.norm(places[part.pre] - places[part.post], axis=1)
    np.testing.assert_allclose(part.delay, 1.5e-3 + way / 100, rtol=1e-12)
    np.testing.assert_array_equal(a_circuit(populations).positions, places)
    half = {"E": populations["E"], "I": I}
    assert a_circuit(half).positions is None
    assert len(a_circuit(half, a=Connection("E", "E", in_degree=1, **CURRENT, velocity=1e3)).projection("a")) == 20
    for given, target in ((half, "I"), (None, "E")):
        with pytest.raises(ValueError, match="The 'velocity' parameter of Connection must be None where"):
            a_circuit(given, a=Connection("E", target, probability=0.5, **CURRENT, velocity=1e3))


def test_background_by_population():
    heard = PoissonBackground([8000.0], 9e-11, 5e-4, 1e-10)
    circuit = a_circuit({"E": Population(3, background=heard), "I": Population(2, excitatory=False)})
    np.testing.assert_allclose(circuit.background.mean, [*heard.mean] * 3 + [0, 0])
    each = PoissonBackground([1.0, 2.0], 1e-9, 1e-3)
    assert a_circuit({"a": Population(1), "b": Population(2, background=each)}).background.rate.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="The 'background' parameter of Population must be"):
        a_circuit({"E": Population(3, background=each)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"probability": 0.1, "in_degree": 3}, "'in_degree' parameter of Connection must be one of probability"),
        ({}, "'probability' parameter of Connection must be one of probability"),
        ({"probability": 1.5}, "'probability' parameter of Connection"),
        ({"in_degree": 20}, "'in_degree' parameter of Connection must be an integer in"),
        ({"in_degree": 1.5}, "'in_degree' parameter of Connection"),
        ({"graph": "ring"}, "'graph' parameter of Connection"),
        ({"graph": 3}, "'graph' parameter of Connection"),
        (
            {"graph": "one_to_one", "target": "I"},
            "'graph' parameter of Connection must be one that connects 20 with 10",
        ),
        ({"probability": 0.5, "source": "X"}, "'source' parameter of Connection"),
        ({"probability": 0.5, "target": "inputs"}, "'target' parameter of Connection"),
        ({"probability": 0.5, "weight": -1e-9}, "'weight' parameter of Connection must be magnitudes"),
        ({"probability": 0.5, "weight": norm(0, 1e-9)}, "'weight' parameter of Connection must be a distribution of"),
        ({"source": "I", "probability": 0.5, "weight": norm(0, 1e-9)}, "'weight' parameter of Connection"),
        (
            {"probability": 0.5, "weight": [1e-9]},
            r"'weight' parameter of Connection must be finite numbers of shape \(",
        ),
        ({"probability": 0.5, "delay": norm(0, 1e-3)}, "'delay' parameter of Connection must be finite numbers >= 0"),
        (
            {"probability": 0.5, "time_constant": -1e-3},
            "'time_constant' parameter of Connection must be finite numbers >= 0",
        ),
        ({"probability": 0.5, "U": 0.5}, "'U' parameter of Projection must be given together"),
        ({"probability": 0.5, "U": 2, "D": 1, "F": 1}, "'U' parameter of Connection must be"),
    ],
)
def test_what_a_connection_refuses(change, message):
    given = {"source": "E", "target": "E", **CURRENT} | change
    with pytest.raises(ValueError, match=message):
        a_circuit(a=Connection(given.pop("source"), given.pop("target"), **given))


NO_POPULATIONS = (
    {},
    None,
    {"inputs": E},
    {"a__b": E},
    {"a": 3},
    {"a": Population(0)},
    {"a": Population(2, excitatory=1)},
)


@pytest.mark.parametrize("populations", [*NO_POPULATIONS, {"I": E}])
def test_what_is_no_population_is_refused(populations):
    with pytest.raises(ValueError, match=r"parameter of (PopulationCircuit|Population|Circuit) must be"):
        PopulationCircuit(populations, {}).draw(generator())
    with pytest.raises(ValueError, match="The 'projections' parameter of PopulationCircuit must be"):
        PopulationCircuit({"a": E}, {"x": None}).draw(generator())


def test_memory_grows_with_the_synapses():
    """1e4 units at 1 %: no array of all pairs."""
    big = {"E": Population(8000), "I": Population(2000, excitatory=False)}
    sparse = {"probability": 0.01, **CURRENT}
    circuit = PopulationCircuit(big, {"EE": Connection("E", "E", **sparse), "IE": Connection("I", "E", **sparse)})
    tracemalloc.start()
    drawn = circuit.draw(generator(), 1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    n_synapses = len(drawn.projection("EE")) + len(drawn.projection("IE"))
    assert within_error(n_synapses, 8e5, np.sqrt(8e5)) and peak < 200 * n_synapses


def test_a_search_and_a_liquid_reach_every_part():
    circuit = PopulationCircuit({"E": E, "I": I}, {"in": Connection("inputs", "E", graph="all_to_all", **CURRENT)})
    liquid = LiquidState(circuit, random_state=0)
    liquid.set_params(circuit__projections__in__weight=60e-9, circuit__populations__E__n_units=12)
    fitted = clone(liquid).fit(np.linspace(0, 1, 20).reshape(-1, 1))
    assert fitted.circuit_.n_units == 22 and (fitted.circuit_.projection("in").weight == 60e-9).all()
    assert isinstance(fitted.circuit_, Circuit) and fitted.transform(np.ones((20, 1))).max() > 0


def test_distributions_are_saved(tmp_path):
    wired = Connection(
        "inputs", "E", in_degree=1, **CURRENT | {"delay": uniform(0, scale=2e-3), "weight": gamma(2, 0, 1e-8)}
    )
    liquid = LiquidState(PopulationCircuit({"E": E}, {"a": wired}), random_state=0).fit(
        np.linspace(0, 1, 20).reshape(-1, 1)
    )
    reservoir.save(liquid, tmp_path / "liquid")
    again = reservoir.load(tmp_path / "liquid")
    assert again.circuit_.equals(liquid.circuit_) and again.circuit.projections["a"].delay.kwds == {"scale": 2e-3}
    assert again.fit(np.linspace(0, 1, 20).reshape(-1, 1)).circuit_.equals(liquid.circuit_)


# The same in the preset of other generators


def test_numbers_of_a_preset_may_be_drawn():
    from dataclasses import replace

    plain = PRESETS["maass2002"]
    EE = replace(plain.EE, delay=uniform(1e-3, 1e-3), weight=expon(scale=2e-8), U=uniform(0.1, 0.2), velocity=1000.0)
    statistics = replace(plain, EE=EE, input_to_excitatory=norm(2e-8, 1e-9), input_delay=uniform(0, 1e-3))
    circuit = MaassColumn((6, 5, 5), preset=statistics).draw(generator(), 3)
    part, excitatory = circuit.recurrent, circuit.excitatory
    among = excitatory[part.pre] & excitatory[part.post]
    way = np.linalg.norm(circuit.positions[part.pre] - circuit.positions[part.post], axis=1) / 1000
    rest = (part.delay - way)[among]
    assert rest.min() >= 1e-3 - 1e-9 and rest.max() <= 2e-3 + 1e-9 and len(np.unique(rest)) > 100
    assert (part.U[among] <= 0.3).all() and set(part.delay[~among]) == {0.8e-3}
    assert len(np.unique(circuit.inputs.weight[excitatory[circuit.inputs.post]])) > 20
    assert len(np.unique(circuit.inputs.delay)) == len(circuit.inputs)
    with pytest.raises(ValueError, match="The 'delay' parameter of PairStatistics must be finite numbers >= 0"):
        MaassColumn(preset=replace(plain, EE=replace(plain.EE, delay=norm(0, 1e-3)))).draw(generator())


def test_a_variable_for_each_synapse_may_be_too_many():
    """A time constant for each of 1e5 synapses would be as many variables in each of 1e4 units."""
    big = {"E": Population(100_000)}
    many = Connection("E", "E", in_degree=1, **CURRENT | {"time_constant": uniform(1e-3, 1e-2), "delay": 0.5})
    circuit = PopulationCircuit(big, {"a": many}).draw(generator(), 0)
    with pytest.raises(ValueError, match="The 'circuit' parameter of simulate must be small enough for the memory"):
        reservoir.simulate(circuit, currents=np.zeros((1, 100_000)))
