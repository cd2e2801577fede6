"""Readers of files of spikes, which the tests write themselves, and a file of N-MNIST where there is one."""

import numpy as np
import pytest
from scipy.io import savemat

from reservoir.datasets import read_heidelberg_digits, read_mat_spikes, read_nmnist
from reservoir.spikes import SpikeTrains


def cells(lists):
    """A cell array of MATLAB (1, n)."""
    found = np.empty((1, len(lists)), dtype=object)
    for k, one in enumerate(lists):
        found[0, k] = one
    return found


@pytest.fixture
def events_of_a_camera(tmp_path):
    rng = np.random.default_rng(0)
    column, row, polarity = rng.integers(34, size=50), rng.integers(34, size=50), rng.integers(2, size=50)
    times = np.sort(rng.integers(0, 300_000, 50))
    words = (column << 32) | (row << 24) | (polarity << 23) | times
    content = b"".join(int(word).to_bytes(5, "big") for word in words)
    (tmp_path / "one.bin").write_bytes(content)
    return tmp_path / "one.bin", column, row, polarity, times


def test_events_of_nmnist(events_of_a_camera, tmp_path):
    path, column, row, polarity, times = events_of_a_camera
    trains = read_nmnist(path, duration=0.35)
    units = (polarity * 34 + row) * 34 + column
    assert trains == SpikeTrains(times * 1e-6, units, 2 * 34 * 34, 0.35)
    assert times[-1] * 1e-6 < read_nmnist(path).duration < times[-1] * 1e-6 + 1e-9
    for name, options in (("path", {"width": 20}), ("width", {"width": 0}), ("times", {"duration": 0.01})):
        with pytest.raises(ValueError, match=f"The '{name}' parameter of"):
            read_nmnist(path, **options)
    (tmp_path / "short.bin").write_bytes(b"1234")
    with pytest.raises(ValueError, match="The 'path' parameter of read_nmnist must be a file of events"):
        read_nmnist(tmp_path / "short.bin")


def test_a_file_of_nmnist(shared_data):
    path, known = shared_data / "events_samples/sample_nmnist.bin", shared_data / "events_samples/nmnist_sample.npz"
    if not path.is_file():
        pytest.skip("no file of N-MNIST")
    with np.load(known) as stored:
        x, y, p, t = (stored[name].astype(np.int64) for name in ("x", "y", "p", "t_us"))
    trains = read_nmnist(path, duration=0.4)
    assert trains == SpikeTrains(t * 1e-6, (p * 34 + y) * 34 + x, 2 * 34 * 34, 0.4)


def test_files_of_matlab(tmp_path):
    lists = [np.array([0.1, 0.3]), np.zeros(0), np.array([0.2])]
    known = SpikeTrains.of_lists(lists, 0.5)
    names = cells(["late", "early", "late"])
    savemat(
        tmp_path / "a.mat",
        {
            "spikes": cells(lists),
            "t": [[100.0, 300.0, 200.0]],
            "unit": [[7.0], [7.0], [3.0]],
            "name": names,
            "one": lists[0],
        },
    )
    assert read_mat_spikes(tmp_path / "a.mat", "spikes", duration=0.5) == known
    both = SpikeTrains([0.1, 0.3, 0.2], [1, 1, 0], 2, 0.5)
    assert read_mat_spikes(tmp_path / "a.mat", "t", "unit", duration=0.5, tick=1e-3) == both
    assert read_mat_spikes(tmp_path / "a.mat", "t", "name", duration=0.5, tick=1e-3).n_units == 2
    alone = read_mat_spikes(tmp_path / "a.mat", "one", start=0.2, duration=0.3)
    assert alone.n_units == 1 and alone.times.tolist() == [0.3 - 0.2]
    for name, arguments in (("times", ("spike",)), ("units", ("t", "cluster")), ("units", ("t", "one"))):
        with pytest.raises(ValueError, match=rf"The '{name}' parameter of"):
            read_mat_spikes(tmp_path / "a.mat", *arguments)
    (tmp_path / "b.mat").write_bytes(b"text" * 300)
    with pytest.raises(ValueError, match="The 'path' parameter of read_mat_spikes must be"):
        read_mat_spikes(tmp_path / "b.mat", "t")


def test_files_of_the_heidelberg_digits(tmp_path):
    h5py = pytest.importorskip("h5py")
    rng = np.random.default_rng(1)
    lists = [(np.sort(rng.random(n)).astype(np.float16), rng.integers(700, size=n)) for n in (5, 0, 9)]
    with h5py.File(tmp_path / "shd.h5", "w") as file:
        for name, column, kind in (("times", 0, np.float16), ("units", 1, np.uint16)):
            stored = file.create_dataset(f"spikes/{name}", 3, dtype=h5py.vlen_dtype(kind))
            for k, one in enumerate(lists):
                stored[k] = one[column].astype(kind)
        file["labels"] = np.array([4, 0, 19], dtype=np.uint16)
    trains, labels = read_heidelberg_digits(tmp_path / "shd.h5", duration=1.4)
    assert labels.tolist() == [4, 0, 19]
    assert trains == [SpikeTrains(times.astype(float), units, 700, 1.4) for times, units in lists]
    part, own = read_heidelberg_digits(tmp_path / "shd.h5", which=[2])
    assert own.tolist() == [19] and part[0].units.tolist() == trains[2].units.tolist() and part[0].duration < 1.1
    with pytest.raises(ValueError, match="The 'times' parameter of"):
        read_heidelberg_digits(tmp_path / "shd.h5", duration=0.01)
    with pytest.raises(ValueError, match="The 'which' parameter of"):
        read_heidelberg_digits(tmp_path / "shd.h5", which=[3])
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["labels"] = [1]
    with pytest.raises(ValueError, match="The 'path' parameter of read_heidelberg_digits must be"):
        read_heidelberg_digits(tmp_path / "other.h5")


def test_without_h5py(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(ImportError, match=r"read_heidelberg_digits needs h5py.*reservoir-spiking\[events\]"):
        read_heidelberg_digits(tmp_path / "shd.h5")
