"""Which digit was said, by a speaker never heard before? Liquids, echo-state networks, and no reservoir at all.

Four speakers of the Free Spoken Digit Dataset; each is left out in turn, and settings and penalties are chosen on the
other three alone, by leaving each of these out. All systems hear the same 20 log-mel bands every 10 ms, have four
candidates for their settings with three penalties each, and end in a linear readout of the means over consecutive parts
of a recording, but "log-mel, kernel", a support vector machine with a Gaussian kernel on these means. "Spikes, no
liquid" reads the traces of such spikes as "liquid, spikes" hears. Settings are chosen with seed 0, the results are of
other seeds. Of the 50 repetitions of each digit and speaker the first 20 are used. The candidates themselves were put
together with results of all four speakers in view, those of the liquids with the most care.

The data are not part of the library; set RESERVOIR_DATA to the folder that holds them.
"""

import sys
import time
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from reservoir import EchoState, LiquidState
from reservoir.circuits import MaassColumn
from reservoir.datasets import fetch_spoken_digits
from reservoir.models import Segments
from reservoir.spikes import Current, Exponential, Latency, SendOnDelta

N_REPETITIONS, SEEDS = 20, range(1, 6)
N_BANDS, WINDOW, STEP = 20, 0.025, 0.01
N_UNITS, SHAPE, DT = 300, (12, 5, 5), 5e-4
RIDGES = [make_pipeline(StandardScaler(), RidgeClassifier(alpha)) for alpha in (10, 100, 1000)]
LOGISTICS = [make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=1000)) for C in (1e-3, 1e-2, 1e-1)]
KERNELS = [make_pipeline(StandardScaler(), SVC(C=C)) for C in (1, 10, 100)]
RANGE = {"low": -2.0, "high": 2.0}  # of the bands, in deviations of the recording: not learned from any speaker


def mel_filters(sampling_rate, n_fft, lowest=100.0):
    """Triangles (n_fft / 2 + 1, N_BANDS), evenly spaced on the mel scale up to half the sampling rate."""
    mels = np.linspace(*(2595 * np.log10(1 + np.array([lowest, sampling_rate / 2]) / 700)), N_BANDS + 2)
    edges = 700 * (10 ** (mels / 2595) - 1)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    frequency = np.fft.rfftfreq(n_fft, 1 / sampling_rate)[:, None]
    return np.maximum(0, np.minimum((frequency - low) / (middle - low), (high - frequency) / (high - middle)))


