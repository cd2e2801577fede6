"""Brian2 as a simulation needs it, and the user's own program as it was; Brian2 itself comes as an argument."""

from __future__ import annotations

import atexit
import os
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from importlib import import_module
from types import ModuleType
from typing import Any

from reservoir.temporary_folders import temporary_folder

# Preferences that say what the machine has, and where it writes; all others would change what is computed.
_MACHINE = (
    "codegen.cpp.", "codegen.runtime.cython.", "codegen.max_cache_dir_size", "core.outdated_", "logging.", "GSL.",
    *(f"devices.cpp_standalone.{kind}_" for kind in ("make", "run", "extra")),
)  # fmt: skip
# What a device, and all networks together, know of the run under way or the last one.
_OF_A_RUN = ("_maximum_run_time", "_last_run_time", "_last_run_completed_fraction")
_OF_ALL_RUNS = ("_globally_stopped", "_globally_running")


@contextmanager
def quiet() -> Iterator[None]:
    """Leave out that Brian2 calls pyparsing by old names, which where warnings are errors would end a simulation."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*deprecated(, | - )use", DeprecationWarning)
        yield


@contextmanager
def settings(brian2: ModuleType, codegen: str, machine: dict[str, Any]) -> Iterator[None]:
    """Brian2 as it is by itself, but for what the machine has; the program finds its own settings and numbers again.

    machine : preferences as `machine_preferences` gives them, of a process that asks this one.
    """
    runtime, prefs = brian2.devices.all_devices["runtime"], brian2.prefs
    wanted = _preferences(brian2, codegen) | machine
    before = {name: prefs[name] for name in wanted}
    random, runs = runtime.get_random_state(), _attributes(brian2.Network, _OF_ALL_RUNS)
    devices = [(one, _attributes(one, _OF_A_RUN)) for one in {runtime, brian2.get_device()}]
    known = set(map(id, brian2.BrianObject.__instances__()))
    try:
        for name, value in wanted.items():
            prefs[name] = value
        yield
    except BaseException:
        for one in brian2.BrianObject.__instances__():
            if id(one) not in known:
                one()._network = ""  # otherwise it warns when it goes that it was in none
        raise
    finally:
        for name, value in before.items():
            prefs[name] = value
        for owner, kept in [(brian2.Network, runs), *devices]:
            for name, value in kept.items():
                setattr(owner, name, value)
        runtime.set_random_state(random)
        _forget_pointers(brian2.codegen.translation.make_statements)
        brian2.std_silent.close()  # files with what compilers have said
        brian2.std_silent.dest_stdout = brian2.std_silent.dest_stderr = None


def machine_preferences(brian2: ModuleType) -> dict[str, Any]:
    """What a user has told Brian2 of the machine, by the names of the preferences."""
    return {name: brian2.prefs[name] for name, default in _defaults(brian2)
            if name.startswith(_MACHINE) and not _equal(brian2.prefs[name], default)}  # fmt: skip


def _defaults(brian2: ModuleType) -> list[tuple[str, Any]]:
    known = brian2.prefs.pref_register.items()
    return [(f"{base}.{name}", one.default) for base, (group, _) in known for name, one in group.items()]


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _preferences(brian2: ModuleType, codegen: str) -> dict[str, Any]:
    """What a simulation asks for. An interrupt ends it: Brian2 by itself returns as if all were done."""
    target = "numpy" if codegen == "standalone" else codegen
    wanted = {name: default for name, default in _defaults(brian2) if not name.startswith(_MACHINE)}
    wanted |= {"codegen.target": target, "core.stop_on_keyboard_interrupt": False}
    if codegen == "standalone" and os.name != "nt":
        wanted["logging.std_redirection_to_file"] = False  # a file that would stay where the process is killed
    if target == "cython":
        wanted["codegen.runtime.cython.cache_dir"] = cython_folder(brian2)
    return wanted


def _attributes(owner: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(owner, name) for name in names if hasattr(owner, name)}


def cython_folder(brian2: ModuleType) -> str:
    """Where Cython keeps what it compiles: where Brian2 says, or, if no file can be made there, beside this process."""
    manager = import_module(f"{brian2.__name__}.codegen.runtime.cython_rt.extension_manager")
    folder = os.path.expanduser(manager.get_cython_cache_dir() or "")
    try:
        if os.path.isabs(folder):
            os.makedirs(folder, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
    except OSError:
        pass
    return _folder_of_this_process(folder)


@cache
def _folder_of_this_process(instead_of: str) -> str:
    warnings.warn(
        f"What Cython compiles is not kept, since '{instead_of}' takes no file: name a folder of your own in the "
        "environment variable CYTHON_CACHE_DIR.", RuntimeWarning, stacklevel=2,
    )  # fmt: skip
    kept = ExitStack()
    atexit.register(kept.close)
    return kept.enter_context(temporary_folder("spiking"))


def _forget_pointers(cached: Any) -> None:
    """Remove what Brian2 keeps under a pointer to one simulation, as it does since 2.10: it grows, and never helps."""
    known = getattr(cached, "_cache", {})
    for key in list(known):
        if any(isinstance(part, frozenset) and "_queue_capsule" in dict(part) for part in key):
            del known[key]


@contextmanager
def device(brian2: ModuleType, codegen: str, folder: str) -> Iterator[Callable[[], None]]:
    """The device of a simulation, and what to call when all has been said: nothing, or to build and run the program.

    A C++ program stands in `folder`, and its process must be one in which no user has a program.
    """
    if codegen != "standalone":
        with _switched(brian2, "runtime"):
            yield lambda: None
        return
    with _switched(brian2, "cpp_standalone", build_on_run=False):
        yield partial(_build, brian2.get_device(), folder)


@contextmanager
def _switched(brian2: ModuleType, name: str, **options: Any) -> Iterator[None]:
    """Another device for a while, whatever the program itself has chosen."""
    if brian2.get_device() is brian2.devices.all_devices[name] and name == "runtime":
        yield
        return
    brian2.set_device(name, **options)
    try:
        yield
    finally:
        if name != "runtime":
            brian2.get_device().reinit()
        brian2.devices.reset_device()


def _build(device: Any, folder: str) -> None:
    """Write, compile and run the program; Brian2's own call of the compiler would not hear an interrupt."""
    ours = os.name != "nt"
    device.build(directory=folder, compile=not ours, run=False, with_output=False)
    if ours:
        made = subprocess.run(
            ["make", f"-j{os.cpu_count() or 1}"],
            cwd=folder,
            env={**os.environ, "TMPDIR": folder},
            capture_output=True,
            text=True,
        )
        if made.returncode:
            raise RuntimeError(f"The C++ program of Brian2 does not compile: {made.stderr[-2000:]}")
    device.run(folder, with_output=False)
