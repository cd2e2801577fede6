"""The only file that imports Brian2, and only when a simulation is wanted."""

from __future__ import annotations

import sys
import threading
from types import ModuleType


def engine() -> ModuleType:
    """Brian2, imported once, in the main thread, without its side effects on the rest of the program.

    The import of Brian2 replaces ``sys.excepthook``, which would put its bug-report text behind every uncaught error
    of the user's own script. The hook is put back, and Brian2 is told to write no log file.

    Raises RuntimeError outside the main thread, where Brian2 cannot be imported.
    """
    if "brian2" in sys.modules:
        return sys.modules["brian2"]
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            "Brian2 must be imported in the main thread: do that before other threads start; give Dask workers "
            "--preload brian2."
        )
    hook = sys.excepthook
    try:
        import brian2
    finally:
        sys.excepthook = hook
    brian2.prefs.logging.file_log = False
    return brian2
