"""What a system does while it hears a series."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from reservoir.parts import Numbers, SequenceData, System, check_part
from reservoir.plotting.display import Display, styled
from reservoir.plotting.names import plain
from reservoir.plotting.palette import BLUE, ORANGE, SEQUENTIAL, VERMILLION
from reservoir.validation import check_choice, check_integer, check_real, parameter_error, real_array


@dataclass(eq=False, repr=False)
class StatesDisplay(Display):
    """States as a heat map of units and time, and their path in the plane of the first two principal components.

    The axes of the plane name the share of the variance that each component holds.

    Parameters
    ----------
    states : array (T, n_units)
    step : float > 0, default 1.0
        Time between rows.
    unit : str, default "steps"
        Name of the unit of `step`.

    Attributes
    ----------
    components : array (T, 2)
        The centred states in the directions of their largest variance; the largest entry of a direction is positive.
    shares : array (2,)
        Share of the variance in each.
    axes_ : array of Axes, the heat map and the plane, those that are drawn
    ax_, figure_ : Axes of the first panel, Figure

    Raises
    ------
    ValueError
        For states that are no finite array of two rows and two units or more, and parameters outside their range.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.plotting import StatesDisplay
    >>> series = np.sin(np.arange(200) / 5).reshape(-1, 1)
    >>> display = StatesDisplay.from_estimator(EchoState(30, random_state=0).fit(series), series)
    >>> display.components.shape
    (200, 2)
    """

    states: np.ndarray
    _: KW_ONLY
    step: float = 1.0
    unit: str = "steps"

    @classmethod
    def from_estimator(
        cls,
        system: System,
        X: SequenceData,
        *,
        washout: int = 0,
        step: float = 1.0,
        unit: str = "steps",
        ax: Any = None,
    ) -> StatesDisplay:
        """Draw the states of a fitted system that hears the series X (T, F) from rest, without the first `washout`."""
        check_part(cls.__name__, "system", system, System)
        washout = check_integer(cls.__name__, "washout", washout, 0)
        return cls.from_states(system.run(X)[0][washout:], step=step, unit=unit, ax=ax)

    @classmethod
    def from_states(cls, states: Numbers, *, step: float = 1.0, unit: str = "steps", ax: Any = None) -> StatesDisplay:
        """Draw states (T, n_units)."""
        table = real_array(states)
        if table is None or table.ndim != 2 or min(table.shape) < 2 or not np.isfinite(table).all():
            wanted = "a finite array (T, n_units) of one series, two rows and two units or more"
            raise parameter_error(cls.__name__, "states", wanted, states)
        step = check_real(cls.__name__, "step", step, 0, closed="neither")
        return cls(table, step=step, unit=unit).plot(ax)

    @property
    def components(self) -> np.ndarray:
        """The two principal components of every row (T, 2)."""
        return self._principal()[0]

    @property
    def shares(self) -> np.ndarray:
        """Share of the variance that each holds (2,)."""
        return self._principal()[1]

    @styled
    def plot(self, ax: Any = None, *, kind: str = "both") -> StatesDisplay:
        """Draw the states.

        Parameters
        ----------
        ax : None, Axes or array of Axes, default None
            None makes a figure; one Axes is divided where there are two panels.
        kind : {"both", "map", "components"}, default "both"

        Returns
        -------
        self
        """
        check_choice(type(self).__name__, "kind", kind, ["both", "map", "components"])
        size = {"both": (7.0, 3.0), "map": (5.0, 3.0), "components": (3.4, 3.2)}[kind]
        panels = self._open(ax, size=size, widths=(3, 2) if kind == "both" else (1,))
        if kind != "components":
            self._draw_map(panels[0])
        if kind != "map":
            self._draw_components(panels[-1])
        return self

    def _draw_map(self, panel: Any) -> None:
        n_rows, n_units = self.states.shape
        extent = (0, n_rows * self.step, n_units - 0.5, -0.5)
        image = panel.imshow(self.states.T, aspect="auto", extent=extent, cmap=SEQUENTIAL)
        panel.set(xlabel=f"time ({plain(self.unit)})", ylabel="unit")
        panel.spines[:].set_visible(True)
        bar = self.figure_.colorbar(image, ax=panel, label="state", location="top", pad=0.02, aspect=40)
        bar.outline.set_visible(False)

    def _draw_components(self, panel: Any) -> None:
        path, shares = self._principal()
        panel.plot(*path.T, color=BLUE, linewidth=0.7)
        panel.plot(*path[0], "o", color=ORANGE, markeredgecolor="black", markersize=6, label="first row")
        panel.plot(*path[-1], "s", color=VERMILLION, markeredgecolor="black", markersize=6, label="last row")
        panel.set(xlabel=f"component 1 ({shares[0]:.0%})", ylabel=f"component 2 ({shares[1]:.0%})")
        panel.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.3, handletextpad=0.1)

    def _principal(self) -> tuple[np.ndarray, np.ndarray]:
        centred = self.states - self.states.mean(axis=0)
        variances, directions = np.linalg.eigh(centred.T @ centred)
        first = directions[:, :-3:-1]
        first = first * np.sign(first[np.abs(first).argmax(axis=0), [0, 1]])
        total = max(variances.sum(), np.finfo(float).tiny)
        return centred @ first, np.maximum(variances[:-3:-1], 0) / total
