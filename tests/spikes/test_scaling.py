"""Truths that every encoder must meet, found by walking the exports."""

import inspect
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from reservoir.spikes import (
    BensSpiker,
    GaussianReceptiveFields,
    Latency,
    Poisson,
    PoissonPopulation,
    PoissonReceptiveFields,
    SendOnDelta,
)
from tests.spikes.parts import ENCODERS, PARTS, SCALED, generator


@pytest.mark.parametrize("part", PARTS)
def test_parts_are_parts(part):
    made = clone(part())
    assert list(inspect.signature(part).parameters) == list(part().__dict__) and made.get_params() == vars(made)
    assert repr(made).startswith(part.__name__)
    if part in SCALED:
        made.fit(np.arange(6.0).reshape(3, 2))
    copied = pickle.loads(pickle.dumps(made))
    assert repr(copied) == repr(made) and vars(copied).keys() == vars(made).keys()


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("step", [1e-3, 0.01, 0.3])
def test_encode(encoder, step):
    rows = generator(1).normal(size=(40, 3))
    made = encoder().fit(rows)
    record = made.encode(rows, step, generator(2))
    assert record.n_units == made.n_channels(3) and record.duration == 40 * step
    assert record == clone(made).fit(rows).encode(rows, step, generator(2))
    if inspect.signature(made.encode).parameters["rng"].default is None:  # nothing is drawn; rows to come do not count
        assert record == made.encode(rows, step, None)
        assert made.encode(rows[:25], step, None) == record.window(0, 25 * step)


def turned(made, rows, rng):
    """What an encoder makes of rows: spikes, or shares of the largest current."""
    return made.encode(rows, 0.01, rng) if hasattr(made, "encode") else made.normalised(rows)


@pytest.mark.parametrize("part", SCALED)
def test_the_range(part):
    rows = generator().normal(size=(30, 3)) * [1, 10, 0] + [0, 5, 2]
    learned, given_ = part().fit(rows), part(low=-1.0, high=[1.0, 2.0, 3.0]).fit(rows)
    np.testing.assert_array_equal(learned.low_, rows.min(axis=0))
    np.testing.assert_array_equal(learned.high_, rows.max(axis=0))
    np.testing.assert_array_equal([given_.low_, given_.high_], [[-1, -1, -1], [1, 2, 3]])
    outside = rows * 3
    for made in (learned, given_):
        clipped = np.clip(outside, made.low_, made.high_)
        assert np.all(turned(made, outside, generator(5)) == turned(made, clipped, generator(5)))
    constant = part().fit(np.full((4, 2), 7.0))
    other, same = (turned(constant, np.array([row]), generator(5)) for row in ([1.0, 9.0], [7.0, 7.0]))
    assert np.all(other == same)


@pytest.mark.parametrize("part", SCALED)
def test_bad_rows(part):
    with pytest.raises(NotFittedError):
        turned(part(), np.zeros((2, 2)), generator())
    made = part().fit(np.eye(2))
    with pytest.raises(ValueError, match=f"X has 3 features, but {part.__name__} is expecting 2 features as input"):
        turned(made, np.zeros((2, 3)), generator())
    for rows in ([[np.nan, 0]], [1.0, 2.0], np.zeros((0, 2)), [["a", "b"]], [[1e200, 0]]):
        with pytest.raises(ValueError, match=part.__name__):
            turned(made, rows, generator())
    for name, bounds in [
        ("low", {"low": 2.0}),
        ("high", {"high": [0.0, -1.0]}),
        ("low", {"low": "x"}),
        ("high", {"high": np.ones(3)}),
        ("low", {"low": np.nan}),
    ]:
        with pytest.raises(ValueError, match=f"The '{name}' parameter of {part.__name__} must be"):
            part(**bounds).fit(np.eye(2))
    for step in (0, -1, np.inf, "x", True) if hasattr(part, "encode") else ():
        with pytest.raises(ValueError, match=f"The 'step' parameter of {part.__name__} must be"):
            made.encode(np.eye(2), step, generator())


@pytest.mark.parametrize(
    "encoder",
    [
        Poisson(max_rate=-1),
        Poisson(min_rate=-1),
        Poisson(max_rate=5, min_rate=6),
        Poisson(max_rate=np.inf),
        Latency(0),
        Latency(1),
        SendOnDelta(0),
        SendOnDelta(1.1),
        GaussianReceptiveFields(2),
        GaussianReceptiveFields(8.0),
        GaussianReceptiveFields(cut=0),
        GaussianReceptiveFields(sharpness=0),
        PoissonReceptiveFields(2),
        PoissonReceptiveFields(sharpness=0),
        PoissonPopulation(0),
        PoissonPopulation(max_rate=-1),
        BensSpiker(threshold=1.1),
        BensSpiker(n_taps=0),
        BensSpiker(interval=0.02),
        BensSpiker(interval=0.003),
    ],
)
def test_encoder_parameters_out_of_range(encoder):
    with pytest.raises(ValueError, match=rf"The '\w+' parameter of {type(encoder).__name__} must be"):
        encoder.fit(np.eye(2)).encode(np.eye(2), 0.01, generator())


@pytest.mark.parametrize("part", SCALED)
def test_a_subclass_is_told_its_own_name(part):
    own = type("Own", (part,), {})
    with pytest.raises(ValueError, match="The 'low' parameter of Own must be"):
        own(low="x").fit(np.eye(2))
    with pytest.raises(ValueError, match="The 'rows' parameter of Own must be"):
        own().fit("rows")
