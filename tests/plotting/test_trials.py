"""Trials and the rate over time: what is drawn is what was given."""

from types import SimpleNamespace

import numpy as np
import pytest

from reservoir.plotting import TrialsDisplay
from reservoir.spikes import SpikeTrains
from reservoir.systems import Recording
from tests.plotting.displays import MAKERS, TRIALS, lines

ROWS = {0: 0, 2: 1, 1: 2, 3: 3, 4: 4}  # of the trials, condition by condition


def test_every_spike_of_the_unit_is_a_mark_in_the_row_of_its_trial():
    display = MAKERS["TrialsDisplay"]()
    drawn = np.concatenate([line.get_xydata() for line in lines(display.ax_) if line.get_linestyle() == "None"])
    wanted = [(t - 0.5, ROWS[k]) for k, one in enumerate(TRIALS) for t in one.to_lists()[0]]
    assert sorted(map(tuple, drawn)) == sorted(wanted)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["A", "B"]


def test_rates_are_those_of_a_unit_in_a_trial():
    display = MAKERS["TrialsDisplay"]()
    for stairs, own in zip(display.axes_[1].patches, ([0, 2], [1, 3, 4]), strict=True):
        values, edges, _ = stairs.get_data()
        times = np.concatenate([TRIALS[k].to_lists()[0] for k in own]) - 0.5
        np.testing.assert_allclose(values, np.histogram(times, edges)[0] / len(own) / 0.1)
    both = TrialsDisplay.from_trials(TRIALS, step=0.5).rates["all trials"]
    np.testing.assert_allclose(both.mean(), np.mean([one.rates().mean() for one in TRIALS]))


def test_recordings_monitors_and_trials_of_unequal_length():
    monitor = SimpleNamespace(i=TRIALS[1].units, t=TRIALS[1].times, source=range(2), clock=SimpleNamespace(t=2.0))
    display = TrialsDisplay.from_trials([Recording(TRIALS[0]), monitor, TRIALS[2].window(0, 1.0)])
    assert len(display.rates["all trials"]) == 50 and display.step == pytest.approx(0.02)
    silent = TrialsDisplay.from_trials([SpikeTrains([], [], 2, 1.0)] * 3)
    assert not silent.rates["all trials"].any()


def test_what_is_refused():
    for name, options in [
        ("units", {"units": 2}),
        ("units", {"units": []}),
        ("labels", {"labels": ["a"]}),
        ("step", {"step": 3.0}),
        ("onset", {"onset": np.nan}),
    ]:
        with pytest.raises(ValueError, match=f"The '{name}' parameter of TrialsDisplay must be"):
            TrialsDisplay.from_trials(TRIALS, **options)
    with pytest.raises(ValueError, match="The 'trials' parameter of TrialsDisplay must be"):
        TrialsDisplay.from_trials(np.zeros((3, 2)))
