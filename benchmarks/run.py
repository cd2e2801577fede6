"""Run all benchmarks, each peer in its own environment, and write benchmarks/README.md.

    python benchmarks/run.py                        everything (about 15 minutes once the environments stand)
    python benchmarks/run.py --quick                shorter: for a look, not for the record
    python benchmarks/run.py --peers rclib --scripts states.py --output look.md
    python benchmarks/run.py --splice --scripts "cores.py, all cores"       one chapter of the page that stands

The Python that runs this script measures the library alone, and builds the environments of the peers.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import environments
import measure

HERE = Path(__file__).resolve().parent


class Section(NamedTuple):
    """A chapter of the page."""

    title: str
    script: str
    text: str  # under the title
    peers: tuple[str, ...]  # "" is the library alone, in this Python
    options: tuple[str, ...] = ()
    all_cores: bool = False  # whether each library has the threads that it chooses

    @property
    def name(self) -> str:
        """What `--scripts` calls it."""
        return f"{self.script}, all cores" if self.all_cores else self.script

    @property
    def command(self) -> list[str]:
        """What Python is given."""
        named = ["-m", "benchmarks.cores"] if self.script == "cores.py" else [f"benchmarks/{self.script}"]
        return [*named, *self.options]

    @property
    def shown(self) -> str:
        """The command as the page shows it."""
        return " ".join([*["BENCHMARK_THREADS=all"] * self.all_cores, "python", *self.command])


SECTIONS = [
    Section(
        "States, one thread",
        "states.py",
        "Microseconds a step. Both libraries get the same W and W_in, and equal states (1e-10) are "
        "asserted first. For the circulant graph they are asserted too, but the clock of the peer runs on "
        "a random matrix of equal size and density, in float64, since that is what the graph replaces. "
        "rclib gets the matrices through its model file; `predict` computes states and one output in C++, "
        "`advance` one step a call from Python: the faster counts. ORC runs on one core in float64. PyRCN "
        "offers sparse NumPy blocks (`transform`) and a dense torch module. rclib and ORC take no dense "
        "matrix. `of the limit` is the time to read the weights once at the measured bandwidth plus the "
        "time of the library's own tanh, over the measured time; for random sparse matrices reading is "
        "one sum over all weights times what they gather, by vectors or by single loads, whichever this processor does "
        "sooner. `first call`, ours / the peer's, holds the loading of compiled code or its "
        "compilation, and is in no other figure.",
        ("reservoirpy", "rclib", "orc", "pyrcn", ""),
    ),
    Section(
        "Training, one thread",
        "training.py",
        "Fit on 10,000 steps of NARMA-10 and predict 10,000 new ones, with the same W, W_in and penalty; the "
        "errors agree within 2 %. ORC is left out: its trained models forecast or classify.",
        ("reservoirpy", "rclib", "pyrcn"),
    ),
    Section(
        "Training, all cores",
        "training.py",
        "The same with the threads that each library chooses, for three sizes; and what each does where it is told the "
        "number of units alone, the drawing of weights included: our error is asserted to be no larger.",
        ("reservoirpy",),
        ("--units", "500", "1000", "3000", "--defaults"),
        all_cores=True,
    ),
    Section(
        "All cores against one",
        "cores.py",
        "The same work from all cores and from one, with the same bits, which are asserted. The ratio is that of wall "
        "times; processor times stand beside.",
        ("",),
        all_cores=True,
    ),
    Section(
        "Online readouts, one thread",
        "online.py",
        "Recursive least squares and least mean squares at 500 inputs, microseconds a step; equal weights are "
        "asserted first.",
        ("reservoirpy",),
    ),
    Section(
        "Streams, one thread",
        "streams.py",
        "Microseconds of one row at a time from Python, the median of 10,000 calls with 100 units and one output; both "
        "libraries get the same W, W_in and readout, and equal answers (1e-10) are asserted first.",
        ("reservoirpy",),
    ),
    Section(
        "A path of penalties, one thread",
        "readouts.py",
        "One `fit` of RidgeReadout with one penalty, and what choosing among 20 takes instead: by generalised "
        "cross-validation, on 5 blocks, and with 20 fits of scikit-learn. Equal coefficients are asserted first.",
        ("",),
    ),
    Section(
        "Many configurations, two cores",
        "many.py",
        "States and ridge for every configuration and seed, with the same weights on both sides; the errors "
        "agree. reservoirpy runs one reservoir a task in joblib's loky processes.",
        ("reservoirpy",),
    ),
    Section(
        "Spiking circuits, one thread",
        "liquid.py",
        "Milliseconds of processor time a trial; all engines get the same synapses, initial voltages and input "
        "spikes, and every spike must be the same, unit and step, before anything is timed. `simulate` is timed as a "
        "whole; its first call makes the circuit ready. Brian2 Cython restores a network that stands; Brian2 C++ is "
        "the program that Brian2 writes, from start to end and its loop alone; NEST is built anew for every trial. "
        "`first call` of Brian2 is its compilation. A turn of the column is a block of 7 trials.",
        ("nest",),
    ),
    Section(
        "Growth of spiking circuits, two threads",
        "large_circuits.py",
        "Seconds of the set-up and of a simulation, and bytes a synapse beyond the arrays of the circuit, by its size; "
        "both engines get the same synapses and initial voltages, each in a process of its own, and their rates agree.",
        ("nest",),
    ),
    Section(
        "Trials side by side in Brian2, one thread",
        "tiles.py",
        "Seconds of whole calls of `spiking.simulate` for the column of 135 units, 0.5 s a trial; the spikes of every "
        "trial must be those of Numba first. Set-up is the same call for a single step.",
        ("",),
    ),
    Section(
        "Recurrent layers, one thread",
        "recurrent.py",
        "Milliseconds of a forward and a backward pass in float32, one layer with 8 inputs, packing of the sequences "
        "included. States and gradients of all parameters are asserted equal first.",
        ("torch",),
    ),
    Section(
        "Recurrent cells without a fused module, one thread",
        "unfused_cells.py",
        "Milliseconds of a forward and a backward pass in float32, one layer with 8 inputs, beside an eager torch loop "
        "and `jax.lax.scan`, all on one core. Outputs and gradients of all parameters are asserted equal first. "
        "`first call` holds compilation.",
        ("torch",),
    ),
    Section(
        "Quality of the circulant graph",
        "quality.py",
        "Memory capacity: the sum over 200 delays of the squared correlation on new rows.",
        ("",),
    ),
    Section(
        "Search, two cores",
        "search.py",
        "Seconds of 64 configurations x 5 penalties x 3 warm folds; all scores must be those of GridSearchCV to 1e-8 "
        "first.",
        ("",),
    ),
    Section(
        "Search, all cores",
        "search.py",
        "The same with threads: `ReservoirSearchCV` in one process that spreads its work, and `GridSearchCV` with a "
        "process for each core.",
        ("",),
        ("--jobs", "2", "--threads"),
        all_cores=True,
    ),
    Section(
        "Simulation batches, two cores",
        "batches.py",
        "Overhead of a task: wall time times workers, less the tasks themselves; see docs/batches.md.",
        ("",),
    ),
    Section("First use", "first_use.py", "In new processes.", ("",)),
]
# Said at the end.
LIMITS = (
    "What holds the library's times: gathered loads for random sparse matrices, one a connection, the bandwidth of the "
    "second-level cache for the circulant graph, and for training the sums of products, which take about a fifth of "
    "the time by themselves."
)
QUICK = {"many.py": ["--configurations", "8", "--seeds", "2"], "quality.py": ["--seeds", "4"]}
LOOK = ["--repeats", "3"]


def processor() -> str:
    """Name of the processor and sizes of its caches, as far as the system tells."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.split(":", 1)[1] for line in info.read_text().splitlines() if "model name" in line]
        name = names[0].strip() if names else name
    sizes = []
    for cache in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = ((cache / part).read_text().strip() for part in ("level", "type", "size"))
        if kind != "Instruction":
            sizes.append(f"L{level} {size}")
    return ", ".join([name, f"{os.cpu_count()} cores", *sizes])


