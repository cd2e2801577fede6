"""The two studies of the liquid: spoken digits, and damaged circuits, on a reduced size."""

from functools import partial

import numpy as np
import pytest
from scipy.signal import get_window
from sklearn.base import clone

from reservoir import LiquidState
from reservoir.circuits import MaassColumn, RandomCircuit
from tests.house.scripts import STUDIES, load


@pytest.fixture(scope="module")
def digits():
    return load(STUDIES, "spoken_digits")


@pytest.fixture(scope="module")
def recordings(digits, shared_data):
    """Two repetitions of every digit and speaker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESERVOIR_DATA", str(shared_data))
        return digits.load(2)


@pytest.fixture(scope="module")
def damage():
    return load(STUDIES, "damage")


@pytest.fixture(scope="module")
def scores(damage):
    """Accuracy (generators, seeds, penalties, kinds, fractions)."""
    generators = damage.CIRCUITS["Maass column"], damage.CIRCUITS["two-way power law"]
    runs = [[damage.liquid_scores(part, seed, (0.0, 0.1, 0.5), n_test=5) for seed in range(3)] for part in generators]
    return np.array(runs)


def test_the_circuits_have_equally_many_synapses(damage):
    numbers = {name: part.expected_synapses() for name, part in damage.CIRCUITS.items()}
    assert numbers.pop("no synapses") == 0
    np.testing.assert_allclose(list(numbers.values()), MaassColumn().expected_synapses())


def test_counts_tell_nothing_about_the_template(damage):
    X_train, y_train, X_test, y_test = damage.make_trials(0)
    assert {tuple(x.counts()) for x in X_train + X_test} == {(damage.N_SPIKES,) * damage.N_CHANNELS}
    assert (np.bincount(y_train) == damage.N_TRAIN).all() and (np.bincount(y_test) == damage.N_TEST).all()


def test_an_intact_liquid_knows_more_than_its_input_at_the_end(damage, scores):
    """And the whole input, read in pieces, tells all: the liquid adds memory."""
    ends, rows = np.mean([damage.raw_scores(seed) for seed in range(3)], axis=0)
    intact = scores[..., -1, :, 0].mean()
    assert 4 / damage.N_TEMPLATES < ends + 0.05 < intact
    assert rows > 0.97


def test_damage_does_not_help(scores):
    mean = scores.mean(axis=1)  # (generators, penalties, kinds, fractions)
    assert (np.diff(mean, axis=-1) < 0.03).all()
    assert (mean[..., 0] - mean[..., -1] > 0.2).all()


def test_a_larger_penalty_stands_damage_better(scores):
    small, large = scores[..., 1].mean(axis=(0, 1, 3))
    assert large > small + 0.1


def test_no_damage_changes_nothing(damage):
    X, _, _, _ = damage.make_trials(0, 1, 1)
    liquid = LiquidState(MaassColumn(), dt=damage.DT, random_state=0).fit(X)
    for kind in damage.KINDS:
        copy = damage.damaged_liquid(liquid, 0, kind, 0.0)
        np.testing.assert_array_equal(copy.transform(X), liquid.transform(X))


def test_damage_without_synapses_stays_where_it_is(damage):
    """Dead units are silent, and no other unit can notice."""
    X, _, _, _ = damage.make_trials(0, 1, 1)
    liquid = LiquidState(RandomCircuit(135, 0), dt=damage.DT, random_state=0).fit(X)
    hurt = damage.damaged_liquid(liquid, 0, "dead", 0.2)
    dead, before, after = hurt.circuit_.dead, np.array(liquid.transform(X)), np.array(hurt.transform(X))
    assert dead.any() and not after[:, :, dead].any()
    np.testing.assert_array_equal(after[:, :, ~dead], before[:, :, ~dead])


def test_the_interval_of_the_mean_is_that_of_theory(damage):
    values = np.random.default_rng(1).normal(size=(400, 2))
    error = 1.96 * values.std(axis=0) / 20
    np.testing.assert_allclose(damage.interval(values), values.mean(axis=0) + np.outer([-1, 1], error), atol=0.02)


def test_the_damage_figure(damage, scores, tmp_path, capsys):
    names = list(damage.CIRCUITS)
    table = np.random.default_rng(0).uniform(0.5, 1, (len(names), 4, 2, 2, len(damage.FRACTIONS)))
    results = dict(zip(names, table, strict=True))
    damage.print_table(results, (0.7, 1.0))
    damage.draw(results, (0.7, 1.0), tmp_path / "damage.png")
    assert (tmp_path / "damage.png").stat().st_size > 0
    assert capsys.readouterr().out.count("two-way power law") == 4


def test_log_mel_finds_a_tone(digits):
    """The band of a pure tone is the one whose triangle is highest there, at every row."""
    rate, tone = 8000, 1000.0
    rows = digits.log_mel(np.sin(2 * np.pi * tone * np.arange(rate // 2) / rate), rate)
    filters = digits.mel_filters(rate, 256)
    assert rows.shape == (51, digits.N_BANDS)
    assert abs(rows.mean()) < 1e-9 and rows.std() == pytest.approx(1)
    assert (rows[2:-2].argmax(axis=1) == filters[round(tone * 256 / rate)].argmax()).all()


def test_log_mel_is_its_formula(digits):
    """One frame, written as sums."""
    samples, rate = np.random.default_rng(0).normal(size=900), 8000
    piece = samples[480 - 100 : 480 + 100] * get_window("hamming", 200, fftbins=False)  # row 6 is about 60 ms
    angles = np.outer(np.arange(129), np.arange(200)) * 2 * np.pi / 256
    power = (np.cos(angles) @ piece) ** 2 + (np.sin(angles) @ piece) ** 2
    row = np.log(power @ digits.mel_filters(rate, 256) + 1e-6)
    rows = digits.log_mel(samples, rate)
    slope, offset = np.polyfit(row, rows[6], 1)
    np.testing.assert_allclose(rows[6], slope * row + offset, atol=1e-9)


def test_the_loudness_does_not_matter(digits):
    samples = np.random.default_rng(0).normal(size=(4000, 1))
    np.testing.assert_allclose(digits.log_mel(7 * samples, 8000), digits.log_mel(samples, 8000), atol=1e-4)


def test_no_setting_sees_the_speaker_left_out(digits):
    """Labels of a speaker that are nonsense change nothing about what is chosen for him."""
    rng = np.random.default_rng(0)
    speaker, y = np.repeat(["a", "b", "c"], 20), np.tile(np.arange(4), 15)
    X = [rng.normal(size=(12, 3)) + np.eye(4, 3)[label] for label in y]
    spoiled = np.where(speaker == "a", rng.permutation(y), y)
    first, second = (digits.choose(digits.RAW, digits.RIDGES, X, labels, speaker)["a"] for labels in (y, spoiled))
    assert first[0] is second[0] and first[1] is second[1]


def test_the_baseline_is_reproducible(digits, recordings):
    X, y, speaker = recordings
    assert len(X) == 80 and set(speaker) == {"george", "jackson", "nicolas", "theo"}
    chosen = digits.choose(digits.RAW, digits.RIDGES, X, y, speaker)
    scores = [digits.evaluate(chosen, seed, X, y, speaker)[:-1] for seed in (0, 1)]
    assert scores[0] == scores[1] and np.mean(scores) > 0.4  # chance: 0.1


def test_every_system_hears_the_digits(digits, recordings, tmp_path, capsys):
    X, y, speaker = recordings
    results = {}
    for name, (candidates, readouts, _) in digits.SYSTEMS.items():
        chosen = digits.choose(candidates[:1], readouts[1:2], X, y, speaker)
        results[name] = np.array([digits.evaluate(chosen, 1, X, y, speaker)])
        assert results[name][0, :-1].mean() > 0.25, name
    digits.print_table(results, np.unique(speaker))
    digits.draw(results, np.unique(speaker), tmp_path / "digits.png")
    assert (tmp_path / "digits.png").stat().st_size > 0
    assert "echo-state network" in capsys.readouterr().out


def test_the_encoders_take_nothing_from_the_recordings(digits):
    """Their range is given, so one set of states serves every speaker left out."""
    for name in ("liquid, spikes", "liquid, currents"):
        for candidate in digits.SYSTEMS[name][0]:
            assert isinstance(candidate, partial)
            encoder = clone(candidate.keywords["encoder"]).fit(np.zeros((1, 2)))
            assert (encoder.low_ == -2).all() and (encoder.high_ == 2).all()


def test_units_are_compared_at_one_rate(monkeypatch):
    """The search stays below the rate, and a better separated set of states has the larger ratio."""
    monkeypatch.syspath_prepend(str(STUDIES))
    units = load(STUDIES, "units")
    X, y, _, _ = units.make_trials(0, 2, 1)
    liquid, scale = units.at_one_rate(units.UNITS["LIF"], 0, X, n_halvings=3)
    assert 0 < units.mean_rate(liquid, X[: units.N_RATE]) <= units.RATE and scale < 20
    rng = np.random.default_rng(0)
    near, far = (rng.normal(size=(len(y), 5)) + distance * y[:, None] for distance in (0.0, 3.0))
    assert units.separation(near, y) == pytest.approx(1, abs=0.15) and units.separation(far, y) > 2
    assert units.directions(np.outer(y, np.ones(5)) + 0.0) == 1
