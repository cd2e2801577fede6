"""What comes before all tests: one thread for each worker of pytest-xdist, and the package for doctests.

Workers are as many as cores, and their threads would take these from one another: a fifth more processor time. A bare
pytest has all threads. The package is loaded before pytest loads one of its modules by itself; else a module would take
the place of the function that bears its name, as `reservoir.probes.separation` does.
"""

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import reservoir.probes  # noqa: F401
