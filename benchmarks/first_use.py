"""Seconds of the first use in a new process: import, and the first fit with a warm and with an empty cache.

    python benchmarks/first_use.py

The cache is Numba's, in a folder of its own that is thrown away.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile

import measure
from measure import Row

CODE = """
import json, time
start = time.perf_counter()
import numpy as np
from sklearn.base import BaseEstimator
libraries = time.perf_counter()
import reservoir
imported = time.perf_counter()
u = np.random.default_rng(0).uniform(-0.5, 0.5, (1000, 1))
reservoir.ReservoirRegressor().fit(u, u[:, 0])
print(json.dumps([libraries - start, imported - libraries, time.perf_counter() - imported]))
"""


def new_process(cache: str) -> list[float]:
    """Seconds of the import of NumPy and scikit-learn, of the library, and of the first fit."""
    environment = os.environ | {"NUMBA_CACHE_DIR": cache}
    command = [sys.executable, "-c", CODE]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0]).parse_args()
    empty, warm = [], []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as cache:
            empty.append(new_process(cache)[2])
            warm += [new_process(cache) for _ in range(max(1, options.repeats // 3))]
    _, imported, fitted = (statistics.median(column) for column in zip(*warm, strict=True))
    rows = [
        Row("import reservoir, after NumPy and scikit-learn", imported, "s"),
        Row("first fit of a process, warm cache", fitted, "s", below=1.0),
        Row("first fit of a process, empty cache", statistics.median(empty), "s", below=15.0),
    ]
    measure.publish(rows, options)


if __name__ == "__main__":
    main()
