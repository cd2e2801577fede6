"""Models in files: what is saved comes back the same, in another process too, and what cannot be is refused whole."""

import copy
import importlib
import json
import os
import pickle
import stat
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline

from reservoir import (
    DeepEchoState,
    EchoState,
    LiquidState,
    ReservoirClassifier,
    ReservoirRegressor,
    load,
    save,
)
from reservoir.circuits import MaassColumn, PairStatistics, Projection
from reservoir.model_selection import ReservoirSearchCV
from reservoir.models import ModelSpace
from reservoir.neurons import LIF
from reservoir.persistence import describe
from reservoir.persistence.registry import REGISTRY
from reservoir.plasticity import STDP, InhibitorySTDP, Normalised, ReadoutReward
from reservoir.readouts import RidgeReadout
from reservoir.spikes import Exponential
from reservoir.topologies import Graph
from reservoir.whole_files import NoRegularFileError
from tests.house.exports import exported_classes
from tests.loops import looped
from tests.persistence import saved_models
from tests.persistence.hostile_files import changed, part, put_together, taken_apart
from tests.persistence.saved_models import NOT_KEPT, RECORDS, SERIES, answers, difference

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def learned():
    return saved_models.fitted()


@pytest.fixture(scope="module")
def examples(learned):
    return {name: example.model for name, example in learned.items()}


@pytest.fixture(scope="module")
def folder(examples, tmp_path_factory):
    """A folder with a file for every example, and what each answers."""
    folder = tmp_path_factory.mktemp("models")
    for name, model in examples.items():
        save(model, folder / name)
    for name, model in examples.items():
        np.savez(folder / f"{name}.npz", *answers(model))
    return folder


def there_and_back(model, tmp_path):
    save(model, tmp_path / "model")
    return load(tmp_path / "model")


def test_every_public_class_is_registered():
    places = [name.rpartition(".") for name in REGISTRY]
    kinds = {getattr(importlib.import_module(module), name) for module, _, name in places}
    missing = [
        f"{module}.{name}"
        for kind, (module, name) in exported_classes(*RECORDS).items()
        if kind not in kinds and name not in NOT_KEPT
    ]
    assert not missing, (
        f"No model file keeps {', '.join(missing)}. Add to reservoir/persistence/registry.py the room (_ROOMS) or the "
        "name (REGISTRY), or to tests/persistence/saved_models.py the name, with a reason (NOT_KEPT)."
    )


def test_every_class_that_learns_has_an_example(folder):
    seen = set()
    for path in folder.iterdir():
        if path.suffix != ".npz":
            parts = json.loads(zipfile.ZipFile(path).read("model.json"))["parts"]
            seen |= {part["class"] for part in parts if part["attributes"] or not REGISTRY[part["class"]].attributes}
    missing = {name for name, entry in REGISTRY.items() if entry.attributes or entry.rebuild} - seen
    assert not missing, f"No example of tests/persistence/saved_models.py holds a fitted {', '.join(sorted(missing))}."


@pytest.mark.parametrize("name", saved_models.unfitted())
def test_unfitted_parts_come_back(name, tmp_path):
    part = saved_models.unfitted()[name]
    found = there_and_back(part, tmp_path)
    assert not difference(found, part)
    assert difference(clone(found).get_params(), found.get_params()) == ""


def test_everything_comes_back(examples, folder):
    """All that is held, compiled forms and states of the training too; parameters, clones, answers."""
    for name, model in examples.items():
        found = load(folder / name)
        assert not difference(found, model), name
        assert not difference(answers(found), answers(model)), name
        cloned = clone(found)
        assert not difference(cloned.get_params(), clone(model).get_params()), name


