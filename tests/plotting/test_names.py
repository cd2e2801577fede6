"""Names of users are shown as they are, whatever they mean in TeX, and never break a picture."""

import io
from functools import partial

import matplotlib
import matplotlib.pyplot as plt
import pytest

from reservoir import plotting
from reservoir.plotting import ForecastDisplay
from reservoir.plotting.names import plain
from tests.plotting.displays import FORECAST, MAKERS, NAMED, TRUTH, WORDLESS

ODD = {
    "TeX that is wrong": r"$\frac{$",
    "TeX that is right": r"$x^2$",
    "one dollar": "US$",
    "escaped dollars": r"\$a\$",
    "backslash at the end": "a\\",
    "macro": r"\input{/etc/passwd}",
    "underscore first": "_hidden_",
    "no legend": "_nolegend_",
    "special characters": "50 % & #1 {a}~b^2",
    "lines": "a\nb\r\n\tc",
    "control characters": "a\x00b\x1b[31m",
    "lone surrogate": "a\ud800b",
    "bytes of a file name": "caf\udce9",
    "turned": "\u202eabc\u202c",
    "Hebrew": "\u05d0\u05d1\u05d2",
    "very long": "temperature " * 500,
    "one long word": "x" * 5000,
    "format": "{x} %s {0!r}",
}
# What a display could draw otherwise than it stands there; all are asked below what becomes of them.
DRAWN = ("TeX that is wrong", "TeX that is right", "underscore first", "lines", "lone surrogate", "very long")
EVERY = pytest.mark.parametrize("name", NAMED)


def test_every_display_is_asked():
    assert set(plotting.__all__) == set(NAMED) | WORDLESS and not set(NAMED) & WORDLESS


def words(figure):
    return [one for one in figure.findobj(matplotlib.text.Text) if one.get_text()]


def drawn(text):
    """What matplotlib draws of it: the characters, and whether they are read as mathematics."""
    return text._preprocess_math(text.get_text())


@EVERY
def test_a_name_is_drawn_as_it_is(name):
    usual = sum("plain" in one.get_text() for one in words(NAMED[name]("plain").figure_))
    for odd, text in ((odd, ODD[odd]) for odd in DRAWN):
        figure = NAMED[name](text).figure_
        found, shown = [drawn(one) for one in words(figure)], _shown(text).strip("_")[:8]
        assert sum(shown in text for text, is_math in found if not is_math) == usual > 0, odd
        assert not any(shown in text for text, is_math in found if is_math), odd
        plt.close(figure)


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_every_kind_of_file_takes_them(kind):
    figure, panel = plt.subplots()
    panel.set_title("\n".join(map(plain, ODD.values())))
    figure.savefig(io.BytesIO(), format=kind)


def _shown(text):
    return drawn(matplotlib.text.Text(text=plain(text)))[0].strip()


def test_what_is_drawn_of_a_name():
    seen = {odd: _shown(text) for odd, text in ODD.items()}
    same = ["TeX that is wrong", "TeX that is right", "one dollar", "backslash at the end", "macro"]
    same += ["underscore first", "special characters", "Hebrew", "format", "escaped dollars"]
    assert {odd: seen[odd] for odd in same} == {odd: ODD[odd] for odd in same}
    assert seen["lines"] == "a b c" and seen["turned"] == "abc"
    assert seen["lone surrogate"] == "a\ufffdb" and seen["control characters"] == "a\ufffdb\ufffd[31m"
    assert len(seen["very long"]) <= len(seen["one long word"]) == 24 and seen["one long word"].endswith("x\u2026")
    assert plain(3) == "3" and plain("\u03b1 \u2265 0") == "\u03b1 \u2265 0"


@EVERY
def test_long_names_leave_room_for_the_picture(name):
    figure = NAMED[name]("a name of many words " * 20).figure_
    figure.canvas.draw()
    for panel in figure.axes:
        box = panel.get_window_extent()
        assert panel.get_label() == "<colorbar>" or min(box.width, box.height) > 40


def test_names_in_settings_of_the_user():
    """As text under LaTeX, and where mathematics is off."""
    with matplotlib.rc_context({"text.usetex": True}):
        assert plain(r"50 % of $a_1\$") == r"50 \% of \$a\_1\textbackslash{}\$"
        assert plain("{~^&#}") == r"\{\textasciitilde{}\textasciicircum{}\&\#\}"
    with matplotlib.rc_context({"text.parse_math": False}):
        display = NAMED["ForecastDisplay"]("$a$")
        assert display.ax_.get_ylabel() == "$a$" and not drawn(display.ax_.yaxis.label)[1]


def test_words_of_the_library_stay():
    for name in MAKERS:
        figure = MAKERS[name]().figure_
        assert not any("\ufffd" in one.get_text() for one in words(figure))
        plt.close(figure)
    draw = partial(ForecastDisplay.from_predictions, TRUTH, FORECAST)
    assert [draw(names=["x", "y_1"]).axes_[place].get_ylabel() for place in (0, 1)] == ["x", "y_1"]
