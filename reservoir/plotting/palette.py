"""What tells lines, points and bars apart: colours, and with each of them a line, a marker and a hatch of its own.

The colours are those of Okabe and Ito, which readers with any of the common colour deficiencies tell apart, but for the
yellow, too pale for lines on white. No display relies on colour alone: the second mark survives a copier.

Okabe and Ito 2008, Color universal design, https://jfly.uni-koeln.de/color/.
"""

from __future__ import annotations

from typing import Any

BLUE, VERMILLION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
ORANGE, SKY, BLACK, GREY = "#e69f00", "#56b4e9", "#000000", "#767676"
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)
LINES = ("solid", (0, (5, 2)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "oo", "++")
SEQUENTIAL = "cividis"
"""Colour map whose lightness grows with the value, for readers with and without colour."""


def colour(index: int) -> str:
    """Colour of the series of this number."""
    return COLOURS[index % len(COLOURS)]


def line(index: int) -> dict[str, Any]:
    """Colour and dashes of a line; the pairs repeat after 35."""
    return {"color": colour(index), "linestyle": LINES[index % len(LINES)]}


def point(index: int) -> dict[str, Any]:
    """Colour and marker of points; the pairs repeat after 56."""
    return {"color": colour(index), "marker": MARKERS[index % len(MARKERS)]}


def bar(index: int) -> dict[str, Any]:
    """Colour and hatch of bars, white hatches on the colour; the pairs repeat after 56."""
    return {"facecolor": colour(index), "hatch": HATCHES[index % len(HATCHES)], "edgecolor": "white", "linewidth": 0}
