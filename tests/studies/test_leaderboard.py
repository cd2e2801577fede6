"""The leaderboard: ranks, critical differences and the page from results that are made up."""

import re
import sys

import numpy as np
import pytest
from scipy import stats

from benchmarks.leaderboard import __main__ as command
from benchmarks.leaderboard import measure as measuring
from benchmarks.leaderboard.entrants import MINIROCKET, NEIGHBOUR, PRESETS, FromAeon, NearestNeighbour, entrants
from benchmarks.leaderboard.measure import measure, measured
from benchmarks.leaderboard.picture import cliques, draw_results
from benchmarks.leaderboard.ranks import critical_difference, mean_ranks, place_among
from benchmarks.leaderboard.report import page
from benchmarks.leaderboard.results import (
    HERE,
    Result,
    append,
    medians,
    published,
    read,
    read_environment,
    write_environment,
)
from benchmarks.leaderboard.sets import OTHERS, UNIVARIATE, Split, load

SETS = ["ArrowHead", "Beef", "Coffee"]


def made_up():
    rng = np.random.default_rng(0)
    names = [*PRESETS, MINIROCKET, NEIGHBOUR]
    return [
        Result(one, who, seed, float(rng.uniform(0.7, 1)), 0.1, 0.2)
        for one in (*SETS, "BasicMotions")
        for who in names
        for seed in range(3)
    ]


def test_ranks_share_ties_and_the_published_are_whole():
    table = {"a": {"x": 0.9, "y": 0.5}, "b": {"x": 0.9, "y": 0.6}, "c": {"x": 0.8, "y": 0.7}, "d": {"x": 0.9}}
    assert mean_ranks(table, ["x", "y"]) == {"a": 2.25, "b": 1.75, "c": 2.0}
    assert place_among({"a": table["a"], "b": table["b"]}, "c", table["c"], ["x", "y"]) == (2.0, 2, 1, 3)
    assert {len(published("univariate")), len(published("multivariate"))} == {40, 20}
    assert all(own.keys() == {*UNIVARIATE} for own in published("univariate").values())


def test_critical_differences_are_those_of_the_tables():
    """Demsar 2006, table 5: q = 2.569 for 4 classifiers, 3.164 for 10."""
    for n_methods, quantile in ((4, 2.569), (10, 3.164)):
        expected = quantile * np.sqrt(n_methods * (n_methods + 1) / (6 * 14))
        assert critical_difference(n_methods, 14) == pytest.approx(expected, rel=1e-3)
    assert cliques([1.0, 1.5, 2.2, 4.0, 4.1], 1.0) == [(0, 1), (1, 2), (3, 4)]
    assert cliques([1.0, 3.0], 1.0) == []


def test_results_are_kept_and_reported(tmp_path):
    results = made_up()
    for one in results:
        append(tmp_path / "results.csv", one)
    assert [one[:3] for one in read(tmp_path / "results.csv")] == [one[:3] for one in results]
    assert medians(results)["full"]["Beef"] == np.median([r.accuracy for r in results if r[:2] == ("Beef", "full")])
    text = page(results, "here")
    assert "### 3 univariate sets" in text and "### 1 sets of several" in text
    assert "Not measured, and in no number of this page: ACSF1, Car, " in text and "Lightning7" in text
    line = next(line for line in text.splitlines() if line.startswith('| `preset="full"`'))
    mean = np.mean([medians(results)["full"][one] for one in SETS])
    assert f"{mean:.4f}" in line and re.search(r"\d+ of 41", line)
    everything = published("univariate")
    ranks = stats.rankdata([-np.round([own[one] for own in everything.values()], 6) for one in SETS], axis=1).mean(
        axis=0
    )
    hc2 = dict(zip(everything, ranks, strict=True))["HC2"]
    assert f"| {hc2:.1f} |" in next(line for line in text.splitlines() if line.startswith("| HC2, published"))


class Guesses:
    def fit(self, X, y):
        self.label = y[0]

    def predict(self, X):
        return np.repeat(self.label, len(X))


def test_what_the_store_lacks_is_measured_and_an_absent_set_is_asked_for_once(tmp_path, monkeypatch, capsys):
    asked = []

    def at_hand(name):
        asked.append(name)
        if name == "Car":
            raise OSError("no network")
        return Split(np.zeros((4, 5, 1)), np.arange(4), np.zeros((4, 5, 1)), np.arange(4))

    monkeypatch.setattr(measuring, "load", at_hand)
    monkeypatch.setattr(measuring, "entrants", lambda: {"a": lambda seed: Guesses(), "b": lambda seed: Guesses()})
    store = tmp_path / "results.csv"
    append(store, Result("Beef", "a", 0, 0.5, 1.0, 1.0))
    measure(store, ["Beef", "Car"], 2, ["a", "b"])
    assert [one[:4] for one in read(store)[1:]] == [
        ("Beef", "b", 0, 0.25),
        ("Beef", "a", 1, 0.25),
        ("Beef", "b", 1, 0.25),
    ]
    assert asked == ["Beef", "Car"] and "Car is not at hand: no network" in capsys.readouterr().out
    measure(store, ["Beef"], 2, ["a", "b"])
    assert asked == ["Beef", "Car"] and len(read(store)) == 4


