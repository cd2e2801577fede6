"""What examples, studies and the comparison find depends neither on the load of the machine nor on what is compiled."""

import ast
import re

import numpy as np
import pytest

from reservoir.rnn import RNNClassifier
from tests.house.scripts import EXAMPLES, ROOT, STUDIES, load

SCRIPTS = [*EXAMPLES.glob("*.py"), *STUDIES.glob("*.py"), *ROOT.glob("benchmarks/comparison/**/*.py")]
WALL = {"perf_counter", "monotonic", "time", "perf_counter_ns", "monotonic_ns", "time_ns"}
TELLING = {"main", "timed"}  # they tell a person how long all of it took


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_what_is_measured_is_processor_time(path):
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef) and function.name not in TELLING:
            asked = set(re.findall(r"\btime\.(\w+)", ast.unparse(function)))
            assert not asked & WALL, f"{path.name}, {function.name}: time.process_time, after a first call"


def test_a_slow_machine_draws_the_same_figure(monkeypatch):
    """The example trains for a number of sequences, and its clock starts when all is compiled."""
    example = load(EXAMPLES, "copying")
    for name, value in {"LENGTH": 3, "N_BATCHES": 3, "BATCH": 4}.items():
        monkeypatch.setattr(example, name, value)
    fits, ticks = [], iter(range(0, 10**6, 1000))

    class Counting(RNNClassifier):
        def partial_fit(self, X, y, classes=None):
            fits.append(len(X))
            return super().partial_fit(X, y, classes)

    X, y = example.make_copy_memory(5, 3, random_state=0)
    model = Counting("lstm", 4, random_state=0)
    curve, seconds = example.trained(model, X, y)
    assert np.isfinite(seconds) and fits == [2, 4, 4, 4]
    monkeypatch.setattr(example.time, "process_time", lambda: next(ticks))
    assert example.trained(Counting("lstm", 4, random_state=0), X, y) == (curve, 3000)
