"""Temporal order is its definition, and its chance the stated one."""

import re

import numpy as np
import pytest
from scipy.stats import chisquare

from reservoir.datasets import (
    make_temporal_order,
)

WINDOWS = {2: [(10, 20), (50, 60)], 3: [(10, 20), (33, 43), (66, 76)]}


@pytest.mark.parametrize("n_relevant", [2, 3])
def test_temporal_order_is_its_definition(n_relevant):
    X, y = make_temporal_order(4000, n_relevant=n_relevant, random_state=0)
    classes = ["XX", "XY", "YX", "YY"]
    if n_relevant == 3:
        classes = ["XXX", "XXY", "XYX", "XYY", "YXX", "YXY", "YYX", "YYY"]
    rows = []
    for x, label in zip(X, y, strict=True):
        assert (x.sum(axis=1) == 1).all() and 100 <= len(x) <= 110
        string = "".join("EBabcdXY"[column] for column in x.argmax(axis=1))
        assert re.fullmatch(r"E[abcdXY]+B", string)
        assert re.sub("[^XY]", "", string) == classes[label]
        rows.append([match.start() for match in re.finditer("[XY]", string)])
    for positions, (low, high) in zip(np.transpose(rows), WINDOWS[n_relevant], strict=True):
        assert chisquare(np.bincount(positions - low, minlength=high - low + 1)).pvalue > 1e-3
    assert chisquare(np.bincount([len(x) - 100 for x in X], minlength=11)).pvalue > 1e-3
    assert chisquare(np.concatenate(X).sum(axis=0)[2:6]).pvalue > 1e-3


@pytest.mark.parametrize(("n_relevant", "counted"), [(2, 3 / 4), (3, 1 / 2)])
def test_chance_and_counting_in_temporal_order(n_relevant, counted):
    X, y = make_temporal_order(4000, 10, n_relevant=n_relevant, random_state=1)
    n_classes = 2**n_relevant
    assert len(set(y)) == n_classes and chisquare(np.bincount(y)).pvalue > 1e-3
    counts = np.array([x[:, 7].sum() for x in X])
    most = sum(np.bincount(y[counts == count]).max() for count in range(n_relevant + 1))
    smallest = counted * len(y)
    assert smallest - 4 * np.sqrt(len(y)) < most < smallest + 4 * np.sqrt(len(y))


@pytest.mark.parametrize("length", [10, 11, 37, 250])
@pytest.mark.parametrize("n_relevant", [2, 3])
def test_temporal_order_scales(length, n_relevant):
    X, _ = make_temporal_order(300, length, n_relevant=n_relevant, random_state=2)
    for x in X:
        assert length <= len(x) <= 1.1 * length
        positions = np.flatnonzero(x[:, 6:].any(axis=1))
        assert len(positions) == n_relevant
        for t, (low, high) in zip(positions, WINDOWS[n_relevant], strict=True):
            assert np.floor(low * length / 100) <= t <= high * length / 100