def log_mel(samples, sampling_rate):
    """Log energies (n_rows, N_BANDS), less their mean and over their deviation in this recording."""
    width, hop = round(WINDOW * sampling_rate), round(STEP * sampling_rate)
    n_fft = 2 ** int(np.ceil(np.log2(width)))
    padded = np.pad(samples.ravel(), width // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, width)[::hop] * np.hamming(width)
    bands = np.log(np.abs(np.fft.rfft(frames, n_fft)) ** 2 @ mel_filters(sampling_rate, n_fft) + 1e-6)
    return (bands - bands.mean()) / bands.std()


def load(n_repetitions=N_REPETITIONS):
    """Log-mel rows, digits and speakers of the first repetitions."""
    data = fetch_spoken_digits()
    chosen = np.flatnonzero(data.repetition < n_repetitions)
    return [log_mel(data.X[i], data.sampling_rate) for i in chosen], data.y[chosen], data.speaker[chosen]


def raw(X, seed, n_parts):
    return [Segments(n_parts).pool(x) for x in X]


def echo_state(X, seed, leak, input_scaling):
    system = EchoState(N_UNITS, leak=leak, input_scaling=input_scaling, bias_scaling=0.2, random_state=seed)
    return raw(system.fit_transform(X), seed, 4)


def liquid(X, seed, encoder, weight_scale):
    circuit = MaassColumn(SHAPE, weight_scale=weight_scale, input_probability=0.05)
    return raw(LiquidState(circuit, encoder=encoder, dt=DT, step=STEP, random_state=seed).fit_transform(X), seed, 4)


def spikes(X, seed, encoder):
    encoder = clone(encoder).fit(np.concatenate(X))
    return raw([Exponential().filter(encoder.encode(x, STEP), STEP, len(x))[0] for x in X], seed, 4)


def heard(encoder, weight_scale=0.5):
    return partial(liquid, encoder=encoder, weight_scale=weight_scale)


FINE, COARSE = SendOnDelta(0.05, **RANGE), SendOnDelta(0.1, **RANGE)
EARLY, LATE = Latency(0.5, **RANGE), Latency(**RANGE)
WEAK, MEDIUM, STRONG = (Current(scaling, **RANGE) for scaling in (3e-9, 6e-9, 12e-9))
RAW = [partial(raw, n_parts=n_parts) for n_parts in (3, 4, 6, 8)]
SPIKES = [partial(spikes, encoder=encoder) for encoder in (FINE, COARSE, EARLY, LATE)]
ECHOES = [partial(echo_state, leak=a, input_scaling=s) for a, s in ((0.1, 0.5), (0.3, 0.5), (0.1, 1), (0.3, 0.2))]
# Each system: four ways from (rows, seed) to vectors, the readouts with their penalties, whether it is random.
SYSTEMS = {
    "log-mel, logistic": (RAW, LOGISTICS, False),
    "log-mel, ridge": (RAW, RIDGES, False),
    "log-mel, kernel": (RAW, KERNELS, False),
    "spikes, no liquid": (SPIKES, RIDGES, False),
    "liquid, spikes": ([heard(FINE), heard(FINE, 1), heard(COARSE), heard(EARLY)], RIDGES, True),
    "liquid, currents": ([heard(WEAK), heard(MEDIUM), heard(STRONG), heard(MEDIUM, 1)], RIDGES, True),
    "echo-state network": (ECHOES, RIDGES, True),
}


def accuracy(readout, vectors, y, train, test):
    return clone(readout).fit(vectors[train], y[train]).score(vectors[test], y[test])


def choose(candidates, readouts, X, y, speaker):
    """For every speaker the candidate and readout that are best on the others, leaving each of these out in turn."""
    best = {}
    for candidate in candidates:
        vectors = np.array(candidate(X, 0))
        for readout in readouts:
            for left_out in np.unique(speaker):
                inner = np.setdiff1d(speaker, [left_out])
                folds = [((speaker != left_out) & (speaker != other), speaker == other) for other in inner]
                score = np.mean([accuracy(readout, vectors, y, *fold) for fold in folds])
                if score > best.get(left_out, (0.0,))[0]:
                    best[left_out] = score, candidate, readout
    return {left_out: found[1:] for left_out, found in best.items()}


def evaluate(chosen, seed, X, y, speaker):
    """Accuracy for every speaker left out, and processor seconds for all vectors, the mean over settings."""
    vectors, seconds, scores = {}, [], []
    for left_out, (candidate, readout) in sorted(chosen.items(), key=lambda item: item[0]):
        if candidate not in vectors:
            candidate(X[:2], seed)  # compiles
            start = time.process_time()
            vectors[candidate] = np.array(candidate(X, seed))
            seconds.append(time.process_time() - start)
        scores.append(accuracy(readout, vectors[candidate], y, speaker != left_out, speaker == left_out))
    return [*scores, np.mean(seconds)]


def describe(candidate):
    return ", ".join(f"{name}={value}" for name, value in candidate.keywords.items())


def print_table(results, speakers):
    print(f"{'accuracy, speaker left out':<28}" + "".join(f"{name:>10}" for name in [*speakers, "mean"]), end="")
    print(f"{'range of seeds':>18}{'seconds':>9}")
    for name, scores in results.items():
        means = scores[:, :-1].mean(axis=1)
        span = f"{means.min():.3f}-{means.max():.3f}" if len(means) > 1 else ""
        cells = "".join(f"{cell:>10.3f}" for cell in [*scores[:, :-1].mean(axis=0), means.mean()])
        print(f"{name:<28}{cells}{span:>18}{scores[:, -1].mean():>9.1f}")


def draw(results, speakers, path):
    """Every seed as a point, their mean as a bar."""
    figure, axes = plt.subplots(figsize=(9, 4.6), layout="constrained")
    colors = ("#bbbbbb", "#777777", "black", "#e69f00", "#d55e00", "#009e73", "#0072b2")
    for i, ((name, scores), color) in enumerate(zip(results.items(), colors, strict=True)):
        table = np.column_stack([scores[:, :-1], scores[:, :-1].mean(axis=1)])
        places = np.arange(table.shape[1]) + 0.115 * (i - (len(results) - 1) / 2)
        axes.scatter(np.tile(places, len(table)), table, s=12, color=color, alpha=0.5, linewidths=0)
        axes.hlines(table.mean(axis=0), places - 0.045, places + 0.045, color=color, linewidth=3, label=name)
    axes.axvspan(len(speakers) - 0.5, len(speakers) + 0.5, color="black", alpha=0.05, linewidth=0)
    axes.set(xticks=range(len(speakers) + 1), xticklabels=[*speakers, "mean of four"], xlabel="speaker left out")
    axes.set(ylabel="accuracy (points: seeds)", xlim=(-0.5, len(speakers) + 0.5))
    axes.set_title("Spoken digits of a speaker never heard before")
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(frameon=False, fontsize=9, ncols=4, loc="outside lower center")
    figure.savefig(path, dpi=150)


def main():
    try:
        X, y, speaker = load()
    except OSError as error:
        sys.exit(str(error))
    start, workers, results = time.perf_counter(), Parallel(n_jobs=2), {}
    found = workers(delayed(choose)(*parts[:2], X, y, speaker) for parts in SYSTEMS.values())
    for (name, (_, _, is_random)), chosen in zip(SYSTEMS.items(), found, strict=True):
        for left_out, (candidate, readout) in chosen.items():
            print(f"{name}, without {left_out}: {describe(candidate)}; {readout[-1]}", flush=True)
        seeds = SEEDS if is_random else SEEDS[:1]
        results[name] = np.array(workers(delayed(evaluate)(chosen, seed, X, y, speaker) for seed in seeds))
    print_table(results, np.unique(speaker))
    draw(results, np.unique(speaker), "spoken_digits.png")
    print(f"wrote spoken_digits.png, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
