"""Data sets by the beginning of their names, and what tests of random data measure."""

import numpy as np

from reservoir import datasets

FAKE = b"86\n141\n95\n"
"""A data file of three rows."""


def files_below(directory):
    """Its files, of all depths."""
    return [path for path in directory.rglob("*") if path.is_file()]


def exported(prefix):
    """Functions of the room whose names begin so."""
    return [getattr(datasets, name) for name in datasets.__all__ if name.startswith(prefix)]


def within(sample, mean, deviations=4):
    """Whether the mean of the sample is the stated one, but for its standard error."""
    sample = np.asarray(sample, dtype=float)
    return abs(sample.mean() - mean) < deviations * sample.std() / np.sqrt(sample.size)
