"""What a pair of spikes does to a synapse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reservoir.docstrings import documented_with
from reservoir.parts import Numbers, WindowedRule
from reservoir.plotting.display import Display, legend_above, styled
from reservoir.plotting.names import plain
from reservoir.plotting.palette import BLACK, line
from reservoir.validation import check_real, is_function, parameter_error, real_array, without_unit

_POINTS = 400  # a side
_REACH = 0.1  # seconds, where a rule does not say how far its window goes


@documented_with(Display)
@dataclass(eq=False, repr=False)
class STDPWindowDisplay(Display):
    """Change of a weight by one pair of spikes, over the lag of the receiver's spike behind the arriving one.

    The change is a share of the largest weight; of rules that change another quantity, such as the utilisation or an
    eligibility, it is that quantity's.

    Parameters
    ----------
    lags : array (n_lags,)
        Seconds; NaN breaks a line.
    changes : dict of str to array (n_lags,)
        A line each.

    Raises
    ------
    ValueError
        For a rule that has no window, and arrays that do not fit.

    Examples
    --------
    >>> from reservoir.plotting import STDPWindowDisplay
    >>> from spiking import STDP
    >>> display = STDPWindowDisplay.from_rule(STDP(mu_plus=1.0, mu_minus=1.0), weights=[0.2, 0.8])
    >>> list(display.changes)
    ['w = 0.2 w_max', 'w = 0.8 w_max']
    """

    lags: np.ndarray
    changes: dict[str, np.ndarray]

    @classmethod
    def from_changes(
        cls, lags: Numbers, changes: Numbers | Mapping[str, Numbers], *, ax: Any = None
    ) -> STDPWindowDisplay:
        """Draw changes (n_lags,), or a dictionary of them by name, at lags (n_lags,) in seconds."""
        moments = real_array(without_unit(cls.__name__, "lags", lags, "second"))
        if moments is None or moments.ndim != 1 or not moments.size:
            raise parameter_error(cls.__name__, "lags", "an array of numbers (n_lags,)", lags)
        named = changes if isinstance(changes, Mapping) else {"": changes}
        read = {str(name): real_array(values) for name, values in named.items()}
        if not read or any(values is None or values.shape != moments.shape for values in read.values()):
            raise parameter_error(cls.__name__, "changes", f"an array ({len(moments)},) or a dict of these", changes)
        return cls(moments, {name: np.asarray(values) for name, values in read.items()}).plot(ax)

    @classmethod
    def from_rule(
        cls,
        rule: WindowedRule | Callable[..., Any] | Mapping[str, WindowedRule | Callable[..., Any]],
        *,
        weights: Numbers | None = None,
        span: float | None = None,
        ax: Any = None,
    ) -> STDPWindowDisplay:
        """Draw the window of one rule, or of several.

        Parameters
        ----------
        rule : rule of `reservoir.plasticity`, function, or dict of these by name
            A rule is asked for its ``window(lags, share)``, the change by a pair that is far from all other spikes, and
            for its `reach`. A function gets lags (n_lags,) in seconds and returns changes (n_lags,).
        weights : None or list of float in [0, 1], default None
            Weights, shares of w_max, at which the window is drawn; only where it depends on the weight. None is 0.5.
        span : float > 0 or None, default None
            Largest lag, seconds. None is the longest `reach`, five time constants of a window, or 0.1 for functions.
        ax : None or Axes, default None

        Returns
        -------
        STDPWindowDisplay
        """
        rules = dict(rule) if isinstance(rule, Mapping) else {"": rule}
        shares = real_array([0.5] if weights is None else weights)
        if shares is None or shares.ndim != 1 or not shares.size or not ((shares >= 0) & (shares <= 1)).all():
            raise parameter_error(cls.__name__, "weights", "None or a list of numbers in [0, 1]", weights)
        windows = {name: _window_of(cls.__name__, part) for name, part in rules.items()}
        if span is None:
            span = max((reach for _, reach in windows.values()), default=_REACH)
        span = check_real(cls.__name__, "span", span, 0, closed="neither", unit="second")
        side = np.linspace(0, span, _POINTS)
        lags = np.concatenate([-side[:0:-1], [-np.nextafter(0, 1), np.nan], side])
        changes = {}
        for name, (window, _) in windows.items():
            by_weight = _depends_on_weight(window, lags)
            for share in shares if by_weight else shares[:1]:
                words = [name] * bool(name) + [f"w = {share:g} w_max"] * by_weight
                changes[", ".join(words)] = np.asarray(window(lags, share))
        return cls.from_changes(lags, changes, ax=ax)

    @styled
    def plot(self, ax: Any = None) -> STDPWindowDisplay:
        """Draw the window.

        Parameters
        ----------
        ax : None or Axes, default None
            None makes a figure.

        Returns
        -------
        self
        """
        (panel,) = self._open(ax, size=(4.8, 3.2))
        panel.axhline(0, color=BLACK, linewidth=0.6)
        panel.axvline(0, color=BLACK, linewidth=0.6)
        for number, (name, changes) in enumerate(self.changes.items()):
            panel.plot(1e3 * self.lags, changes, label=plain(name) if name else "_nolegend_", **line(number))
        panel.set_xlim(1e3 * np.nanmin(self.lags), 1e3 * np.nanmax(self.lags))
        panel.set(xlabel="receiver fires after arrival (ms)", ylabel="change by one pair")
        legend_above(panel, 3)
        return self


def _window_of(owner: str, rule: Any) -> tuple[Callable[..., Any], float]:
    """Function of lags and the weight, and how far it is drawn, seconds."""
    if hasattr(rule, "window") and not isinstance(rule, type):
        return rule.window, getattr(rule, "reach", _REACH)
    if is_function(rule):
        return lambda lags, share: rule(lags), _REACH
    raise parameter_error(owner, "rule", "a rule with a `window` of pairs, a function, or a dict of these", rule)


def _depends_on_weight(window: Callable[..., Any], lags: np.ndarray) -> bool:
    return not np.array_equal(window(lags, 0.25), window(lags, 0.75), equal_nan=True)
