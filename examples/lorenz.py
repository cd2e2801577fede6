"""Normal equations cost a chaotic forecast five Lyapunov times.

The same echo-state network (500 units) is trained on the same Lorenz series with sums of products ("gram"), which
square the condition number of the states, and with a QR decomposition ("qr"), which allows a far smaller penalty. Each
forecasts freely from 50 starts. The truth itself is known only as long as two runs of its solver agree; that time is
printed.

The attractor: Lorenz 1963, Deterministic nonperiodic flow, doi:10.1175/1520-0469(1963)020<0130:DNF>2.0.CO;2.
"""

import matplotlib.pyplot as plt
import numpy as np

from reservoir import EchoState, ReservoirForecaster
from reservoir.datasets import make_lorenz
from reservoir.metrics import valid_prediction_time
from reservoir.readouts import RidgeReadout

STEP, EXPONENT, THRESHOLD = 0.02, 0.906, 0.4
N_TRAIN, N_CONTEXT, N_AHEAD, N_STARTS = 8000, 200, 1400, 50
READOUTS = {
    "gram, alpha 1e-10": RidgeReadout(1e-10, solver="gram"),
    "qr, alpha 1e-15": RidgeReadout(1e-15, solver="qr"),
}


def solver_agreement():
    """Lyapunov times over which two tolerances of the solver give the same series from the same state."""
    start = make_lorenz(1, dt=STEP)[0]
    fine, coarse = (make_lorenz(3000, dt=STEP, x0=start, discard=0, rtol=rtol) for rtol in (1e-13, 1e-11))
    return valid_prediction_time(
        fine, coarse, step=STEP, lyapunov_exponent=EXPONENT, threshold=THRESHOLD, scale=fine.std(axis=0)
    )


def forecasts(readout, series):
    """Errors (n_starts, n_ahead) and valid times (n_starts,) of free forecasts."""
    system = EchoState(500, spectral_radius=0.4, input_scaling=0.2, bias_scaling=1.0, random_state=0)
    model = ReservoirForecaster(system, readout, washout=100).fit(series[:N_TRAIN])
    errors, times = [], []
    for start in range(N_TRAIN, N_TRAIN + 300 * N_STARTS, 300):
        future = model.forecast(N_AHEAD, context=series[start - N_CONTEXT : start])
        truth = series[start : start + N_AHEAD]
        errors.append(np.sqrt(np.mean((future - truth) ** 2, axis=1)))
        unit = {"step": STEP, "lyapunov_exponent": EXPONENT, "threshold": THRESHOLD, "scale": np.ones(3)}
        times.append(valid_prediction_time(truth, future, **unit))
    return np.array(errors), np.array(times)


def main():
    print(f"two runs of the solver agree for {solver_agreement():.1f} Lyapunov times")
    series = make_lorenz(N_TRAIN + 300 * N_STARTS + N_AHEAD, dt=STEP)
    series = (series - series[:N_TRAIN].mean(axis=0)) / series[:N_TRAIN].std(axis=0)
    figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
    ahead = np.arange(1, N_AHEAD + 1) * STEP * EXPONENT
    for (name, readout), color in zip(READOUTS.items(), ("#d55e00", "#0072b2"), strict=True):
        errors, times = forecasts(readout, series)
        print(f"{name}: valid for {np.median(times):.1f} Lyapunov times (median of {N_STARTS} starts)")
        low, middle, high = np.percentile(errors, (25, 50, 75), axis=0)
        axes.semilogy(ahead, middle, color=color, label=f"{name}: {np.median(times):.1f} valid")
        axes.fill_between(ahead, low, high, color=color, alpha=0.2, linewidth=0)
    axes.axhline(THRESHOLD, color="black", linewidth=0.8, linestyle="--")
    axes.annotate("valid below", (0.2, THRESHOLD * 1.3), fontsize=8)
    axes.set(xlabel="Lyapunov times ahead", ylabel="error, standardised", xlim=(0, ahead[-1]), ylim=(1e-9, 10))
    axes.set_title("Free forecast of the Lorenz attractor: median and quartiles")
    axes.legend(loc="lower right")
    figure.savefig("lorenz.png", dpi=150)
    print("wrote lorenz.png")


if __name__ == "__main__":
    main()
