"""Milliseconds of a ridge fit that chooses among 20 penalties, over a fit with one.

    python benchmarks/readouts.py                   500 and 1,000 features, 3,000 and 20,000 rows, both solvers
    python benchmarks/readouts.py --repeats 3 --solvers gram --sizes 2

The same rows go to the library with one penalty ("ours") and with twenty (the "peer" of a row), and to scikit-learn's
`Ridge` twenty times (timed once). Equal coefficients are asserted first, for every penalty. A ratio is the time of
the path over the time of one penalty: below 2 is wanted, and "blocked" has 5 factorisations to pay for.
"""

from __future__ import annotations

import warnings

import measure  # first: it sets the number of threads
import numpy as np
from measure import Row
from sklearn.linear_model import Ridge

from reservoir.readouts import RidgeReadout
from reservoir.readouts.ridge import PenaltyWarning

ALPHAS = np.logspace(-4, 4, 20)
SAME_COEFFICIENTS = 1e-8  # relative to the largest
SIZES = [(500, 3_000), (1_000, 3_000), (500, 20_000), (1_000, 20_000)]


def drawn(n_features: int, n_rows: int, n_outputs: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows like states of tanh units, and noisy linear targets."""
    rng = np.random.default_rng(0)
    X = np.tanh(rng.normal(size=(n_rows, n_features)))
    return X, X @ rng.normal(size=(n_features, n_outputs)) / 5 + rng.normal(size=(n_rows, n_outputs))


def scikit_learn(X: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """Coefficients for every penalty, one fit each."""
    return [Ridge(alpha).fit(X, y).coef_ for alpha in ALPHAS]


def check_coefficients(solver: str, X: np.ndarray, y: np.ndarray, expected: list[np.ndarray]) -> float:
    """The largest difference from scikit-learn over all penalties, relative to the largest coefficient."""
    path = RidgeReadout(1.0, solver=solver).fit(X, y)._record.factorised().path(ALPHAS)
    differences = [np.abs(path[:, k].T - coef).max() / np.abs(coef).max() for k, coef in enumerate(expected)]
    if not max(differences) < SAME_COEFFICIENTS:
        raise SystemExit(f"{solver}: coefficients differ by {max(differences):.1e} of the largest: not equal work")
    return max(differences)


def rows_of(solver: str, n_features: int, n_rows: int, n_outputs: int, repeats: int) -> list[Row]:
    """One penalty beside both ways to choose among 20, and scikit-learn's 20 fits."""
    X, y = drawn(n_features, n_rows, n_outputs)
    with measure.one_thread():
        expected: list[np.ndarray] = []
        seconds = measure.timed(lambda: expected.extend(scikit_learn(X, y)))
    difference = check_coefficients(solver, X, y, expected)
    works = {
        "one": lambda: RidgeReadout(1.0, solver=solver).fit(X, y),
        "20, gcv": lambda: RidgeReadout("gcv", alphas=ALPHAS, solver=solver).fit(X, y),
        "20, blocked": lambda: RidgeReadout("blocked", alphas=ALPHAS, solver=solver).fit(X, y),
    }
    taken = {name: 1e3 * work.median for name, work in measure.in_turns(works, repeats).items()}
    taken["20, scikit-learn"] = 1e3 * seconds
    work = f"{solver}, N={n_features:,}, T={n_rows:,}, {n_outputs} outputs"
    note = f"coefficients within {difference:.0e}"
    return [Row(work, taken["one"], "ms", name, taken[name], note=note) for name in taken if name != "one"]


def main() -> None:
    parser = measure.parser(__doc__.split("\n")[0])
    parser.add_argument("--solvers", nargs="*", default=["gram", "qr"])
    parser.add_argument("--sizes", type=int, default=len(SIZES), help="how many of the sizes, the short ones first")
    options = parser.parse_args()
    warnings.simplefilter("ignore", PenaltyWarning)
    cases = [(solver, *size, k) for solver in options.solvers for size in SIZES[: options.sizes] for k in (1, 10)]
    measure.publish([row for case in cases for row in rows_of(*case, options.repeats)], options)


if __name__ == "__main__":
    main()
