"""The suite as other machines run it, one after the other, with a summary: ``make test-machines``.

Other processors are those whose BLAS kernels and compiled loops this processor can run too. A busy machine is two
copies at once. Every Python and the oldest releases get environments of their own in the folder `.machines`, which
also keeps what each run has said. What this machine cannot be is left out with a word; asked for by name, it fails.

    python .ci/machines.py --only Haswell oldest -- tests/models -x
"""

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import llvmlite.binding

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".machines"
KERNELS = ("Haswell", "Zen", "SkylakeX")
AVX2 = (
    "64bit avx avx2 bmi bmi2 cmov crc32 cx16 cx8 f16c fma fsgsbase fxsr invpcid lzcnt mmx movbe pclmul popcnt rdrnd "
    "sahf sse sse2 sse3 sse4.1 sse4.2 ssse3 xsave xsaveopt"
).split()
TARGETS = {"generic": [], "haswell": AVX2}
OLDEST = "python3.11"
PROBE = """if True:
    import numpy, scipy.linalg, threadpoolctl
    A = numpy.random.default_rng(0).normal(size=(200, 200))
    scipy.linalg.eigh(A @ A.T), numpy.linalg.qr(A), scipy.linalg.svd(A)
    numpy.ones((32, 512)) @ numpy.ones((512, 30))
    pools = threadpoolctl.threadpool_info()
    print(*sorted({pool["architecture"] for pool in pools if pool["internal_api"] == "openblas"}))
"""


class Machine(NamedTuple):
    """What is run: with which interpreter and environment, and how many copies at once."""

    name: str
    what: str
    python: str = sys.executable
    environment: Mapping[str, str] = MappingProxyType({})
    n_copies: int = 1


class Absent(NamedTuple):
    """What this machine cannot be, and why."""

    name: str
    why: str


def blas_kernels(name: str, known: dict[str, str]) -> Machine | Absent:
    """The kernels of BLAS for a processor, unless they are those of one in `known`, which it joins."""
    environment = {"OPENBLAS_CORETYPE": name}
    probe = subprocess.run(
        [sys.executable, "-c", PROBE], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    found = probe.stdout.strip()
    if probe.returncode:
        return Absent(name, "this processor, or this release of OpenBLAS on it, cannot run these kernels")
    if not found:
        return Absent(name, "the BLAS of NumPy and SciPy is not OpenBLAS")
    if found in known:
        return Absent(name, f"this build of OpenBLAS takes the kernels {found}, as for {known[found]}")
    known[found] = name
    return Machine(name, f"BLAS with the kernels {found}, as threadpoolctl says", environment=environment)


def numba_target(name: str) -> Machine | Absent:
    """Loops compiled for a processor; they are kept apart from those for this one."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return Absent(name, f"this processor is a {platform.machine()}")
    missing = [feature for feature in TARGETS[name] if not llvmlite.binding.get_host_cpu_features().get(feature)]
    if missing:
        return Absent(name, f"this processor lacks {', '.join(missing)}")
    features = ",".join(f"+{feature}" for feature in TARGETS[name])
    cache = FOLDER / f"loops-{name}"
    shutil.rmtree(cache, ignore_errors=True)
    own = {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": features, "NUMBA_CACHE_DIR": str(cache)}
    return Machine(name, f"loops compiled for {name} with {len(TARGETS[name])} features", environment=own)


def interpreter(name: str, python: str, *constraint: str) -> Machine | Absent:
    """An environment of its own."""
    try:
        asked = subprocess.run([python, "--version"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return Absent(name, f"there is no {python}")
    if asked.returncode:
        return Absent(name, f"{python} does not run")
    folder = FOLDER / name
    subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
    own = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    install = [own, "-m", "pip", "install", "--quiet", *constraint, "--editable", ".[test]"]
    if subprocess.run(install, cwd=ROOT, check=False).returncode:
        return Absent(name, "the environment could not be installed")
    return Machine(name, f"{asked.stdout.strip()}{', ' + ' '.join(constraint) if constraint else ''}", str(own))


def machines(versions: list[str], wanted: set[str]) -> Iterator[Machine | Absent]:
    """All machines whose name is wanted, or all."""
    known: dict[str, str] = {}
    oldest = "--constraint", ".ci/oldest.txt"
    makers = {name: lambda name=name: blas_kernels(name, known) for name in KERNELS}
    makers |= {name: lambda name=name: numba_target(name) for name in TARGETS}
    makers["busy"] = lambda: Machine("busy", "two copies at once", n_copies=2)
    makers |= {Path(python).name: lambda python=python: interpreter(Path(python).name, python) for python in versions}
    makers["oldest"] = lambda: interpreter("oldest", OLDEST, *oldest)
    unknown = wanted - makers.keys()
    if unknown:
        raise SystemExit(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(makers)}.")
    yield from (make() for name, make in makers.items() if not wanted or name in wanted)


def run(machine: Machine, arguments: list[str]) -> tuple[bool, str]:
    """Whether all tests of all copies pass, and the last lines of pytest."""
    command = [machine.python, "-m", "pytest", "-n", "auto", "--dist", "loadfile", *arguments]
    paths = [FOLDER / f"{machine.name}-{copy}.log" for copy in range(machine.n_copies)]
    copies = []
    for path in paths:
        with open(path, "w") as log:
            copies.append(
                subprocess.Popen(command, cwd=ROOT, env=os.environ | machine.environment, stdout=log, stderr=log)
            )
    codes = [copy.wait() for copy in copies]
    texts = [path.read_text() for path in paths]
    for failure in re.findall(r"^(?:FAILED|ERROR) .*", "\n".join(texts), re.MULTILINE):
        print(failure, flush=True)
    return not any(codes), " | ".join((text.splitlines() or [""])[-1].strip("= ") for text in texts)


def main() -> None:
    """Run what is asked for; end with 1 where a test has failed, or what was asked for by name was left out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--versions", default="", help="interpreters, in one word with blanks")
    parser.add_argument("--only", nargs="+", default=[], help="names of machines")
    parser.add_argument("pytest", nargs="*", help="arguments of pytest, behind --")
    given = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    lines, good = [], True
    for machine in machines(given.versions.split(), {Path(name).name for name in given.only}):
        if isinstance(machine, Absent):
            lines.append(f"{machine.name:12} left out: {machine.why}")
            good = good and not given.only
            continue
        print(f"{machine.name}: {machine.what}", flush=True)
        start = time.monotonic()
        passed, words = run(machine, given.pytest)
        good = good and passed
        minutes = (time.monotonic() - start) / 60
        lines.append(f"{machine.name:12} {'green' if passed else 'RED':5} {minutes:4.0f} min  {machine.what}: {words}")
    print("", *lines, sep="\n")
    sys.exit(not good)


if __name__ == "__main__":
    main()
