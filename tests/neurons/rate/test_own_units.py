"""Units and activations from outside the package: an edit is seen, and a class is found again or compiled anew."""

import os
from typing import NamedTuple

import numba
import numpy as np
import pytest

from reservoir import EchoState
from reservoir.compilation import kernel
from reservoir.neurons.activations import activation_of
from reservoir.neurons.rate import LeakyIntegrator, loops
from reservoir.neurons.rate.unit import RateUnit, compiled_for
from reservoir.probes import lyapunov_exponent
from reservoir.probes.tangent import tangent_of
from reservoir.readouts import Force
from reservoir.systems import EchoStateLanes
from tests.forks import printed
from tests.loops import looped

FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
X = np.random.default_rng(0).uniform(-1, 1, (60, 1))
UNIT = """
    from typing import Any, NamedTuple
    from reservoir.compilation import kernel
    from reservoir.neurons.rate.unit import RateUnit

    @kernel()
    def speed(i):
        return {speed}

    class Cells(NamedTuple):
        start: float

        @staticmethod
        @kernel()
        def step(cells, state, heard, scratch):
            for i in range(heard.size):
                heard[i] = state[i] + cells.start + speed(i)
                state[i] = heard[i]

    class Counting(RateUnit):
        def cells(self, n_units, matrices, dtype):
            return Cells(0.0)
"""
USE = """
    import numpy as np
    from counting import Counting
    from reservoir import EchoState
    from reservoir.neurons.rate import loops
    from reservoir.neurons.rate.unit import compiled_for

    system = EchoState(3, unit=Counting(), random_state=0).fit(np.zeros((1, 1)))
    states = system.transform(np.zeros((5, 1)))
    hits = compiled_for(loops.advance, system._compiled[2]).stats.cache_hits
    print(states[-1, 0], sum(hits.values()))
"""


FUNCTION = """
    import numba

    @numba.njit
    def helped(x):
        return {gain} * x

    @numba.njit
    def own(x):
        return helped(x) / (1 + abs(x))
"""
USE_OF_A_FUNCTION = """
    import numpy as np
    from function import own
    from reservoir import EchoState
    from reservoir.neurons.rate import loops
    from reservoir.neurons.rate.unit import compiled_for

    weights = dict(topology=np.zeros((1, 1)), spectral_radius=None, input_weights=[[1.0]])
    system = EchoState(1, activation=own, **weights).fit(np.zeros((1, 1)))
    states = system.transform(np.ones((1, 1)))
    hits = compiled_for(loops.advance, system._compiled[2]).stats.cache_hits
    print(states[-1, 0], sum(hits.values()))
"""


@FORKS
def test_an_own_activation_is_kept_under_what_it_does(tmp_path):
    """Compiled, found on disk, compiled after an edit of what it calls, and the first one found again."""
    edits = [{"function.py": FUNCTION.format(gain=gain)} for gain in (1.0, 1.0, 3.0, 1.0)]
    answers = printed(USE_OF_A_FUNCTION, edits, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert answers == [["0.5", "0"], ["0.5", "1"], ["1.5", "0"], ["0.5", "1"]]


def test_functions_that_do_the_same_share_a_type_and_others_do_not():
    one, same, other = (numba.njit(eval(f"lambda x: x * {gain}")) for gain in (2, 2, 3))
    kinds = [type(activation_of(function)) for function in (one, same, other)]
    assert kinds[0] is kinds[1] is not kinds[2]
    table = {0: 1.0}
    untold = numba.njit(lambda x: x * len(table))
    assert type(activation_of(untold)) is not type(activation_of(numba.njit(lambda x: x * len(table))))


@FORKS
def test_an_edit_of_an_own_unit_is_seen(tmp_path):
    """The first run compiles, the second finds it on disk, the third sees the edit, of a function that `step` calls."""
    edits = [{"counting.py": UNIT.format(speed=speed)} for speed in (1.0, 1.0, 2.0)]
    answers = printed(USE, edits, tmp_path, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert answers == [["5.0", "0"], ["5.0", "1"], ["10.0", "0"]]


@numba.njit
def soft_sign(x):
    return x / (1 + abs(x))


@numba.njit
def same_tanh(x):
    return np.tanh(x)


def test_an_own_function_is_as_good_as_a_named_one():
    """In states, a closed loop, a loop that learns, lanes and exponents."""
    answers = []
    for activation in ("tanh", same_tanh):
        system = EchoState(9, activation=activation, spectral_radius=0.5, random_state=0)
        found = [system.fit_transform(X), lyapunov_exponent(system, X, washout=10).largest]
        for options in ({}, {"readout": Force()}):
            found.append(looped(system, washout=5, **options).fit(X).forecast(4))
        found.append(next(EchoStateLanes(system, [{}, {"input_scaling": 0.5}]).fit(X).blocks(X))[1])
        answers.append(found)
    for named, own in zip(*answers, strict=True):
        np.testing.assert_allclose(own, named, rtol=0, atol=1e-7)


def test_two_functions_are_two_types():
    types = [type(activation_of(function)) for function in (soft_sign, same_tanh, soft_sign)]
    assert types[0] is types[2] is not types[1]
    cells = [LeakyIntegrator(activation=f).cells(3, {}, np.dtype(float)) for f in ("tanh", soft_sign, same_tanh)]
    made = [compiled_for(loops.advance, one) for one in cells]
    assert made[0] is loops.advance and len({id(one) for one in made}) == 3
    assert compiled_for(loops.advance, cells[1]) is made[1]


class HalvingCells(NamedTuple):
    """What one step needs."""

    share: float

    @staticmethod
    @kernel()
    def step(cells, state, heard, scratch):
        for i in range(heard.size):
            heard[i] += cells.share * state[i]
            state[i] = heard[i]


class Halving(RateUnit):
    """x' = x / 2 + h, the smallest unit there is."""

    def cells(self, n_units, matrices, dtype):
        return HalvingCells(0.5)


def test_a_unit_without_a_tangent_is_followed_by_two_trajectories():
    system = EchoState(5, topology=np.zeros((5, 5)), spectral_radius=None, unit=Halving(), random_state=0).fit(X)
    assert tangent_of(system) is None
    assert lyapunov_exponent(system, X, washout=10).largest == pytest.approx(np.log(0.5), abs=1e-6)
    with pytest.raises(ValueError, match="for its Jacobian"):
        lyapunov_exponent(system, X, washout=10, method="jacobian")
