"""The comparison of all systems on the same tasks: fair searches, honest intervals and losses, a page of its own."""

import importlib
import pkgutil
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from scipy import stats

import benchmarks.comparison.systems
import benchmarks.comparison.tasks
from benchmarks.comparison.__main__ import MARK, main
from benchmarks.comparison.intervals import loss, student
from benchmarks.comparison.kinds import KINDS
from benchmarks.comparison.losses import costs_of, losses_of, sentences
from benchmarks.comparison.report import markdown, rows
from benchmarks.comparison.run import compare
from benchmarks.comparison.search import Budget, proposals, search
from benchmarks.comparison.systems import SYSTEMS
from benchmarks.comparison.systems.base import read_out
from benchmarks.comparison.systems.delay_rows import DelayRows
from benchmarks.comparison.systems.in_step import InStep
from benchmarks.comparison.tasks import DEFAULT, TASKS
from benchmarks.comparison.tasks.base import Recordings, Series
from reservoir import EchoState

BUDGET = Budget(60.0, 2)
CHOICE = {"task": ["japanese_vowels", "narma_10"], "system": ["raw", "esn"]}


@pytest.fixture(scope="module")
def data(shared_data):
    """The folder of real data for all that is loaded here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESERVOIR_DATA", str(shared_data))
        yield


@pytest.fixture(scope="module")
def written(data, tmp_path_factory):
    """A whole run of the command: (folder, its words)."""
    folder = tmp_path_factory.mktemp("comparison")
    words = ["--tasks", *CHOICE["task"], "--systems", *CHOICE["system"], "--budget", "60", "--settings", "2"]
    words += ["--seeds", "2", "--jobs", "1", "--quiet", "--store", str(folder / "store")]
    words += ["--report", str(folder / "page.html"), "--markdown", str(folder / "table.md")]
    (folder / "table.md").write_text("# Kept\n" + MARK + "replaced", encoding="utf-8")
    main(words)
    return folder, words


@pytest.fixture(scope="module")
def table(written):
    """The same results, from the store."""
    options = {"n_jobs": 1, "progress": False}
    return compare(CHOICE["task"], CHOICE["system"], BUDGET, 2, str(written[0] / "store"), **options)


def results_in(store):
    """{path: time of writing} of all results."""
    found = (path for path in store.rglob("??/*") if path.is_file())
    return {path: path.stat().st_mtime_ns for path in found}


def invented(scores, **costs):
    """A table of one task with these scores and costs."""
    entries = {}
    for name, values in scores.items():
        spent = {"fit": 1.0, "predict": 1.0, "trained": 10, **costs.get(name, {})}
        choice = {"settings": {}, "loss": 0.0, "tried": 1, "seconds": 1.0}
        entries[name] = {"choice": choice, "runs": [{"score": value, **spent} for value in values]}
    return entries


def test_the_command_runs_every_pair(table):
    for task in CHOICE["task"]:
        assert list(table[task]) == CHOICE["system"]
        for entry in table[task].values():
            assert len(entry["runs"]) == 2 and entry["choice"]["tried"] == 2
            assert all(np.isfinite(run["score"]) and run["trained"] > 0 for run in entry["runs"])
    errors = [run["score"] for run in table["japanese_vowels"]["esn"]["runs"]]
    assert max(errors) < 37, "a tenth of the recordings at most"


def test_what_the_store_holds_is_not_run_again(written, capsys):
    """The same call changes no file of the store and writes the same page; one seed more adds its runs alone."""
    folder, words = written
    page = (folder / "page.html").read_bytes()
    before = results_in(folder / "store")
    main(words)
    assert results_in(folder / "store") == before and (folder / "page.html").read_bytes() == page
    assert "Where each system loses" in capsys.readouterr().out
    elsewhere = ["--report", str(folder / "other.html"), "--markdown", str(folder / "other.md")]
    main([*words, "--seeds", "3", *elsewhere])
    after = results_in(folder / "store")
    assert before.items() <= after.items() and len(after) == len(before) + 4


class Addresses(HTMLParser):
    """What a page refers to, and the names of its parts."""

    def __init__(self):
        super().__init__()
        self.targets, self.names = [], []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.targets += [found[key] for key in ("src", "href", "xlink:href", "data") if key in found]
        self.names += [found["id"]] if "id" in found else []


def test_the_page_holds_all_it_needs(written):
    text = (written[0] / "page.html").read_text(encoding="utf-8")
    reader = Addresses()
    reader.feed(text)
    assert reader.targets and all(target.startswith("#") for target in reader.targets)
    assert {target[1:] for target in reader.targets} <= set(reader.names)
    assert len(reader.names) == len(set(reader.names)), "parts of two pictures share a name"
    used = set(re.findall(r"url\(#([^)]*)\)", text))
    assert used and used <= set(reader.names)
    assert "http" not in text and "@import" not in text and "<script" not in text
    assert not re.search(r"/(home|work|tmp|root)/", text)


def test_the_page_names_systems_tasks_scores_and_losses(written, table):
    text = (written[0] / "page.html").read_text(encoding="utf-8")
    for task, entries in table.items():
        assert TASKS[task].title in text
        for row in rows(task, entries):
            assert all(f"<td>{cell}</td>" in text for cell in row.cells())
    for name in CHOICE["system"]:
        assert SYSTEMS[name].title in text
        assert all(f"<li>{line}</li>" in text for line in sentences(name, table))


def test_the_markdown_replaces_what_follows_its_mark(written, table):
    text = (written[0] / "table.md").read_text(encoding="utf-8")
    assert text.startswith("# Kept\n" + MARK) and "replaced" not in text.split(MARK)[1]
    around = {"date": "today"}
    assert text.split("\n\n", 2)[2] == markdown(table, BUDGET, around).split("\n\n", 1)[1]


@pytest.mark.parametrize(("task", "name"), [("japanese_vowels", "raw"), ("narma_10", "raw"), ("narma_10", "esn")])
def test_test_data_do_not_change_the_choice(data, task, name):
    """The lesson of a search has no test part, and poison there changes nothing."""
    spec, clean = TASKS[task], TASKS[task].draw(0)
    if isinstance(clean, Recordings):
        poisoned = clean._replace(X_test=[x * np.nan for x in clean.X_test], y_test=None)
        assert clean.training().X_test is None and clean.training().y_test is None
    else:
        X, y = clean.X.copy(), clean.y.copy()
        X[clean.n_train :], y[clean.n_train :] = np.nan, np.nan
        poisoned = Series(X, y, clean.n_train)
        assert len(clean.training().X) == len(clean.training().y) == clean.n_train
    first, second = (search(spec, SYSTEMS[name], one.training(), BUDGET, 3) for one in (clean, poisoned))
    assert (first.settings, first.loss, first.tried) == (second.settings, second.loss, second.tried)


def test_a_search_ends_with_its_seconds_and_finds_the_better():
    """A task whose loss is the value of the only setting, plus time that is burnt."""

    class Kind:
        piece = staticmethod(lambda lesson: lesson)
        validate = staticmethod(lambda model, lesson, task: model + 0 * sum(range(200_000)))

    space = {"value": [5.0, 3.0, 1.0, 4.0, 2.0]}
    system = SYSTEMS["raw"]._replace(space=lambda kind: space, build=lambda kind, settings, seed: settings["value"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(KINDS, "regress", Kind)
        found = search(TASKS["narma_10"], system, None, Budget(30.0), 0)
        assert found.settings == {"value": 1.0} and found.tried == 5
        assert search(TASKS["narma_10"], system, None, Budget(1e-9), 0).tried == 1
        limited = search(TASKS["narma_10"], system, None, Budget(30.0, 3), 0)
        assert limited.tried == 3
    drawn = [tuple(one.values()) for one in proposals({"a": [1, 2], "b": [3, 4, 5]}, np.random.default_rng(0))]
    assert drawn[0] == (1, 3) and len(drawn) == len(set(drawn)) == 6


def test_intervals_are_those_of_the_t_test():
    rng = np.random.default_rng(5)
    values, others = rng.normal(2, 1, 7), rng.normal(2, 1, 7)
    wanted = stats.t.interval(0.95, 6, loc=values.mean(), scale=stats.sem(values))
    np.testing.assert_allclose(student(values), (values.mean(), *wanted))
    paired = stats.ttest_rel(values, others).confidence_interval(0.95)
    np.testing.assert_allclose(loss(values, others, "difference", "lower")[1:], (paired.low, paired.high))
    np.testing.assert_allclose(loss(values, others, "difference", "higher")[1:], (-paired.high, -paired.low))
    ratio = stats.ttest_rel(*np.log(np.exp([values, others]))).confidence_interval(0.95)
    found = loss(np.exp(values), np.exp(others), "ratio", "lower")
    np.testing.assert_allclose(found[1:], np.exp([ratio.low, ratio.high]))
    assert not np.isfinite(student([1.0])[1:]).any()


def test_intervals_hold_the_mean_as_often_as_they_say():
    draws = np.random.default_rng(0).normal(3, 2, (2000, 5))
    held = np.mean([not student(values).excludes(3.0) for values in draws])
    assert abs(held - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 2000)


def test_every_system_loses_somewhere_and_winners_are_better(table):
    for name in CHOICE["system"]:
        assert sentences(name, table)
        for found in losses_of(name, table):
            own, best = (np.mean([run["score"] for run in table[found.task][n]["runs"]]) for n in (name, found.winner))
            assert best < own if TASKS[found.task].better == "lower" else best > own
        for task, cost, cheapest, factor in costs_of(name, table):
            own, least = (np.median([run[cost] for run in table[task][n]["runs"]]) for n in (name, cheapest))
            assert factor > 1 and own == pytest.approx(factor * least)


def test_losses_say_when_a_tie_is_excluded():
    entries = invented({"raw": [4.0, 4.1, 3.9], "esn": [1.0, 1.05, 0.95], "lstm": [1.0, 2.0, 0.6]}, gru={})
    table = {"narma_10": entries}
    far, near = losses_of("raw", table)[0], losses_of("lstm", table)[0]
    assert (far.winner, far.certain, near.winner, near.certain) == ("esn", True, "esn", False)
    assert not losses_of("esn", table) and sentences("esn", table) == [
        "nowhere among these tasks and systems, in score or cost"
    ]
    higher = {"lorenz": invented({"raw": [1.0, 1.1], "esn": [9.0, 9.2]}, esn={"fit": 7.0})}
    assert losses_of("raw", higher)[0].winner == "esn"
    assert any("seconds of fit" in line and "7 times" in line for line in sentences("esn", higher))


def test_scores_that_left_every_bound_are_counted():
    found = {row.name: row for row in rows("mackey_glass_free", invented({"raw": [0.1, np.inf], "esn": [0.1, 0.2]}))}
    assert found["raw"].n_lost == 1 and "(1 lost)" in found["raw"].cells()[1]
    assert found["esn"].best and not found["raw"].best


def test_forecasts_in_step_are_those_of_the_forecaster():
    """The loop of the comparison against that of the library, for a system that both can run."""
    x = TASKS["lorenz"].draw(4).X[:1500]
    settings = {"alpha": 1e-6}
    system = EchoState(50, spectral_radius=0.4, input_scaling=1.0, bias_scaling=0.0, random_state=1)
    parts = read_out("forecast", system, settings)
    twin = InStep(system, parts.readout, parts.washout)
    context = np.stack([x[600:800], x[900:1100]])
    futures = [model.fit(x[:1000]).forecast(20, context=context) for model in (parts, twin)]
    np.testing.assert_allclose(futures[0], futures[1], rtol=1e-5, atol=1e-5)


def test_delayed_rows_are_the_rows_before():
    x = np.random.default_rng(0).normal(size=(30, 2))
    system = DelayRows(2, 3, products=True).fit(x)
    states, _ = system.run(x)
    first, memory = system.run(x[:11])
    second, _ = system.run(x[11:], memory)
    np.testing.assert_array_equal(states, np.concatenate([first, second]))
    seen = np.concatenate([x[20], x[17], x[14]])
    np.testing.assert_array_equal(states[20, :4], seen[2:])
    np.testing.assert_allclose(sorted(states[20, 4:]), sorted(np.outer(seen, seen)[np.triu_indices(6)]))


@pytest.mark.parametrize(
    ("folder", "listed", "attribute"),
    [(benchmarks.comparison.tasks, TASKS, "TASK"), (benchmarks.comparison.systems, SYSTEMS, "SYSTEM")],
)
def test_every_file_is_listed_under_its_name(folder, listed, attribute):
    found = {}
    for module in pkgutil.iter_modules(folder.__path__):
        loaded = importlib.import_module(f"{folder.__name__}.{module.name}")
        assert loaded.__doc__
        if hasattr(loaded, attribute):
            found[id(getattr(loaded, attribute))] = module.name
    assert {id(value) for value in listed.values()} == set(found)
    short = {"esn": "echo_state", "deep_esn": "deep_echo_state"}
    assert all(found[id(value)] == short.get(name, name) for name, value in listed.items())
    assert all(value.note and value.name == name for name, value in listed.items())


@pytest.mark.parametrize("name", [name for name in SYSTEMS if name != "microcircuit_stdp"])
@pytest.mark.parametrize("kind", list(KINDS))
def test_every_system_builds_what_its_space_names(kind, name):
    """All values of all spaces are taken by the models, one setting after the other."""
    system = SYSTEMS[name]
    space = system.space(kind)
    first = {key: values[0] for key, values in space.items()}
    for key, values in space.items():
        assert len(set(values)) == len(values)
        for value in values:
            system.build(kind, {**first, key: value}, 0)
    assert set(DEFAULT) <= set(TASKS)
