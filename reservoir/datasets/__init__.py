"""Tasks and data: series that are computed, data that is bundled, and data that is fetched once.

``make_*`` computes a series, ``load_*`` reads a bundled set, ``fetch_*`` looks for a file on this machine
and downloads it otherwise.
"""

from reservoir.datasets.japanese_vowels import load_japanese_vowels
from reservoir.datasets.lorenz import make_lorenz
from reservoir.datasets.mackey_glass import make_mackey_glass
from reservoir.datasets.multitask import make_multitask
from reservoir.datasets.narma import make_narma
from reservoir.datasets.polyphonic_music import fetch_polyphonic_music
from reservoir.datasets.remote import DatasetNotFoundError
from reservoir.datasets.santa_fe_laser import fetch_santa_fe_laser
from reservoir.datasets.spoken_digits import fetch_spoken_digits

__all__ = [
    "DatasetNotFoundError",
    "fetch_polyphonic_music",
    "fetch_santa_fe_laser",
    "fetch_spoken_digits",
    "load_japanese_vowels",
    "make_lorenz",
    "make_mackey_glass",
    "make_multitask",
    "make_narma",
]
