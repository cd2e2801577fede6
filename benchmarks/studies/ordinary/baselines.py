"""Four forecasts without any reservoir."""

import numpy as np
from scipy.linalg import toeplitz

PENALTIES = 10.0 ** np.arange(-4, 6)


def persistence(task, origins):
    """The last value."""
    return np.stack([np.repeat(task.rows[o - 1 : o], task.horizon, axis=0) for o in origins])


def seasonal_naive(task, origins):
    """The value a season ago."""
    return np.stack([task.rows[o - task.season + np.arange(task.horizon) % task.season] for o in origins])


def autoregression(task, origins):
    """AR of every channel by itself, its order by Akaike's criterion, least squares."""
    forecasts = np.empty((len(origins), task.horizon, task.rows.shape[1]))
    for channel, series in enumerate(((task.rows - task.train.mean(axis=0)) / task.deviations).T):
        coef, constant = best_autoregression(series[: task.n_train])
        for index, origin in enumerate(origins):
            past = list(series[max(0, origin - len(coef)) : origin])
            for _ in range(task.horizon):
                answer = float(np.dot(coef, past[::-1][: len(coef)])) + constant
                past.append(np.clip(answer, -1e6, 1e6))
            forecasts[index, :, channel] = past[-task.horizon :]
    return forecasts * task.deviations + task.train.mean(axis=0)


def best_autoregression(series):
    """Coefficients, the newest row first, and constant of the order with the smallest criterion."""
    longest = max(1, min(int(10 * np.log10(len(series))), len(series) // 4))
    lags = toeplitz(series[longest - 1 : -1], series[longest - 1 :: -1][:longest])
    best, found = np.inf, None
    for order in range(longest + 1):
        columns = np.column_stack([lags[:, :order], np.ones(len(lags))])
        coef = np.linalg.lstsq(columns, series[longest:], rcond=None)[0]
        variance = np.mean((series[longest:] - columns @ coef) ** 2)
        criterion = len(lags) * np.log(max(variance, 1e-300)) + 2 * order
        if criterion < best:
            best, found = criterion, (coef[:-1], coef[-1])
    return found


def ridge_on_lags(task, origins):
    """A third of the training rows at most at once from lagged rows of all channels; the penalty by five blocks."""
    n_channels, ahead = task.rows.shape[1], min(task.horizon, task.n_train // 3)
    wanted = 2 * task.season if 1 < task.season <= 60 else 20
    n_lags = max(2, min(wanted, task.n_train // 4, max(2, 400 // n_channels)))
    z = (task.rows - task.train.mean(axis=0)) / task.deviations
    ends = np.arange(n_lags, task.n_train - ahead + 1)
    lagged = np.hstack([z[ends - 1 - lag] for lag in range(n_lags)])
    targets = np.hstack([z[ends + step] for step in range(ahead)])
    errors = np.zeros(len(PENALTIES))
    for block in np.array_split(np.arange(len(ends)), 5):
        rest = np.setdiff1d(np.arange(len(ends)), block)
        for index, (coef, intercept) in enumerate(_ridge(lagged[rest], targets[rest], PENALTIES)):
            errors[index] += ((lagged[block] @ coef + intercept - targets[block]) ** 2).sum()
    coef, intercept = _ridge(lagged, targets, PENALTIES[[errors.argmin()]])[0]
    known = [z[:o] for o in origins]
    while len(known[0]) < origins[0] + task.horizon:
        newest = [np.concatenate(rows[: -n_lags - 1 : -1]) for rows in known]
        answers = (np.array(newest) @ coef + intercept).reshape(len(origins), ahead, n_channels)
        known = [np.concatenate(pair) for pair in zip(known, answers, strict=True)]
    future = np.stack([rows[o : o + task.horizon] for rows, o in zip(known, origins, strict=True)])
    return future * task.deviations + task.train.mean(axis=0)


def _ridge(columns, targets, penalties):
    """Coefficients and intercepts for every penalty."""
    centre, mean = columns.mean(axis=0), targets.mean(axis=0)
    values, vectors = np.linalg.eigh((columns - centre).T @ (columns - centre))
    along = vectors.T @ ((columns - centre).T @ (targets - mean))
    coefs = [vectors @ (along / (np.maximum(values, 0) + penalty)[:, None]) for penalty in penalties]
    return [(coef, mean - centre @ coef) for coef in coefs]


BASELINES = {
    "last value": persistence,
    "season ago": seasonal_naive,
    "AR": autoregression,
    "ridge": ridge_on_lags,
}
