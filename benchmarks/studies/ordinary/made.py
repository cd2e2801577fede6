"""Series that are drawn: autoregressions, walks, trends, seasons, counts, regimes, one channel and several."""

import numpy as np
from scipy.signal import lfilter

from ordinary.task import task


def drawn_tasks(seed=0):
    """All tasks of one seed; each kind draws numbers of its own."""
    found = {}
    for number, draw in enumerate((stationary, walks, trends, seasons, short, counts, regimes, unusual, channels)):
        found |= draw(np.random.default_rng([seed, number]))
    return found


def repeated(rng, period, n_rows):
    """Normal numbers that come again every period."""
    return np.tile(rng.normal(size=period), -(-n_rows // period))[:n_rows]


def stationary(rng):
    ar = {
        "AR(1), 100 rows": (lfilter([1], [1, -0.7], rng.normal(size=250)), 100, 10),
        "AR(2)": (lfilter([1], [1, -1.6, 0.8], rng.normal(size=1000)), 600, 20),
        "AR(4)": (lfilter([1], [1, -1.1, 0.3, 0.2, -0.15], rng.normal(size=900)), 300, 12),
        "MA(2), 120 rows": (lfilter([1, 0.8, 0.4], [1], rng.normal(size=260)), 120, 6),
        "white noise": (rng.normal(size=400), 200, 10),
        "white noise, 5000 rows": (rng.normal(size=5400), 5000, 20),
        "AR(1) with jumps of noise": (lfilter([1], [1, -0.7], rng.standard_t(2, 600)), 400, 10),
    }
    memory = np.cumprod(np.r_[1, (np.arange(1, 500) - 0.6) / np.arange(1, 500)])
    slow = lfilter([1], [1, -0.9], rng.normal(size=800))
    logs = {
        "lognormal AR(1)": (np.exp(1.2 * slow / slow.std()), 500, 12),
        "long memory": (lfilter(memory, [1], rng.normal(size=1500))[500:], 700, 20),
        "shares of a hundred": (100 / (1 + np.exp(-lfilter([1], [1, -0.95], rng.normal(size=600)))), 400, 12),
    }
    return {name: task(*numbers) for name, numbers in (ar | logs).items()}


def walks(rng):
    normal = rng.normal
    return {
        "random walk": task(normal(size=600).cumsum(), 400, 20),
        "random walk, 45 rows": task(normal(size=90).cumsum(), 45, 5),
        "random walk with drift": task((normal(size=300) + 0.3).cumsum(), 150, 12),
        "rounded walk": task(np.round((0.3 * normal(size=500)).cumsum()), 350, 12),
        "ARIMA(1, 1, 1)": task(lfilter([1, 0.4], [1, -0.6], normal(size=700)).cumsum(), 400, 16),
        "ARIMA(2, 1, 1)": task(lfilter([1, 0.3], [1, -0.5, -0.2], normal(size=500)).cumsum(), 300, 12),
        "local level": task(50 + (0.3 * normal(size=300)).cumsum() + normal(size=300), 200, 12),
        "local trend": task((0.05 * normal(size=400)).cumsum().cumsum() + normal(size=400), 250, 12),
        "price": task(100 * np.exp((0.01 * normal(size=1500)).cumsum()), 1000, 20),
    }


def trends(rng):
    t, normal = np.arange(300), rng.normal
    bent = np.where(t < 120, 0.5 * t, 108 - 0.4 * t)
    return {
        "damped trend": task((20 * (1 - 0.97**t) + 0.5 * normal(size=300))[:150], 90, 12),
        "parabola": task((0.002 * t**2 + 2 * normal(size=300))[:200], 120, 12),
        "exponential growth": task((np.exp(0.03 * t) * (1 + 0.05 * normal(size=300)))[:120], 80, 10),
        "logistic growth": task((100 / (1 + np.exp((90 - t) / 15)) + normal(size=300))[:200], 120, 12),
        "bent line": task((bent + normal(size=300))[:240], 160, 12),
    }


def seasons(rng):
    t, normal = np.arange(2400), rng.normal
    year = np.sin(2 * np.pi * t / 12)
    weekdays = 0.6 * (t // 24 % 7 < 5) + lfilter([1], [1, -0.8], 0.15 * normal(size=2400))
    two = np.sin(2 * np.pi * t / 24) * (1 + 0.5 * np.sin(2 * np.pi * t / 168)) + weekdays
    turns = 2 * np.pi * t / 12 + (0.1 * normal(size=2400)).cumsum()
    return {
        "trend and season, 60 rows": task((0.05 * t + year + 0.3 * normal(size=2400))[:110], 60, 12, 12),
        "growing season, 84 rows": task(np.exp(0.01 * t + 0.3 * year + 0.05 * normal(size=2400))[:140], 84, 12, 12),
        "growing season, 120 rows": task(np.exp(0.006 * t + 0.25 * year + 0.08 * normal(size=2400))[:200], 120, 12, 12),
        "seasons of 24 and 168": task(two, 1700, 48, 24),
        "seasons of 7 and 365": task(
            2 * repeated(rng, 7, 1500) + 5 * np.sin(2 * np.pi * t[:1500] / 365) + normal(size=1500), 1100, 28, 7
        ),
        "season of 52, 156 rows": task(5 * repeated(rng, 52, 320) + normal(size=320), 156, 26, 52),
        "season that moves": task((np.sin(turns) + 0.2 * normal(size=2400))[:600], 400, 12, 12),
        "square wave": task((np.sign(np.sin(2 * np.pi * t / 40)) + 0.1 * normal(size=2400))[:900], 500, 40, 40),
        "sawtooth": task((t % 17 + 0.1 * normal(size=2400))[:500], 300, 34, 17),
        "sine with noise": task((np.sin(t / 7) + 0.5 * normal(size=2400))[:500], 300, 30, 44),
    }


def short(rng):
    t, normal = np.arange(100), rng.normal
    found = {
        "season of 4, 20 rows": task(10 + 2 * repeated(rng, 4, 48) + 0.5 * normal(size=48), 20, 4, 4),
        "season of 4 and trend, 36 rows": task(
            (0.3 * t + 2 * repeated(rng, 4, 100) + 0.5 * normal(size=100))[:72], 36, 4, 4
        ),
        "season of 12, 36 rows": task((10 + 2 * repeated(rng, 12, 100) + 0.5 * normal(size=100))[:72], 36, 12, 12),
        "season of 12, 48 rows": task((10 + 2 * repeated(rng, 12, 100) + 0.5 * normal(size=100))[:90], 48, 12, 12),
        "season of 7 and trend, 50 rows": task(0.02 * t + 3 * repeated(rng, 7, 100) + normal(size=100), 50, 7, 7),
        "white noise, 30 rows": task(normal(size=70), 30, 4),
    }
    for n_rows in (20, 30, 40, 60):
        rows = 10 + lfilter([1], [1, -0.8], normal(size=2 * n_rows + 60))[60:]
        found[f"AR(1), {n_rows} rows"] = task(rows, n_rows, max(2, n_rows // 8))
    return found


def counts(rng):
    t = np.arange(700)
    rates = np.exp(0.8 * np.sin(2 * np.pi * t / 7) + 0.3)
    wednesdays = (rng.random(500) < 0.7) & (t[:500] % 7 == 2)
    return {
        "counts, season of 24": task(rng.poisson(np.exp(0.5 + 0.5 * np.sin(2 * np.pi * t / 24))), 500, 24, 24),
        "counts, season of 7": task(rng.negative_binomial(3, 3 / (3 + rates)), 400, 14, 7),
        "counts that grow": task(rng.poisson(2 + 0.02 * t[:300]), 200, 12),
        "four of five are 0": task((rng.random(400) < 0.2) * rng.poisson(5, 400), 250, 12),
        "on Wednesdays": task(wednesdays * rng.poisson(8, 500), 300, 14, 7),
    }


def regimes(rng):
    noise = rng.normal(size=1200)
    calm, rows = (rng.random(1200) < 0.01).cumsum() % 2 == 0, np.zeros(1200)
    for t in range(1, 1200):
        rows[t] = (0.95 if calm[t] else -0.5) * rows[t - 1] + noise[t]
    spikes = lfilter([1], [1, -0.9], rng.normal(size=600))
    spikes[rng.choice(600, 15)] += 15
    levels = np.repeat(3 * rng.normal(size=12).cumsum(), 100)
    return {
        "two autoregressions in turn": task(rows, 800, 10),
        "level shifts": task(levels + lfilter([1], [1, -0.5], rng.normal(size=1200)), 800, 20),
        "two means in turn": task(3 * ((rng.random(900) < 0.02).cumsum() % 2) + rng.normal(size=900), 600, 10),
        "on and off": task((rng.random(800) < 0.08).cumsum() % 2, 500, 10),
        "outliers": task(spikes, 400, 10),
    }


def unusual(rng):
    slow = lfilter([1], [1, -0.8], rng.normal(size=500))
    return {
        "huge numbers": task(1e9 + 1e6 * slow, 350, 10),
        "tiny numbers": task(1e-9 * slow, 350, 10),
        "step": task(np.r_[np.full(60, 2.0), np.full(90, 5.0)] + 1e-3 * rng.normal(size=150), 90, 10),
    }


def channels(rng):
    normal = rng.normal
    mixed = normal(size=(700, 5)).cumsum(axis=0) @ normal(size=(5, 5)) * 0.1 + normal(size=(700, 5))
    wide, matrix = np.zeros((900, 16)), 0.25 * normal(size=(16, 16))
    matrix *= 0.9 / np.abs(np.linalg.eigvals(matrix)).max()
    few = np.zeros((900, 3))
    for t in range(1, 900):
        wide[t] = matrix @ wide[t - 1] + normal(size=16)
        few[t] = (0.5 * few[t - 1] + 0.2 * few[t - 1, ::-1]) + normal(size=3)
    factors = normal(size=(600, 2)).cumsum(axis=0)
    lead = normal(size=603).cumsum()
    return {
        "five mixed walks": task(mixed, 500, 12),
        "VAR(1), 16 channels": task(wide, 600, 8),
        "VAR(1) with season, 3 channels": task(few + repeated(rng, 12, 900)[:, None] * [1, 2, 0], 500, 12, 12),
        "3 channels, one constant": task(np.c_[few[:, 0], np.full(900, 4.0), 1e5 * few[:, 1]], 500, 10),
        "walk and what leads it": task(np.c_[lead[3:], lead[:-3] + 0.1 * normal(size=600)], 400, 10),
        "12 walks": task(normal(size=(700, 12)).cumsum(axis=0), 500, 10),
        "20 channels of two factors": task(factors @ normal(size=(2, 20)) + normal(size=(600, 20)), 400, 10),
        "12 channels, 70 rows": task(factors[:120] @ normal(size=(2, 12)) + normal(size=(120, 12)), 70, 5),
    }
