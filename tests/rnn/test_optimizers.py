"""Optimisers and clipping follow the equations of their papers."""

import numpy as np

from reservoir.rnn.optimizers import SGD, Adam, RMSProp, clipped


def test_optimizers_follow_their_equations():
    """Two steps of each against the recursions of the papers."""
    g = [np.array([0.5, -2.0]), np.array([1.0, 0.25])]
    x, rate = np.array([1.0, 1.0]), 0.1

    def moved(optimizer):
        parameters = x.copy()
        for gradient in g:
            optimizer.update(parameters, gradient, rate)
        return parameters

    v1 = -rate * g[0]
    v2 = 0.9 * v1 - rate * g[1]
    np.testing.assert_allclose(moved(SGD(2, float, 0.9, False)), x + v1 + v2)
    nesterov = x + (0.9 * v1 - rate * g[0]) + (0.9 * v2 - rate * g[1])
    np.testing.assert_allclose(moved(SGD(2, float, 0.9, True)), nesterov)
    s1 = 0.1 * g[0] ** 2
    s2 = 0.9 * s1 + 0.1 * g[1] ** 2
    expected = x - rate * g[0] / (np.sqrt(s1) + 1e-8) - rate * g[1] / (np.sqrt(s2) + 1e-8)
    np.testing.assert_allclose(moved(RMSProp(2, float, 0.9, 1e-8)), expected)
    m1, w1 = 0.1 * g[0], 0.001 * g[0] ** 2
    m2, w2 = 0.9 * m1 + 0.1 * g[1], 0.999 * w1 + 0.001 * g[1] ** 2
    first = rate * (m1 / 0.1) / (np.sqrt(w1 / 0.001) + 1e-8)
    second = rate * (m2 / (1 - 0.9**2)) / (np.sqrt(w2 / (1 - 0.999**2)) + 1e-8)
    np.testing.assert_allclose(moved(Adam(2, float, 0.9, 0.999, 1e-8)), x - first - second, rtol=1e-10)


def test_clipping_keeps_the_direction():
    gradient = np.array([3.0, 4.0])
    shorter, norm = clipped(gradient, 1.0)
    np.testing.assert_allclose(shorter, gradient / 5)
    assert norm == 5.0
    assert clipped(gradient, 5.0)[0] is gradient and clipped(gradient, None)[0] is gradient
