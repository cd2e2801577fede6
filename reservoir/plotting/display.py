"""What all displays share: matplotlib on demand, one style, and panels in a new figure or in given axes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from reservoir.validation import parameter_error

INSTALL = 'pip install "reservoir-spiking[plot]"'
STYLE = {
    "font.size": 9,
    "axes.labelsize": 9,
    "axes.titlesize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.3,
    "hatch.linewidth": 0.8,
}
"""Holds while a display draws, and nowhere else: 8 points and more at a width of 6.4 inches, that of a printed page."""
BEHIND_TEXT = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
"""A pale box behind words that stand among data."""
_Plot = TypeVar("_Plot", bound=Callable[..., Any])


def matplotlib_for(owner: str) -> Any:
    """The module matplotlib, or an ImportError that says how to install it."""
    try:
        import matplotlib
        import matplotlib.pyplot
    except ImportError as error:
        raise ImportError(f"{owner} needs matplotlib, which is not installed: {INSTALL}") from error
    return matplotlib


def styled(plot: _Plot) -> _Plot:
    """Decorator of ``plot``: matplotlib is imported when it is called, and the style holds until it returns."""

    @functools.wraps(plot)
    def drawn(self: Any, *args: Any, **kwargs: Any) -> Any:
        with matplotlib_for(type(self).__name__).rc_context(STYLE):
            return plot(self, *args, **kwargs)

    return drawn  # type: ignore[return-value]


class Display:
    """A picture: data that a constructor has read, and ``plot``, which draws them.

    Attributes
    ----------
    axes_ : array of Axes (n_panels,)
    ax_ : Axes, the first panel
    figure_ : Figure
    """

    axes_: np.ndarray
    ax_: Any
    figure_: Any

    def _open(
        self,
        ax: Any,
        *,
        size: tuple[float, float] = (6.4, 3.2),
        heights: Sequence[float] = (1,),
        widths: Sequence[float] = (1,),
        n_panels: int | None = None,
        one_x: bool = False,
        one_y: bool = False,
    ) -> list[Any]:
        """Panels in rows of these heights and columns of these widths, row by row; sets the three attributes.

        ax : None for a figure of this size in inches, an Axes that is used or divided, or one Axes per panel.
        """
        n_panels = len(heights) * len(widths) if n_panels is None else n_panels
        if ax is None or (n_panels > 1 and hasattr(ax, "get_position")):
            grid = _grid(ax, size, heights, widths, (0.15 if one_x else 0.5, 0.1 if one_y else 0.4))
            panels: list[Any] = []
            for index in range(n_panels):
                row, column = divmod(index, len(widths))
                shared = {"sharex": panels[0] if one_x and panels else None}
                shared["sharey"] = panels[0] if one_y and panels else None
                panels.append(grid.figure.add_subplot(grid[row, column], **shared))
                panels[-1].tick_params(labelbottom=not one_x or row == len(heights) - 1)
                panels[-1].tick_params(labelleft=not one_y or column == 0)
        else:
            panels = list(np.ravel(np.array(ax, dtype=object)))
            if len(panels) != n_panels or not all(hasattr(panel, "get_position") for panel in panels):
                wanted = "None, an Axes or " + (f"an array of {n_panels} Axes" if n_panels > 1 else "an array of one")
                raise parameter_error(type(self).__name__, "ax", wanted, ax)
        self.axes_ = np.empty(n_panels, dtype=object)
        self.axes_[:] = panels
        self.ax_, self.figure_ = panels[0], panels[0].figure
        return panels


def rows_and_columns(n_panels: int) -> tuple[int, int]:
    """A grid for panels of equal size, at most three beside each other."""
    n_rows = -(-n_panels // 3)
    return n_rows, -(-n_panels // n_rows)


def legend_above(panel: Any, n_columns: int = 4, of: Any = None, **options: Any) -> None:
    """The legend of a panel, or of another one, on top of it, where it hides no data; none without labels."""
    handles, labels = (panel if of is None else of).get_legend_handles_labels()
    if handles:
        options = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.3, "columnspacing": 1.2} | options
        panel.legend(handles, labels, ncols=min(n_columns, len(labels)), **options)


def _grid(
    ax: Any, size: tuple[float, float], heights: Sequence[float], widths: Sequence[float], gaps: tuple[float, float]
) -> Any:
    """A grid in a new figure, or in the place of `ax`; the gaps are for a figure without a layout engine."""
    import matplotlib.pyplot as plt
    from matplotlib.gridspec import GridSpec, GridSpecFromSubplotSpec

    ratios: dict[str, Any] = {"height_ratios": heights, "width_ratios": widths}
    if ax is None:
        return GridSpec(len(heights), len(widths), plt.figure(figsize=size, layout="constrained"), **ratios)
    ax.set_axis_off()
    place = ax.get_subplotspec()
    if place is None:
        (left, bottom), (right, top) = ax.get_position().get_points()
        box = {"left": left, "right": right, "bottom": bottom, "top": top, "hspace": gaps[0], "wspace": gaps[1]}
        return GridSpec(len(heights), len(widths), ax.figure, **box, **ratios)
    if ax.figure.get_layout_engine() is not None:
        gaps = (0.05, 0.05)
    grid = GridSpecFromSubplotSpec(len(heights), len(widths), place, hspace=gaps[0], wspace=gaps[1], **ratios)
    grid.figure = ax.figure
    return grid
