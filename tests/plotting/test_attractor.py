"""The picture of an attractor."""

import numpy as np
import pytest

from reservoir import EchoState
from reservoir.datasets import make_henon
from reservoir.metrics import density_distance, spectrum_distance
from reservoir.plotting import AttractorDisplay
from tests.loops import looped
from tests.plotting.displays import lines

SERIES = make_henon(600)


def test_what_the_panels_show():
    other = SERIES[200:] + 1.0
    display = AttractorDisplay.from_predictions(SERIES, other, step=0.5, channels=(1, 0), names=["x", "y"])
    orbits, densities, spectra, maps = display.axes_
    (truth,), (run,) = lines(orbits, "truth"), lines(orbits, "free run")
    np.testing.assert_array_equal(truth.get_xydata(), SERIES[:, ::-1])
    np.testing.assert_array_equal(run.get_xydata(), other[:, ::-1])
    assert (orbits.get_xlabel(), orbits.get_ylabel(), maps.get_xlabel()) == ("y", "x", "maximum of y")
    heights = lines(densities, "truth")[0]
    assert heights.get_ydata().sum() * np.diff(heights.get_xdata())[0] == pytest.approx(1)
    assert lines(spectra, "truth")[0].get_xdata().max() == 1.0  # half of the rows a unit of time
    assert display.density == density_distance(SERIES, other)
    assert display.spectrum == spectrum_distance(SERIES, other, step=0.5)


def test_a_forecaster_runs_on_and_one_channel_stands_beside_itself():
    wave = np.sin(np.arange(500) / 4)[:, None]
    model = looped(EchoState(50, random_state=0)).fit(wave)
    display = AttractorDisplay.from_estimator(model, wave, 100)
    np.testing.assert_array_equal(display.y_pred, model.forecast(100, wave))
    assert display.axes_[0].get_ylabel() == "channel 0, a row before"


def test_a_run_that_stands_still_or_leaves_every_bound():
    still = AttractorDisplay.from_predictions(SERIES, np.ones((100, 2)))
    assert still.spectrum == 1 and still.density > 1
    wild = AttractorDisplay.from_predictions(SERIES, np.full((100, 2), 1e200))
    assert wild.axes_[0].get_xlim()[1] < 2


@pytest.mark.parametrize(("options", "name"), [
    ({"y_pred": SERIES[:5]}, "y_pred"), ({"y_pred": SERIES[:, :1]}, "y_pred"), ({"step": 0}, "step"),
    ({"channels": (0, 2)}, "channels"), ({"channels": (0,)}, "channels"), ({"names": ["x"]}, "names"),
])  # fmt: skip
def test_parameters_out_of_range(options, name):
    with pytest.raises(ValueError, match=f"'{name}' parameter of AttractorDisplay must be"):
        AttractorDisplay.from_predictions(**{"y_true": SERIES, "y_pred": SERIES, **options})
