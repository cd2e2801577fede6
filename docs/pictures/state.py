"""What the state of a reservoir knows: above its start, which it forgets; below, which rows each call uses for what."""

import matplotlib.pyplot as plt
import numpy as np

from reservoir import EchoState
from reservoir.datasets import make_mackey_glass

N_ROWS = 120
COLORS = {"heard only": "#e6c229", "learnt from": "#0072b2", "answered": "#009e73", "own answers": "#d55e00"}
CALLS = {
    "fit, washout=30": [("heard only", 0, 30), ("learnt from", 30, 120)],
    "predict": [("answered", 0, 120)],
    "run(X[60:], state)": [("answered", 60, 120)],
    "test fold, warmup=30": [("heard only", 30, 60), ("answered", 60, 90)],
    "forecast(40, context=X[30:80])": [("heard only", 30, 80), ("own answers", 80, 120)],
}


def draw_states(axes):
    """Three units of one reservoir that starts from rest and from elsewhere."""
    series = make_mackey_glass(N_ROWS, random_state=0) - 1
    system = EchoState(50, leak=0.3, spectral_radius=0.8, input_scaling=0.5, random_state=0).fit(series)
    rest, _ = system.run(series)
    elsewhere, _ = system.run(series, np.random.default_rng(0).uniform(-1, 1, rest.shape[1]))
    for unit, color in zip((0, 1, 2), ("#0072b2", "#d55e00", "#009e73"), strict=True):
        axes.plot(rest[:, unit], color=color)
        axes.plot(elsewhere[:, unit], color=color, linestyle=":")
    axes.axvspan(0, 30, color=COLORS["heard only"], alpha=0.25, linewidth=0)
    axes.annotate("washout: the state still knows its start", (31, 0.9), xycoords=("data", "axes fraction"))
    axes.set(ylabel="three units", xlim=(0, N_ROWS), title="From rest (lines) and from another state (dots)")


def draw_calls(axes):
    """One bar a call."""
    for line, parts in enumerate(CALLS.values()):
        for use, first, last in parts:
            axes.barh(line, last - first, left=first, height=0.6, color=COLORS[use])
    axes.set(yticks=range(len(CALLS)), yticklabels=list(CALLS), xlabel="row", xlim=(0, N_ROWS), ylim=(4.6, -0.6))
    handles = [plt.Rectangle((0, 0), 1, 1, color=color) for color in COLORS.values()]
    axes.legend(handles, COLORS, ncols=4, loc="upper center", bbox_to_anchor=(0.4, -0.3), frameon=False)


figure, panels = plt.subplots(2, figsize=(8, 5), sharex=True, layout="constrained")
draw_states(panels[0])
draw_calls(panels[1])
