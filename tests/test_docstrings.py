"""Docstrings out of two: what `documented_with` makes, and that those made in the house say each thing once."""

import inspect
import re

import pytest

from reservoir import neurons, plasticity, readouts
from reservoir.docstrings import documented_with


class Shared:
    """Words about the shared class.

    Parameters
    ----------
    pace : float, default 1.0
        Shared words.
    depth : int, default 2
        Never shown, where there is no depth.
    noise : float, default 0.0
        Shared noise.

    Raises
    ------
    ValueError
        Always.
    """


@documented_with(Shared)
class Own:
    """Words about the class itself.

    Parameters
    ----------
    first, last : int
        Two at once.
    noise : float, default 1.0
        Own noise.

    Examples
    --------
    >>> 1 + 1
    2
    """

    def __init__(self, first, pace=1.0, noise=1.0, last=3):
        pass


def titles(text):
    return re.findall(r"^(\w+)\n-+$", text, re.MULTILINE)


def test_one_docstring_out_of_two():
    """Parameters as the constructor takes them, own words first, and nothing of what the class does not have."""
    assert inspect.getdoc(Own) == "\n".join(
        (
            "Words about the class itself.", "",
            "Parameters", "----------", "first, last : int", "    Two at once.",
            "pace : float, default 1.0", "    Shared words.", "noise : float, default 1.0", "    Own noise.", "",
            "Raises", "------", "ValueError", "    Always.", "",
            "Examples", "--------", ">>> 1 + 1", "2",
        )
    )  # fmt: skip


def test_without_docstrings_nothing_happens():
    """As under ``python -OO``."""

    class Bare:
        pass

    assert documented_with(Shared)(Bare).__doc__ is None


RECORDS = [
    getattr(room, name)
    for room in (neurons, plasticity, readouts)
    for name in room.__all__
    if inspect.isclass(getattr(room, name)) and hasattr(getattr(room, name), "get_params")
]


@pytest.mark.parametrize("kind", RECORDS)
def test_every_parameter_is_documented_once_and_in_order(kind):
    """With the words of the class or with those that it shares; what several have in one entry stands at the first."""
    text = inspect.getdoc(kind)
    assert len(set(titles(text))) == len(titles(text)) and titles(text)[-1] == "Examples"
    section = text.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    heads = re.findall(r"^(\S.*?) : ", section, re.MULTILINE)
    documented, order = [head.split(", ") for head in heads], list(inspect.signature(kind).parameters)
    assert sorted(name for names in documented for name in names) == sorted(order)
    assert [names[0] for names in documented] == sorted((names[0] for names in documented), key=order.index)
