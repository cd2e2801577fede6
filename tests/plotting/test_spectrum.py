"""Eigenvalues: what is drawn is what was given."""

import numpy as np
import pytest

from reservoir import EchoState
from reservoir.plotting import (
    SpectrumDisplay,
)
from tests.plotting.displays import lines

RNG = np.random.default_rng(1)


def test_points_are_the_eigenvalues():
    turn = np.array([[0.0, -0.5], [0.5, 0.0]])
    display = SpectrumDisplay.from_matrix(turn)
    drawn = lines(display.ax_, "eigenvalues")[0].get_xydata()
    np.testing.assert_allclose(sorted(drawn.tolist()), [[0, -0.5], [0, 0.5]], atol=1e-12)
    assert display.radius == pytest.approx(0.5) and display.ax_.get_aspect() == 1


def test_a_system_with_and_without_its_leak():
    system = EchoState(30, leak=np.linspace(0.2, 1, 30), random_state=0).fit(np.zeros((1, 1)))
    assert SpectrumDisplay.from_estimator(system).radius == pytest.approx(0.9)
    own = np.stack([(1 - 0.0) * row for row in system.W_ @ np.eye(30)])
    update = np.eye(30) + np.array(system.leak)[:, None] * (own - np.eye(30))
    found = SpectrumDisplay.from_estimator(system, with_leak=True).eigenvalues
    np.testing.assert_allclose(np.sort_complex(found), np.sort_complex(np.linalg.eigvals(update)), atol=1e-9)
