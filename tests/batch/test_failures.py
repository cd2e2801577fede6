"""Whatever an error says of itself, it is recorded, in few bytes, and the batch goes on."""

import faulthandler
import pickle
import warnings

import pandas as pd
import pytest

from reservoir.batch import run_batch
from reservoir.batch.failures import texts_of, warning_texts
from reservoir.batch.identity import canonical
from reservoir.batch.records import Record, decode, encode
from reservoir.batch.run import _LONGEST


def raising(error):
    def method(self):
        raise error

    return method


def made(name, base=Exception, **methods):
    return type(name, (base,), methods)()


def chained(cause, count):
    """An error that comes from another one, again and again."""
    for number in range(count):
        error = ValueError(number)
        error.__cause__, cause = cause, error
    return cause


ERRORS = {
    "failing text": made("Bad", __str__=raising(RuntimeError("no text"))),
    "text that exits": made("Bad", __str__=raising(SystemExit(3))),
    "text of another type": made("Bad", __str__=lambda self: 3),
    "failing notes": made("Bad", __notes__=property(raising(ValueError()))),
    "failing name": type("Kind", (type,), {"__name__": property(raising(ValueError()))})("Bad", (Exception,), {})(),
    "huge": ValueError("x" * 10**7),
    "surrogates": ValueError("\ud800" * 10**5),
    "astral": ValueError("\U0001f600" * 10**5),
    "control characters": ValueError("\0\x1b" * 10**5),
    "huge name": made("B" * 10**6),
    "exit": SystemExit(3),
    "interrupt": KeyboardInterrupt(),
    "group": BaseExceptionGroup("several", [ValueError("one"), SystemExit(2), made("Bad", __str__=raising(OSError()))]),
    "recursion": RecursionError("deep"),
    "failing argument": KeyError(type("Part", (), {"__repr__": raising(RuntimeError("no text"))})()),
    "odd syntax": SyntaxError("\ud800" * 9999, ("\0" * 9999, -(10**9), 10**9, "\ud800" * 9999)),
    "wide group": ExceptionGroup("several" * 9999, [ValueError("x" * 10**5)] * 999),
    "failing cause": chained(made("Bad", __str__=raising(OSError())), 3),
    "long chain": chained(ValueError("x" * 999), 2000),
}


def thrown(error):
    try:
        raise error
    except BaseException as caught:
        return caught


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_has_texts(kind):
    texts = texts_of(thrown(ERRORS[kind]))
    data = encode(Record(texts, canonical({"a": 1}), None))
    assert len(data) <= 1 << 16 and decode(data).run == texts
    assert all(isinstance(text, str) and text and text.encode() for text in texts.values())


def test_a_long_text_keeps_its_beginning_and_its_end():
    texts = texts_of(thrown(ValueError(f"begin{'-' * 10**5}end")))
    assert (
        texts["error"].startswith("ValueError: begin")
        and texts["error"].endswith("end")
        and len(texts["error"]) == 1500
    )
    assert "characters ..." in texts["error"] and texts["traceback"].startswith("Traceback")


def test_warnings_take_their_part_of_a_record():
    """The longest error beside as many warnings as there may be, of what takes the most bytes in a file."""
    for letter in ("\ud800", "\0", "\U0001f600", "x"):
        said = [warnings.WarningMessage(f"{number}{letter * 5000}", UserWarning, "", 1) for number in range(30)]
        run = {**texts_of(thrown(ValueError(letter * 10**5))), "warnings": warning_texts(said)}
        data = encode(Record(run, canonical({"a": 1}), None))
        assert len(data) <= 1 << 16 and decode(data).run == run and run["warnings"][0].startswith("UserWarning: 0")
    short = [warnings.WarningMessage(f"number {number % 15}", UserWarning, "", 1) for number in range(99)]
    assert warning_texts(short) == [f"UserWarning: number {number}" for number in range(15)]


def test_errors_that_cannot_be_said_harm_no_other_task(tmp_path):
    errors = pickle.dumps({"huge": ERRORS["huge"], "surrogates": ERRORS["surrogates"], "exit": ERRORS["exit"]})

    def fails(task, *, random_state):
        class Bad(Exception):
            def __str__(self):
                raise RuntimeError("no text")

        if task["kind"] == "bad":
            raise Bad
        if task["kind"] is not None:
            raise pickle.loads(errors)[task["kind"]]
        return 1

    kinds = [None, "bad", "huge", None, "surrogates", "exit", None]
    tasks = [{"kind": kind, "number": number} for number, kind in enumerate(kinds)]
    study = run_batch(fails, tasks, store=tmp_path / "store", n_jobs=1, retries=0)
    assert study.results() == [1, None, None, 1, None, None, 1] and len(study.failed()) == 4
    assert all(path.stat().st_size <= 1 << 16 for path in (tmp_path / "store").rglob("*.failed"))
    study.consolidate(tmp_path / "table.csv")
    study.consolidate(tmp_path / "table.parquet")
    assert pd.read_parquet(tmp_path / "table_runs.parquet").error.notna().sum() == 4


def test_the_longest_time_limit_can_be_set():
    faulthandler.dump_traceback_later(_LONGEST)
    faulthandler.cancel_dump_traceback_later()