def test_the_same_answers_in_a_new_process(examples, folder):
    code = """if True:
        import sys, numpy as np
        from reservoir import load
        folder, names = sys.argv[1], sys.argv[2:]
        loaded = {name: load(f"{folder}/{name}") for name in names}
        from tests.persistence.saved_models import answers
        for name, model in loaded.items():
            known = np.load(f"{folder}/{name}.npz", allow_pickle=True)
            for mine, its in zip(answers(model), known.values(), strict=True):
                assert mine.dtype == its.dtype and mine.tolist() == its.tolist(), name
        print(len(loaded))
    """
    run = subprocess.run(
        [sys.executable, "-c", code, str(folder), *examples], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == str(len(examples)), run.stderr


@pytest.mark.filterwarnings("ignore:The best alpha")
def test_training_goes_on_alike(learned, folder):
    """More rows, or more epochs, after loading give the same bits as without."""
    went_on = 0
    for name, (model, data) in learned.items():
        if hasattr(model, "partial_fit"):
            found, own = load(folder / name), copy.deepcopy(model)
            for _ in range(2):
                found.partial_fit(*data)
                own.partial_fit(*data)
            assert not difference(found, own), name
            went_on += 1
    assert went_on > 25


def test_generators_go_on_alike(tmp_path):
    sources = [np.random.Generator(bits(5)) for bits in (np.random.PCG64, np.random.Philox, np.random.SFC64)]
    sources += [
        np.random.Generator(np.random.MT19937(2)),
        np.random.RandomState(4),
        np.random.SeedSequence(9).spawn(2)[1],
    ]
    for source in sources:
        if hasattr(source, "normal"):
            source.normal(size=3)
        found = there_and_back(EchoState(10, random_state=source), tmp_path)
        copies = [copy.deepcopy(one) for one in (source, found.random_state)]
        assert not difference(*[EchoState(10, random_state=one).fit(SERIES) for one in copies])


def test_children_of_a_generator_are_the_same(tmp_path):
    source = np.random.default_rng(3)
    found = there_and_back(EchoState(10, random_state=source), tmp_path).random_state
    assert found.spawn(1)[0].normal() == source.spawn(1)[0].normal()


def test_records_come_back_in_parameters(tmp_path):
    pair = PairStatistics(0.3, weight=3e-8, delay=1.5e-3, time_constant=3e-3, U=0.5, D=1.1, F=0.05)
    column = MaassColumn(preset=copy.deepcopy(LiquidState(MaassColumn()).circuit.preset))
    assert not difference(there_and_back(pair, tmp_path), pair)
    assert not difference(there_and_back(column, tmp_path), column)
    assert there_and_back(saved_models.SPIKES, tmp_path) == saved_models.SPIKES
    circuit = MaassColumn().draw(np.random.default_rng(0), n_inputs=2)
    assert there_and_back(LiquidState(circuit), tmp_path).circuit.equals(circuit)
    assert not there_and_back(circuit, tmp_path).recurrent.weight.flags.writeable


def test_rules_come_back_with_the_populations_and_targets_that_they_name(tmp_path):
    trace = Exponential(0.03)
    for rule in (STDP(between=("E", "I")), Normalised(InhibitorySTDP(between=["I", "slow"]))):
        assert not difference(there_and_back(rule, tmp_path), rule)
    reward = ReadoutReward(RidgeReadout(), np.array(["up", "down"]), trace)
    assert there_and_back(reward, tmp_path).targets.tolist() == ["up", "down"]
    for odd in ("v = 0", ("E", 1), ("E", "I", "E")):
        with pytest.raises(ValueError, match="between' is not two names or None"):
            save(STDP(between=odd), tmp_path / "odd.npz")


def test_odd_parameters_come_back(tmp_path):
    odd = {
        "a": (1, [2.5, -0.0]),
        3: float("nan"),
        "b": np.float32(0.1),
        "c": float("inf"),
        "d": np.str_("é"),
        "e": 2**70,
    }
    odd |= {"f": np.array(["x", "yy"]), "g": np.zeros((0, 3)), "h": np.array(5), "i": True, "j": np.dtype("int16")}
    odd |= {"k": np.asfortranarray(np.ones((2, 3), np.complex64)), "l": np.uint8, "m": np.array(["q"], dtype=object)}
    found = there_and_back(EchoState(topology=odd), tmp_path)
    assert not difference(found.topology, odd)
    assert found.topology["k"].flags.f_contiguous and found.topology["g"].flags.writeable
    assert np.signbit(found.topology["a"][1][1])


def test_what_is_held_twice_is_one(tmp_path):
    model = looped(EchoState(10, random_state=0), washout=5, n_members=2).fit(SERIES)
    found = there_and_back(model, tmp_path)
    assert found.reservoir_ is found.members_[0].reservoir_


def test_a_generator_that_layers_share_stays_shared(tmp_path):
    rng = np.random.default_rng(3)
    deep = DeepEchoState(layers=[EchoState(8, random_state=rng), EchoState(8, random_state=rng)])
    found = there_and_back(deep, tmp_path)
    assert found.layers[0].random_state is found.layers[1].random_state
    assert found.layers[0].random_state.random(2).tolist() == rng.random(2).tolist()


def test_output_containers_and_names_come_back(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(SERIES, columns=["x", "y"])
    system = EchoState(10, random_state=0).set_output(transform="pandas").fit(frame)
    found = there_and_back(system, tmp_path)
    assert found.feature_names_in_.tolist() == ["x", "y"]
    pandas.testing.assert_frame_equal(found.transform(frame), system.transform(frame))


def test_quantities_become_numbers(tmp_path):
    brian2 = pytest.importorskip("brian2.units")
    found = there_and_back(LIF(threshold=15 * brian2.mV, refractory=(3 * brian2.ms, 2 * brian2.ms)), tmp_path)
    assert type(found.threshold) is float and found.threshold == float(15 * brian2.mV)
    assert found.refractory == (float(3 * brian2.ms), float(2 * brian2.ms))


class OwnSystem(EchoState):
    pass


def _function():
    numba = pytest.importorskip("numba")
    return numba.njit(lambda x: x / (1 + abs(x)))


REFUSED = {
    "own class": (lambda: ReservoirRegressor(OwnSystem()), "ReservoirRegressor.reservoir'.*OwnSystem"),
    "njit": (lambda: ReservoirRegressor(EchoState(activation=_function())), "ReservoirRegressor.reservoir.activation'"),
    "function": (lambda: EchoState(topology=[lambda n, rng: None]), r"EchoState.topology\[0\]'"),
    "other estimator": (lambda: ReservoirRegressor(readout=KernelRidge()), "readout'.*KernelRidge"),
    "objects": (lambda: EchoState(bias=np.array([1, None], dtype=object)), "EchoState.bias'.*array of object"),
    "masked": (lambda: EchoState(bias=np.ma.ones(3)), "EchoState.bias'"),
    "key": (lambda: EchoState(bias={(1, 2): 3}), "EchoState.bias'.*key"),
    "graph": (lambda: EchoState(topology=Graph(object())), "EchoState.topology.graph'"),
    "search": (lambda: ReservoirSearchCV(EchoState(), {}), "ReservoirSearchCV'.*Save its best_estimator_"),
    "state": (lambda: np.ones(3), "'ndarray'.*numpy.save"),
    "step": (lambda: make_pipeline(SimpleImputer(), EchoState()), "SimpleImputer.*RidgeCV.*joblib.dump"),
    "own attribute": (lambda: _with(EchoState(), note="mine"), "EchoState.note'"),
    "nothing": (lambda: None, "NoneType'"),
    "shape": (lambda: _with(EchoState(10).fit(SERIES), bias_=np.ones(9)), "EchoState cannot be saved.*bias_"),
    "loop": (lambda: _with(EchoState(), bias=_endless()), "nested"),
}


def _with(model, **attributes):
    vars(model).update(attributes)
    return model


def _endless():
    loop = []
    loop.append(loop)
    return loop


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_kept_is_named_and_nothing_is_written(name, tmp_path):
    make, message = REFUSED[name]
    save(RidgeReadout(), tmp_path / "model")
    before = (tmp_path / "model").read_bytes()
    with pytest.raises(ValueError, match=message):
        save(make(), tmp_path / "model")
    assert (tmp_path / "model").read_bytes() == before
    assert os.listdir(tmp_path) == ["model"]


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    save(RidgeReadout(0.5), tmp_path / "model")
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        save(RidgeReadout(0.25), tmp_path / "model")
    assert load(tmp_path / "model").alpha == 0.5 and os.listdir(tmp_path) == ["model"]


@pytest.mark.skipif(sys.platform == "win32", reason="asks for the rights and pipes of Unix")
def test_a_file_keeps_its_rights_and_a_pipe_is_none(tmp_path):
    path, pipe = tmp_path / "model", tmp_path / "pipe"
    save(RidgeReadout(0.5), path)
    path.chmod(0o600)
    save(RidgeReadout(0.25), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and load(path).alpha == 0.25
    os.mkfifo(pipe)
    for work in (lambda: save(RidgeReadout(), pipe), lambda: load(pipe), lambda: describe(pipe)):
        with pytest.raises(NoRegularFileError, match=r"no regular file but a pipe.*pipe'"):
            work()
    assert stat.S_ISFIFO(pipe.lstat().st_mode) and sorted(os.listdir(tmp_path)) == ["model", "pipe"]


@pytest.mark.parametrize("path", ["", b"", "a\0b", None, 7])
def test_a_path_that_names_nothing_is_refused(path):
    for name, work in (("save", lambda: save(RidgeReadout(), path)), ("load", lambda: load(path))):
        with pytest.raises(ValueError, match=f"The 'path' parameter of {name} must be a path. Got"):
            work()


def test_two_may_save_at_once(tmp_path):
    """Both succeed, and each finds a whole model at any time."""

    def both(size):
        save(RidgeReadout(size), tmp_path / "model")
        return load(tmp_path / "model").alpha

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(both, [0.25, 0.5, 1.0, 2.0] * 4)) <= {0.25, 0.5, 1.0, 2.0}
    assert os.listdir(tmp_path) == ["model"]


def test_a_name_may_be_bytes(tmp_path):
    path = tmp_path / "model"
    save(RidgeReadout(0.5), os.fsencode(path))
    assert os.listdir(tmp_path) == ["model"]
    assert load(os.fsencode(path)).alpha == 0.5 and describe(os.fsencode(path)) == describe(path)


LABELS = {
    "days": np.array(["2020-01-01", "2021-06-30"], "datetime64[D]"),
    "other order": np.array(["2020-01-01T10", "2021-06-30T11"], ">M8[ns]"),
    "durations": np.array([3, 5], "timedelta64[25s]"),
    "truth": np.array([False, True]),
}


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("readout", [None, RidgeClassifier()], ids=["targets", "classes"])
def test_labels_that_can_be_learnt_can_be_saved(name, readout, tmp_path):
    y = np.repeat(LABELS[name], 3)
    model = ReservoirClassifier(EchoState(10, random_state=0), readout).fit(saved_models.STACK, y)
    found = there_and_back(model, tmp_path)
    assert found.classes_.dtype == model.classes_.dtype.newbyteorder("=") and (found.classes_ == LABELS[name]).all()
    assert (found.predict(saved_models.STACK) == model.predict(saved_models.STACK)).all()


@pytest.mark.parametrize("kind", ["datetime64[D]", "S8", "O", "V8", "float64", "datetime64[x]", "M8[D]", 7, ["S1"]])
def test_integers_become_dates_alone(kind, tmp_path):
    days = np.array(["2020-01-01", "2021-06-30"], "datetime64[D]")
    save(EchoState(topology=[days]), tmp_path / "model")
    tree, arrays = taken_apart(tmp_path / "model")
    tree["parts"][-1]["parameters"]["topology"][0]["dates"][0] = kind
    put_together(tmp_path / "model", tree, arrays)
    if kind == "datetime64[D]":
        assert (load(tmp_path / "model").topology[0] == days).all()
    else:
        with pytest.raises(ValueError, match="is not a model"):
            load(tmp_path / "model")


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "model")
    save(RidgeReadout(0.5), tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and load(tmp_path / "model").alpha == 0.5


def test_parameters_that_an_older_file_does_not_know_take_their_defaults(tmp_path):
    save(EchoState(7, leak=0.5), tmp_path / "model")
    tree, arrays = taken_apart(tmp_path / "model")
    del tree["parts"][0]["parameters"]["leak"]
    put_together(tmp_path / "model", {**tree, "version": "0.0.1"}, arrays)
    assert load(tmp_path / "model").n_units == 7 and load(tmp_path / "model").leak == 1.0


def test_poolings_are_made_for_an_older_file_that_has_none(tmp_path):
    for pooling in ("mean", ModelSpace()):
        model = ReservoirClassifier(EchoState(5, random_state=0), pooling=pooling, include_input=True)
        model.fit(saved_models.STACK, saved_models.NAMES)

        def change(tree, arrays):
            for name in ("pooling_", "input_pooling_"):
                del part(tree, "ReservoirClassifier")["attributes"][name]

        found = load(changed(model, tmp_path / "model", change))
        assert np.array_equal(found.decision_function(saved_models.STACK), model.decision_function(saved_models.STACK))


def test_a_liquid_of_an_older_file_has_learned_nothing(tmp_path):
    system = LiquidState(MaassColumn((2, 2, 2)), random_state=0).fit(SERIES)

    def change(tree, arrays):
        for name in ("initial_circuit_", "learning_state_", "_n_presented"):
            del part(tree, "LiquidState")["attributes"][name]

    found = load(changed(system, tmp_path / "model", change))
    np.testing.assert_array_equal(found.transform(SERIES), system.transform(SERIES))
    assert found.initial_circuit_.equals(found.circuit_) and found.learning_state_ is None


def test_classes_come_from_the_binarizer_where_an_older_version_kept_them_there(tmp_path):
    model = RidgeClassifier().fit(SERIES, saved_models.STEPS)
    save(model, tmp_path / "model")
    tree, arrays = taken_apart(tmp_path / "model")
    tree["parts"][-1]["attributes"].pop("classes_", None)
    put_together(tmp_path / "model", tree, arrays)
    assert load(tmp_path / "model").predict(SERIES).tolist() == model.predict(SERIES).tolist()


def test_equal_models_give_equal_files(tmp_path):
    for name in ("one", "other"):
        save(EchoState(20, random_state=0).fit(SERIES), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_a_file_says_what_it_is(tmp_path):
    save(ReservoirRegressor(), tmp_path / "model")
    said = describe(tmp_path / "model")
    assert said["class"] == "reservoir.models.ReservoirRegressor" and said["format"] == 1
    assert said["numpy"] == np.__version__ and "parts" not in said
    assert np.load(tmp_path / "model").files == ["model.json"]


@pytest.mark.parametrize(
    "through", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy], ids=["pickle", "deepcopy"]
)
def test_pickle_and_deepcopy_keep_everything(through, examples):
    for name, model in examples.items():
        assert not difference(answers(through(model)), answers(model)), name


def test_joblib_keeps_everything(examples, tmp_path):
    joblib.dump(examples, tmp_path / "all")
    for name, model in joblib.load(tmp_path / "all").items():
        assert not difference(answers(model), answers(examples[name])), name


@pytest.mark.parametrize("name", ["echo", "echo_sparse", "deep", "regressor", "forecaster", "classifier", "rnn_lstm"])
def test_skops_keeps_models_whose_types_are_trusted(name, examples):
    skops = pytest.importorskip("skops.io")
    data = skops.dumps(examples[name])
    trusted = skops.get_untrusted_types(data=data)
    assert all(one.split(".")[0] in ("reservoir", "scipy", "numpy", "builtins") for one in trusted), trusted
    assert not difference(answers(skops.loads(data, trusted=trusted)), answers(examples[name]))


def test_projections_without_synapses_come_back(tmp_path):
    empty = Projection([], [], [], [], [])
    assert there_and_back(empty, tmp_path).equals(empty)


def test_a_reservoir_of_a_file_without_delays_has_none(tmp_path):
    """As files were before there were any."""
    system = EchoState(10, random_state=0).fit(SERIES)

    def change(tree, arrays):
        del part(tree, "EchoState")["attributes"]["delays_"], part(tree, "EchoState")["parameters"]["delay"]

    found = load(changed(system, tmp_path / "model", change))
    assert found.delay == 1 and np.array_equal(found.transform(SERIES), system.transform(SERIES))