def run(part: Section, peer: str, options: argparse.Namespace) -> dict:
    """Rows, versions and text of one section, or what went wrong."""
    try:
        python = environments.ensure(peer, options.folder) if peer else Path(sys.executable)
    except environments.NotInstalled as error:
        return {"failed": f"{peer} could not be installed: {error}"}
    command = [str(python), *part.command]
    if part.script in ("states.py", "training.py"):
        command += ["--peer", peer or "none"]
    command += QUICK.get(part.script, []) + LOOK if options.quick else []
    surroundings = os.environ | ({"BENCHMARK_THREADS": "all"} if part.all_cores else {})
    print("running", part.name, peer, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "rows.json"
        try:
            answer = subprocess.run(
                [*command, "--json", str(result)],
                stderr=subprocess.PIPE,
                text=True,
                timeout=options.timeout,
                env=surroundings,
                cwd=HERE.parent,
            )
        except subprocess.TimeoutExpired:
            return {"failed": f"{part.name} {peer}: not done after {options.timeout} s"}
        if answer.returncode or not result.exists():
            last = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
            return {"failed": f"{part.name} {peer}: {last}"}
        return json.loads(result.read_text())


def rows_of(results: list[dict]) -> list[measure.Row]:
    """The lines of all tables."""
    return [measure.Row(**row) for result in results for row in result.get("rows", [])]


def chapter(part: Section, results: list[dict]) -> str:
    """One chapter of the page."""
    rows = rows_of(results)
    parts = [f"## {part.title}", f"`{part.shown}`. {part.text}"]
    parts += [measure.table(rows)] if rows else []
    parts += [result["text"] for result in results if result.get("text")]
    parts += ["Not measured: " + result["failed"] for result in results if "failed" in result]
    return "\n\n".join(parts)


def close(results: list[dict]) -> list[measure.Row]:
    """The lines in which a peer is faster, or not slower by a tenth."""
    return [row for row in rows_of(results) if (times := measure.ratio(row)) is not None and times < 1.1]


def honest(results: list[dict]) -> str:
    """Where a peer is as fast or faster, and why."""
    faster = close(results)
    lines = ["## Where a peer is as fast or faster"]
    lines += [f"- {row.work}: {row.peer}, {measure.ratio(row):.2f} times our time." for row in faster] or [
        "In no work of this run (a peer within 10 % would be named here)."
    ]
    return "\n".join([*lines, "", LIMITS])


def spliced(page: str, chapters: dict[str, str]) -> str:
    """A page with these chapters in their places, by title, and all others as they stand."""
    head, *parts = page.rstrip().split("\n## ")
    found = {part.split("\n", 1)[0]: f"## {part}".rstrip() for part in parts} | chapters
    titles = [part.title for part in SECTIONS if part.title in found]
    return "\n\n".join([head.rstrip(), *(found[title] for title in dict.fromkeys([*titles, *found]))]) + "\n"


def told(results: list[dict], load: str) -> str:
    """Where and when a chapter was measured that stands in a page of another run, and where a peer is faster."""
    faster = [f"{row.work}: {row.peer}, {measure.ratio(row):.2f} times our time" for row in close(results)]
    lines = [f"A peer is as fast or faster: {'; '.join(faster)}."] if faster else []
    when = f"Measured on {datetime.date.today().isoformat()}, {processor()}, load before the run {load}."
    return "\n\n".join([*lines, when])


def missed(results: list[dict]) -> list[str]:
    """Our own targets that this run does not reach, for the console."""
    lines = []
    for row in rows_of(results):
        if measure.met(row) is False:
            _, mine, peer, _, times, required, _, limit, *_ = measure.cells(row)
            found = f"{times} against {peer}" if times else f"{mine}, {limit} of the limit" if limit else mine
            lines.append(f"missed, {row.work}: {found}; required: {required}")
    return lines


def page(chapters: list[str], results: list[dict], load: str, quick: bool) -> str:
    """The whole README."""
    seen: dict[str, str] = {}
    for result in results:
        seen |= result.get("versions", {})
    head = [
        "# Benchmarks",
        "`make bench` writes this page anew with `python benchmarks/run.py`; every script also runs by "
        "itself. The tables hold medians of 7 or more calls taken in turns (A B A B) after a warm-up, the "
        "library and the peer in one process, on one thread unless said otherwise. A ratio is the peer's "
        "time over ours.",
    ]
    if quick:
        head.append("**A quick run: too few repeats for the record.**")
    head += [
        f"- Date: {datetime.date.today().isoformat()}",
        f"- Machine: {processor()}; {platform.system()}; load before the run {load}",
        "- Versions: " + ", ".join(f"{name} {version}" for name, version in seen.items()),
    ]
    return "\n\n".join([*head[:-3], "\n".join(head[-3:]), *chapters, honest(results)]) + "\n"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    where = "where the environments stand"
    options.add_argument("--folder", type=Path, default=environments.FOLDER, help=where)
    options.add_argument("--peers", nargs="*", default=list(environments.PEERS))
    options.add_argument("--scripts", nargs="*", default=[part.name for part in SECTIONS])
    options.add_argument("--output", type=Path, default=HERE / "README.md")
    options.add_argument("--timeout", type=float, default=1800, help="seconds that one script may take")
    options.add_argument("--quick", action="store_true")
    within = "put the chapters into the page as it stands, instead of writing it anew"
    options.add_argument("--splice", action="store_true", help=within)
    options = options.parse_args()
    options.folder = options.folder.resolve()
    load = f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"
    chapters, everything = [], []
    for part in SECTIONS:
        if part.name in options.scripts:
            results = [run(part, peer, options) for peer in part.peers if not peer or peer in options.peers]
            chapters.append(chapter(part, results))
            everything += results
            if options.splice:
                found = {part.title: f"{chapters[-1]}\n\n{told(results, load)}"}
                options.output.write_text(spliced(options.output.read_text(), found))
    if not options.splice:
        options.output.write_text(page(chapters, everything, load, options.quick))
    print("\n".join([*missed(everything), f"wrote {options.output}"]))


if __name__ == "__main__":
    main()