def test_runs_of_two_environments_do_not_mix(tmp_path):
    store = tmp_path / "results.csv"
    assert read_environment(store) == ""
    write_environment(store)
    assert "numpy: " in read_environment(store) and "aeon: " in read_environment(store)
    append(store, made_up()[0])
    write_environment(store)
    (tmp_path / "results.environment.txt").write_text("date: 2020-01-01; cores: 400.\n")
    with pytest.raises(SystemExit, match="another environment"):
        write_environment(store)


@pytest.mark.parametrize("resumed", [False, True])
def test_the_command_begins_anew_unless_it_is_resumed(resumed, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    store, kept = tmp_path / "results.csv", []
    for one in made_up():
        append(store, one)

    def run(*args, **kwargs):
        kept.append(len(read(store)))
        for one in made_up() if not resumed else ():
            append(store, one)

    monkeypatch.setattr(command.subprocess, "run", run)
    own = ["--here", "--store", store, "--page", tmp_path / "page.md", "--picture", tmp_path / "picture.png"]
    monkeypatch.setattr(sys, "argv", ["leaderboard", *map(str, own), *["--resume"] * resumed])
    command.main()
    assert kept == [len(made_up()) * resumed]
    assert (tmp_path / "page.md").read_text().startswith("# Leaderboard") and (tmp_path / "picture.png").exists()


def test_the_picture_stands_on_what_was_measured():
    plt = pytest.importorskip("matplotlib.pyplot")
    figure, axes = plt.subplots()
    draw_results(axes, read(HERE / "results.csv"))
    said = " ".join(text.get_text() for text in axes.texts)
    plt.close(figure)
    assert all(name in said for name in (*PRESETS, "HC2", "MiniRocket")) and "critical difference" in said


def test_sets_are_read_and_entrants_run(shared_data, monkeypatch):
    monkeypatch.setenv("RESERVOIR_DATA", str(shared_data))
    assert load("Coffee").X_train.shape == (28, 286, 1)
    split = load("JapaneseVowels")
    assert len(split.X_train) == 270 and len({len(rows) for rows in split.X_train}) > 1
    few = Split(split.X_train[:60:2], split.y_train[:60:2], split.X_train[1:60:2], split.y_train[1:60:2])
    accuracy, fit, predict = measured(entrants()["fast"](1), few)
    assert accuracy > 0.9 and fit > 0 and predict > 0
    assert set(UNIVARIATE) & set(OTHERS) == set()


def test_a_set_that_a_package_brings(tmp_path, monkeypatch):
    folder = tmp_path / "tslearn" / ".cached_datasets"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("raise ImportError('nothing but the file is read')")
    X, y = np.zeros((4, 5, 1)), np.arange(4)
    np.savez(folder / "Trace.npz", X_train=X, y_train=y, X_test=X + 1, y_test=y)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("RESERVOIR_DATA", str(tmp_path))
    np.testing.assert_array_equal(load("Trace").X_test, X + 1)


def test_shorter_sequences_go_to_aeon_with_their_last_row():
    class Kept:
        def fit(self, X, y):
            self.X = X

        def predict(self, X):
            return X[:, 0, -1]

    kept = Kept()
    wrapped = FromAeon(kept).fit([np.arange(3.0)[:, None], np.arange(5.0)[:, None]], [0, 1])
    np.testing.assert_array_equal(kept.X[0], [[0, 1, 2, 2, 2]])
    np.testing.assert_array_equal(wrapped.predict([np.arange(8.0)[:, None], np.arange(2.0)[:, None]]), [4.0, 1.0])


def test_the_nearest_neighbour_knows_no_scales_and_no_lengths():
    def wave(pace, n_rows):
        angles = np.linspace(0, pace, n_rows)[:, None]
        return 1000 + np.hstack([300 * np.sin(angles), 0.01 * np.cos(angles)])

    known = [wave(3, 40), wave(4, 31), wave(9, 57)]
    own = NearestNeighbour().fit(known, np.array(["a", "b", "c"]))
    assert own.predict([wave(9, 20), wave(3.1, 200), wave(4, 33)]).tolist() == ["c", "a", "b"]


def test_the_page_names_what_the_nearest_neighbour_knows_better():
    results = [
        one._replace(accuracy=0.9) if one.entrant != NEIGHBOUR else one._replace(accuracy=0.8) for one in made_up()
    ]
    assert "Nowhere." in page(results, "here") and "- Coffee" not in page(results, "here")
    results = [one._replace(accuracy=0.7) if one[:2] == ("Coffee", "full") else one for one in results]
    text = page(results, "here")
    assert '- Coffee: `preset="full"` 0.700, nearest neighbour 0.800' in text
    assert '- Coffee: `preset="full"` 0.700, MiniRocket (aeon) 0.900' in text and "- Beef" not in text
