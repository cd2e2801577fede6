"""Well-formed model files whose arrays and numbers do not fit together, or whose texts are code."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline

from reservoir import EchoState, LiquidState, ReservoirRegressor, save
from reservoir.circuits import MaassColumn, Projection
from reservoir.models import Shares
from reservoir.neurons.rate import EdgeOfStability, Euler
from reservoir.persistence import registry
from reservoir.readouts import ParallelPerceptronClassifier, RecursiveLeastSquares, RidgeReadout
from reservoir.rnn import RNNRegressor
from reservoir.spikes import GaussianReceptiveFields
from reservoir.systems import NVAR, Bidirectional, Chain, Delays, EchoStateLanes, Reversed, SideBySide
from reservoir.topologies import Hadamard, Random
from spiking import STDP, Microcircuit
from tests.loops import looped
from tests.persistence import saved_models
from tests.persistence.hostile_files import changed, part, refused
from tests.persistence.saved_models import SERIES, TARGETS

pytestmark = pytest.mark.filterwarnings("ignore:.*iterations")


def _edit(model, name, edit):
    """A change to the arrays of the last part of a class, by the name under which it holds them."""

    def change(tree, arrays):
        holder = part(tree, name)
        named = {**holder["parameters"], **holder["attributes"]}
        edit(named, arrays)

    return model, change


def _set(key, function):
    def edit(named, arrays):
        index = named[key]["array"]
        arrays[index] = function(arrays[index])

    return edit


def _set_sparse(place, function):
    def edit(named, arrays):
        index = named["W_"]["sparse"][place]
        arrays[index] = function(arrays[index])

    return edit


def _set_own(function):
    """A change to the matrix that a unit drew."""

    def edit(named, arrays):
        ((_, held),) = named["unit_matrices_"]["dict"]
        arrays[held["array"]] = function(arrays[held["array"]])

    return edit


def _bumped(place, value):
    def bump(array):
        changed = array.copy()
        changed.flat[place] = value
        return changed

    return bump


def _echo(**options):
    return EchoState(12, random_state=0, **options).fit(SERIES)


def _liquid(**options):
    return LiquidState(MaassColumn((3, 2, 2)), random_state=0, **options).fit(SERIES)


def _liquid_of_fields():
    return _liquid(encoder=GaussianReceptiveFields(3))


def _forecaster():
    return looped(EchoState(9, random_state=0), washout=5).fit(SERIES)


def _replaced(key, value):
    def edit(named, arrays):
        arrays.append(np.asarray(value))
        named[key]["array"] = len(arrays) - 1

    return edit


def _taught(key, value):
    """A forecaster whose lessons are others."""

    def change(tree, arrays):
        part(tree, "Lessons")["parameters"][key] = value

    return _forecaster(), change


ASTRAY = {
    "bias": lambda: _edit(_echo(), "EchoState", _set("bias_", lambda a: a[:-1])),
    "bias type": lambda: _edit(_echo(), "EchoState", _set("bias_", lambda a: a.astype("f4"))),
    "inputs": lambda: _edit(_echo(), "EchoState", _set("W_in_", lambda a: a[:, :1])),
    "delays": lambda: _edit(_echo(delay=3), "EchoState", _set("delays_", lambda a: a[:-1])),
    "no delay": lambda: _edit(_echo(delay=3), "EchoState", _set("delays_", _bumped(0, -3))),
    "endless delay": lambda: _edit(_echo(delay=3), "EchoState", _set("delays_", _bumped(0, 2**60))),
    "leak": lambda: _edit(_echo(leak=np.ones(12)), "LeakyIntegrator", _set("leak", lambda a: a[:3])),
    "turn": lambda: _edit(_echo(unit=EdgeOfStability()), "EchoState", _set_own(lambda a: a[:3])),
    "turn type": lambda: _edit(_echo(unit=EdgeOfStability()), "EchoState", _set_own(lambda a: a.astype("f4"))),
    "weights": lambda: _edit(_echo(), "CirculantMatrix", _set("weights", lambda a: a[:, :-1])),
    "offsets": lambda: _edit(_echo(), "CirculantMatrix", _set("offsets", lambda a: a[:-1])),
    "order": lambda: _edit(_echo(topology=Hadamard()), "HadamardMatrix", _set("order", _bumped(0, 10**6))),
    "order twice": lambda: _edit(_echo(topology=Hadamard()), "HadamardMatrix", _set("order", lambda a: a * 0)),
    "column": lambda: _edit(_echo(topology=Random(3)), "EchoState", _set_sparse(3, _bumped(0, 12))),
    "negative column": lambda: _edit(_echo(topology=Random(3)), "EchoState", _set_sparse(3, _bumped(0, -1))),
    "row": lambda: _edit(_echo(topology=Random(3)), "EchoState", _set_sparse(4, _bumped(5, 10**6))),
    "last row": lambda: _edit(_echo(topology=Random(3)), "EchoState", _set_sparse(4, _bumped(-1, 10**6))),
    "post": lambda: _edit(_liquid(), "Projection", _set("post", _bumped(0, 12))),
    "pre": lambda: _edit(_liquid(), "Projection", _set("pre", _bumped(0, 10**9))),
    "negative pre": lambda: _edit(_liquid(), "Projection", _set("pre", _bumped(0, -1))),
    "delay": lambda: _edit(_liquid(), "Projection", _set("delay", _bumped(0, 1e9))),
    "delay nan": lambda: _edit(_liquid(), "Projection", _set("delay", _bumped(0, np.nan))),
    "variables": lambda: _edit(_liquid(), "LiquidState", _set("variables", lambda a: np.vstack([a, a]))),
    "columns": lambda: _edit(_forecaster(), "Feedback", _replaced("channels", [0, 7])),
    "drivers": lambda: _edit(_forecaster(), "Hearing", _replaced("drivers", [7])),
    "rows ahead": lambda: _edit(_forecaster(), "Lessons", _replaced("ahead", [0])),
    "lags": lambda: _taught("lags", 10**15),
    "no horizon": lambda: _taught("horizon", 0),
    "range": lambda: _edit(_forecaster(), "ReservoirForecaster", _set("training_range_", lambda a: np.vstack([a, a]))),
    "coef": lambda: _edit(Ridge().fit(SERIES, TARGETS), "Ridge", _set("coef_", lambda a: a[:, :1])),
    "state of a stream": lambda: _edit(_stream(), "RegressorStream", _set("state", lambda a: a[:-1])),
    "state that is lost": lambda: _edit(_stream(), "RegressorStream", _set("state", lambda a: a * np.nan)),
    "thresholds of counts": lambda: _edit(_pooled().stream(SERIES), "Counts", _set("above", lambda a: a[:1])),
    "units of counts": lambda: _edit(_pooled().stream(SERIES), "Counts", _set("highest", lambda a: a[:-1])),
    "window of a stream": lambda: _edit(
        _pooled().stream(SERIES), "SequenceStream", _set("window", lambda a: a[1:, 1:])
    ),
    "tail of a stream": lambda: _edit(_forecaster().stream(), "ForecasterStream", _set("tail", lambda a: a[:, :1])),
    "rows of a stream": lambda: _edit(_forecaster().stream(), "ForecasterStream", _set("tail", lambda a: a[:0])),
    "level of a stream": lambda: _edit(_forecaster().stream(), "ForecasterStream", _set("level", lambda a: a[:0])),
    "columns of poolings": lambda: _edit(_pooled(), "Joined", _set("widths_", lambda a: a + 1)),
    "scale of poolings": lambda: _edit(_pooled(), "Joined", _set("scale_", lambda a: a * 0)),
    "network": lambda: _edit(_rnn(), "RNNRegressor", _set("vector", lambda a: a[:-1])),
    "rows that are not wide": lambda: _edit(_wide(), "WideRows", _set("X", lambda a: a[:, :3])),
    "blocks beyond the wide rows": lambda: _edit(_wide(), "WideRows", _set("ends", lambda a: a + 7)),
    "a row held out of none": lambda: _edit(
        RidgeReadout("loo", alphas=[1.0]).fit(SERIES, TARGETS), "HeldOutRows", _set("weights", lambda a: a * 0)
    ),
    "moments": lambda: _edit(RidgeReadout().fit(SERIES, TARGETS), "Moments", _set("xx", lambda a: a[:1, :1])),
}


def _stream():
    return ReservoirRegressor(EchoState(12, random_state=0)).fit(SERIES, TARGETS).stream(SERIES)


def _pooled():
    model = ReservoirRegressor(EchoState(12, random_state=0), pooling=["max", Shares(2, random_state=0)])
    return model.fit(saved_models.STACK, np.arange(6.0))


def _pair():
    return SideBySide([("one", EchoState(12, random_state=0)), ("two", Reversed(EchoState(5)))]).fit(SERIES)


def _chain():
    return Chain([Delays(3), EchoState(12, random_state=0)]).fit(SERIES)


def _both():
    return Bidirectional(EchoState(12, random_state=0)).fit(SERIES)


def _nvar():
    return NVAR().fit(SERIES)


def _wide():
    return RidgeReadout(1.0).fit(np.random.default_rng(0).normal(size=(5, 40)), np.arange(5.0))


def _rnn():
    return RNNRegressor(hidden_layer_sizes=4, max_iter=1, tol=None, random_state=0).fit(SERIES, TARGETS)


@pytest.mark.parametrize("name", ASTRAY)
def test_arrays_that_lead_astray_are_refused(name, tmp_path):
    model, change = ASTRAY[name]()
    refused(changed(model, tmp_path / "model", change))


def _with_attribute(name, **changes):
    def change(tree, arrays):
        holder = part(tree, name)
        for key, value in changes.items():
            (holder["attributes"] if key in holder["attributes"] else holder["parameters"])[key] = value

    return change


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (_liquid, _with_attribute("Circuit", n_inputs=1)),
        (_liquid, _with_attribute("Circuit", n_inputs=10**13)),
        (_liquid, _with_attribute("LiquidState", dt=1e-300)),
        (_liquid, _with_attribute("LiquidState", _n_features_out=13)),
        (_liquid, _with_attribute("LiquidState", n_features_in_=1)),
        (
            lambda: _liquid(encoder=GaussianReceptiveFields(3)),
            _with_attribute("GaussianReceptiveFields", n_fields=10**9),
        ),
        (_echo, _with_attribute("EchoState", n_features_in_=3)),
        (_echo, _with_attribute("EchoState", _noise_seed=-1)),
        (_echo, _with_attribute("EchoState", activation="code")),
        (_echo, _with_attribute("LeakyIntegrator", activation="code")),
        (lambda: _echo(unit=Euler()), _with_attribute("Euler", step=-1.0)),
        (lambda: _echo(unit=EdgeOfStability()), _with_attribute("EchoState", unit_matrices_={"dict": []})),
        (_pair, _with_attribute("SideBySide", _n_features_out=16)),
        (_pair, _with_attribute("SideBySide", n_features_in_=3)),
        (_pair, _with_attribute("Reversed", n_features_in_=1)),
        (_chain, _with_attribute("Chain", n_features_in_=3)),
        (_chain, _with_attribute("Chain", _n_features_out=13)),
        (_chain, _with_attribute("Delays", n_features_in_=3)),
        (_chain, _with_attribute("Delays", _n_features_out=7)),
        (_chain, _with_attribute("Chain", _loops=[[0, 2]])),
        (_both, _with_attribute("Bidirectional", _n_features_out=10)),
        (_nvar, _with_attribute("NVAR", _n_features_out=13)),
        (_both, _with_attribute("Bidirectional", n_features_in_=3)),
        (_nvar, _with_attribute("NVAR", n_features_in_=3)),
        (_rnn, _with_attribute("RNNRegressor", sizes=[10**9])),
        (_rnn, _with_attribute("RNNRegressor", sizes=[4] * 5000)),
        (_rnn, _with_attribute("RNNRegressor", sizes=[9])),
        (_rnn, _with_attribute("RNNRegressor", n_features_in_=3)),
        (_rnn, _with_attribute("RNNRegressor", n_outputs=10**9)),
        (_rnn, _with_attribute("RNNRegressor", bidirectional=True)),
    ],
)
def test_numbers_that_lead_astray_are_refused(make, change, tmp_path):
    refused(changed(make(), tmp_path / "model", change))


def test_readouts_for_other_features_or_classes_are_refused(tmp_path):
    rows = RecursiveLeastSquares().fit(SERIES, TARGETS)
    refused(changed(rows, tmp_path / "model", _with_attribute("RecursiveLeastSquares", n_features_in_=1)))
    model = ParallelPerceptronClassifier(3, random_state=0).fit(SERIES, np.digitize(SERIES[:, 0], [-0.5, 0.5]))
    refused(changed(model, tmp_path / "model", _fewer_classes))


def _fewer_classes(tree, arrays):
    arrays.append(np.array([0, 1]))
    part(tree, "ParallelPerceptronClassifier")["attributes"]["classes_"] = {"array": len(arrays) - 1}


def test_lanes_whose_reservoir_hears_other_features_are_refused(tmp_path):
    lanes = EchoStateLanes(EchoState(6, random_state=0), [{"leak": 0.5}]).fit(SERIES)
    refused(changed(lanes, tmp_path / "model", _with_attribute("EchoStateLanes", n_features_in_=1)), "other features")


@pytest.mark.parametrize("readout", [RidgeReadout(), RecursiveLeastSquares()])
def test_one_intercept_for_two_outputs_is_refused(readout, tmp_path):
    name = type(readout).__name__
    model = readout.fit(SERIES, TARGETS)
    refused(changed(model, tmp_path / "model", _with_attribute(name, intercept_=0.5)), "other outputs")


def test_no_file_names_a_folder_of_pickles(tmp_path):
    model = Pipeline([("model", EchoState())])
    refused(changed(model, tmp_path / "model", _with_attribute("Pipeline", memory="/tmp/cache")), "memory")
    with pytest.raises(ValueError, match="memory"):
        save(model.set_params(memory="/tmp/cache"), tmp_path / "other")


def test_states_of_generators_are_not_trusted(tmp_path):
    def change(tree, arrays):
        pairs = tree["parts"][-1]["parameters"]["random_state"]["random"][1]["dict"]
        state = next(value["dict"] for key, value in pairs if key == "state")
        inner = next(value["dict"] for key, value in state if key == "state")
        next(pair for pair in inner if pair[0] == "pos")[1] = 10**6

    for source in (np.random.RandomState(0), np.random.Generator(np.random.MT19937(0))):
        refused(changed(EchoState(random_state=source), tmp_path / "model", change), "random generator")


@pytest.mark.parametrize("text", ["x = __import__('os')", "1*volt", "v : 1\nrest"])
@pytest.mark.parametrize("name", [name for name in registry.REGISTRY if name.rpartition(".")[0] == "reservoir.neurons"])
def test_no_text_reaches_the_equations_of_a_neuron(name, text, tmp_path):
    neuron = saved_models.unfitted()[name]
    for key in neuron.get_params():
        model = Microcircuit(neuron=neuron, plasticity={"recurrent": STDP()})
        refused(changed(model, tmp_path / "model", _with_attribute(name.rpartition(".")[2], **{key: text})), key)


def test_no_text_reaches_the_equations_of_a_rule(tmp_path):
    for name, rule in saved_models.unfitted().items():
        if name.startswith("reservoir.plasticity."):
            for key in rule.get_params():
                change = _with_attribute(name.rpartition(".")[2], **{key: "w = 0"})
                refused(changed(Microcircuit(plasticity={"inputs": rule}), tmp_path / "model", change), key)
    refused(changed(Microcircuit(), tmp_path / "model", _with_attribute("Microcircuit", codegen="bash")), "codegen")


def test_a_word_that_is_no_choice_is_refused_by_its_rule():
    """A file may hold a bare word where the default is one; it must not get into the text of the rule."""
    ring, asked = Projection([0, 1], [1, 0], 3e-8, 1e-3, 3e-3, 0.5, 0.5, 0.1), 0
    for name, rule in saved_models.unfitted().items():
        for key, value in rule.get_params(deep=False).items() if name.startswith("reservoir.plasticity.") else ():
            if isinstance(value, str):
                with pytest.raises(ValueError, match=f"'{key}' parameter of .* must be one of"):
                    clone(rule).set_params(**{key: "w_max"}).rule(ring)
                asked += 1
    assert asked >= 2


def test_the_names_of_the_registry_that_are_repeated_there_are_those_of_the_rooms():
    from spiking.execution import CODEGEN

    assert all(registry.REGISTRY["spiking.Microcircuit"].parameters["codegen"].fits(word, {}) for word in CODEGEN)
