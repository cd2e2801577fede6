"""What this process may still take: of the machine, of control groups, of a limit of its own."""

import subprocess
import sys

import pytest

from reservoir import memory

CODE = """if True:
    import resource
    import numpy as np
    from reservoir import EchoState, memory
    taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + 2**28, resource.RLIM_INFINITY))
    assert memory.free_bytes() <= 2**28
    try:
        EchoState(10**7).fit(np.zeros((5, 1)))
    except MemoryError as error:
        print(error)
"""


def write(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def left(told, root):
    return [memory._left(folder) for folder in memory._groups(told, root)]


def test_the_smallest_group_counts(tmp_path):
    told, root = tmp_path / "cgroup", tmp_path / "sys"
    told.write_text("0::/job/step\n")
    write(root / "job", memory__max="1000\n", memory__current="700\n", memory__stat="anon 100\ninactive_file 400\n")
    write(root / "job/step", memory__max="max\n", memory__current="5\n", memory__stat="")
    write(root, memory__max="5000\n", memory__current="900\n", memory__stat="active_file 10\n")
    found = left(told, root)
    assert min(found) == 1000 - 700 + 400 and 5000 - 900 + 10 in found  # what files fill gives way


def test_groups_of_version_1(tmp_path):
    told, root = tmp_path / "cgroup", tmp_path / "sys"
    told.write_text("11:cpu,cpuacct:/a\n9:memory:/docker/abc\n")
    stat = "cache 50\ntotal_inactive_file 30\n"
    names = {"memory__limit_in_bytes": "1000", "memory__usage_in_bytes": "600", "memory__stat": stat}
    write(root / "memory/docker/abc", **names)
    assert min(left(told, root)) == 430
    told.write_text("9:memory:/of/the/host\n")  # in a container only the root is seen
    write(root / "memory", **names | {"memory__limit_in_bytes": "2000"})
    assert min(left(told, root)) == 1430


def test_no_groups(tmp_path):
    assert min(left(tmp_path / "none", tmp_path / "sys")) == memory.inf
    assert 0 < memory.free_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="the size of a process is read from /proc")
def test_a_limit_of_the_process():
    found = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert found.stdout.startswith(
        "The 'n_units' parameter of EchoState must be small enough for the memory: 0.32 GB"
    ), found.stderr
