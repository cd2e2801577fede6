"""Normal equations cost a chaotic forecast twelve Lyapunov times.

The same echo-state network is trained on the same Lorenz series with sums of products ("gram"), which square the
condition number of the states, and with a QR decomposition ("qr"), which allows a far smaller penalty. Each forecasts
freely from 50 starts. The penalties were chosen within the training rows. No forecast can be checked beyond the
ceiling that is printed with the results: the valid time of an exact solver of finer tolerance that starts from the
last known row.

The attractor: Lorenz 1963, Deterministic nonperiodic flow, doi:10.1175/1520-0469(1963)020<0130:DNF>2.0.CO;2.
"""

import matplotlib.pyplot as plt
import numpy as np

from reservoir import EchoState, ReservoirForecaster
from reservoir.datasets import make_lorenz
from reservoir.metrics import valid_prediction_time
from reservoir.readouts import RidgeReadout

STEP, EXPONENT, THRESHOLD = 0.02, 0.906, 0.4
N_TRAIN, N_CONTEXT, N_AHEAD, N_STARTS = 8000, 200, 1600, 50
STARTS = range(N_TRAIN, N_TRAIN + 300 * N_STARTS, 300)
MODELS = {
    "gram, 500 units": (500, RidgeReadout(1e-10, solver="gram"), "#d55e00"),
    "qr, 500 units": (500, RidgeReadout(1e-22, solver="qr"), "#0072b2"),
    "qr, 1000 units": (1000, RidgeReadout(1e-22, solver="qr"), "#009e73"),
}


def forecasts(n_units, readout, series):
    """Free forecasts (n_starts, n_ahead, 3)."""
    system = EchoState(n_units, spectral_radius=0.4, input_scaling=0.2, bias_scaling=1.0, random_state=0)
    model = ReservoirForecaster(system, readout, washout=100, scaling=None).fit(series[:N_TRAIN])
    return model.forecast(N_AHEAD, context=np.stack([series[start - N_CONTEXT : start] for start in STARTS]))


def exact(series):
    """What a solver of finer tolerance gives from the last known rows."""
    return np.stack([make_lorenz(N_AHEAD + 1, dt=STEP, x0=series[s - 1], discard=0, rtol=1e-13)[1:] for s in STARTS])


def errors_and_times(future, truth):
    """Errors (n_starts, n_ahead) and median valid time."""
    unit = {"step": STEP, "lyapunov_exponent": EXPONENT, "threshold": THRESHOLD, "scale": np.ones(3)}
    times = [valid_prediction_time(true, ahead, **unit) for true, ahead in zip(truth, future, strict=True)]
    return np.sqrt(np.mean((future - truth) ** 2, axis=2)), np.median(times)


def main():
    raw = make_lorenz(N_TRAIN + 300 * N_STARTS + N_AHEAD, dt=STEP)
    mean, deviation = raw[:N_TRAIN].mean(axis=0), raw[:N_TRAIN].std(axis=0)
    series = (raw - mean) / deviation
    truth = np.stack([series[start : start + N_AHEAD] for start in STARTS])
    _, ceiling = errors_and_times((exact(raw) - mean) / deviation, truth)
    print(f"ceiling, an exact solver from the last known row: {ceiling:.1f} Lyapunov times")
    figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
    ahead = np.arange(1, N_AHEAD + 1) * STEP * EXPONENT
    for name, (n_units, readout, color) in MODELS.items():
        errors, time = errors_and_times(forecasts(n_units, readout, series), truth)
        print(f"{name}: valid for {time:.1f} Lyapunov times (median of {N_STARTS} starts)")
        low, middle, high = np.percentile(errors, (25, 50, 75), axis=0)
        axes.semilogy(ahead, middle, color=color, label=f"{name}: {time:.1f}")
        axes.fill_between(ahead, low, high, color=color, alpha=0.2, linewidth=0)
    axes.axvline(ceiling, color="black", linewidth=0.8, linestyle=":", label=f"ceiling: {ceiling:.1f}")
    axes.axhline(THRESHOLD, color="black", linewidth=0.8, linestyle="--")
    axes.annotate("valid below", (0.2, THRESHOLD * 1.3), fontsize=8)
    axes.set(xlabel="Lyapunov times ahead", ylabel="error, standardised", xlim=(0, ahead[-1]), ylim=(1e-12, 10))
    axes.set_title("Free forecast of the Lorenz attractor: median and quartiles")
    axes.legend(loc="lower right")
    figure.savefig("lorenz.png", dpi=150)
    print("wrote lorenz.png")


if __name__ == "__main__":
    main()
