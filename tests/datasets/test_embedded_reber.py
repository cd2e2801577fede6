"""Reber strings are in their language, and chance is the stated one."""

import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from reservoir.datasets import (
    make_embedded_reber,
)
from tests.datasets.samples import within

LATER = "(?:XT*VP)*(?:S|XT*VV)"
REBER = f"B(?:TS*X{LATER}|PT*V(?:V|P{LATER}))E"
EMBEDDED = f"B([TP]){REBER}\\1E"


def text(x):
    return "".join("BTPSXVE"[column] for column in x.argmax(axis=1))


@pytest.fixture(scope="module")
def reber():
    return make_embedded_reber(10000, random_state=0)


def test_reber_strings_are_in_the_language(reber):
    X, y = reber
    assert all((x.sum(axis=1) == 1).all() and x.shape == target.shape for x, target in zip(X, y, strict=True))
    assert all(re.fullmatch(EMBEDDED, text(x) + "E") for x in X)
    assert min(map(len, X)) + 1 == 9
    assert within([len(x) + 1 for x in X], 12)


def test_possible_next_symbols_are_those_that_occur(reber):
    # Witness without a graph: after a prefix that came often, the symbols that have followed it in any string.
    followed, stated = {}, {}
    for x, target in zip(*reber, strict=True):
        string = text(x) + "E"
        for t in range(len(x)):
            prefix = string[: t + 1]
            followed.setdefault(prefix, []).append(string[t + 1])
            stated.setdefault(prefix, set()).add("".join(np.array(list("BTPSXVE"))[target[t] == 1]))
    often = [prefix for prefix, symbols in followed.items() if len(symbols) >= 40]
    assert len(often) > 50
    for prefix in often:
        assert stated[prefix] == {"".join(symbol for symbol in "BTPSXVE" if symbol in followed[prefix])}


def test_both_ways_of_a_branch_are_equally_likely_and_chance_is_the_stated_one(reber):
    X, y = reber
    inputs, targets = np.concatenate([x[1:] for x in X]), np.concatenate([target[:-1] for target in y])
    two = targets.sum(axis=1) == 2
    first = targets.argmax(axis=1)
    assert within(inputs[two, first[two]], 1 / 2)
    sizes = [target.sum() / 7 for target in y]
    assert abs(np.sum(sizes) / sum(map(len, y)) - 18 / 77) < 0.002
    second, last = np.array([(text(x)[1], text(x)[-1]) for x in X]).T
    assert_array_equal(second, last)
    assert within(last == "T", 1 / 2)


def test_a_continual_reber_series_is_the_strings_joined():
    X, y = make_embedded_reber(50, random_state=3, continual=True)
    parts, sets = make_embedded_reber(50, random_state=3)
    assert text(X) == "".join(text(x) + "E" for x in parts)
    ends = np.cumsum([len(x) + 1 for x in parts]) - 1
    assert_array_equal(y[ends], np.eye(7)[[0] * 50])
    assert_array_equal(np.delete(y, ends, axis=0), np.concatenate(sets))
    assert (X[1:][y[:-1] == 0] == 0).all()  # what comes next was possible
