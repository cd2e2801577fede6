"""Every way to a second stream that stands where the first one does."""

import copy
import pickle

from reservoir import load, save

COPIES = {
    "copy": lambda stream, folder: copy.copy(stream),
    "deepcopy": lambda stream, folder: copy.deepcopy(stream),
    "pickle": lambda stream, folder: pickle.loads(pickle.dumps(stream)),
    "file": lambda stream, folder: (save(stream, folder / "stream"), load(folder / "stream"))[1],
}
