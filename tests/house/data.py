"""A series with targets, a stack, a table, a column of units and a small reservoir, for tests of all rooms."""

import numpy as np
import pandas as pd

from reservoir import EchoState
from reservoir.circuits import MaassColumn

RNG = np.random.default_rng(5)
X = RNG.uniform(size=(60, 2))
Y = X[:, 0]
STACK = RNG.uniform(size=(4, 30, 2))
TABLE = pd.DataFrame(X, columns=["flow", "level"], index=pd.date_range("2024-01-01", periods=60, freq="h"))
COLUMN = MaassColumn((2, 2, 2))
SMALL = EchoState(10, random_state=0)
