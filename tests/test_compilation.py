"""Calls of compiled kernels."""

import numpy as np

from reservoir.compilation import for_types_of
from reservoir.readouts.affine import affine


def test_machine_code_answers_as_the_kernel_does():
    rows, coef, intercept = np.random.default_rng(0).normal(size=(3, 7)), np.ones((2, 7)), np.ones(2)
    mine, theirs = np.empty((3, 2)), np.empty((3, 2))
    affine(rows, coef, intercept, theirs)
    for_types_of(affine, rows, coef, intercept, mine)(rows, coef, intercept, mine)
    assert np.array_equal(mine, theirs)
