"""Tasks and data: series that are computed, data that is bundled, and data that is fetched once.

``make_*`` computes a series, ``load_*`` reads a bundled set, ``fetch_*`` looks for a file on this machine and downloads
it otherwise, ``read_*`` reads a file that you have: spikes, as other programs keep them. Of a dynamical system
``make_*`` gives with ``return_system=True`` what one must know of it, too: a `System`.

A file that is fetched is looked for in the directory named by the environment variable RESERVOIR_DATA, then in the
cache of earlier downloads, and is otherwise downloaded from RESERVOIR_DATA_URL, the address of a mirror with the same
layout, which needs pooch. Its size and its SHA-256 checksum are verified each time. A wrong file in RESERVOIR_DATA, and
a RESERVOIR_DATA that names no folder, are told by one RuntimeWarning, and the search goes on.

A download takes no more memory and disk than the file has bytes, and ends with an error after 60 seconds; where the
line is slow set RESERVOIR_DATA_TIMEOUT to more of them.
"""

from reservoir.datasets.adding import make_adding
from reservoir.datasets.channel_equalisation import make_channel_equalisation
from reservoir.datasets.copy_memory import make_copy_memory
from reservoir.datasets.coupled_maps import make_coupled_maps
from reservoir.datasets.data_files import DatasetNotFoundError
from reservoir.datasets.double_scroll import make_double_scroll
from reservoir.datasets.embedded_reber import make_embedded_reber
from reservoir.datasets.food_chain import make_food_chain
from reservoir.datasets.frequency_discrimination import make_frequency_discrimination
from reservoir.datasets.heidelberg_digits import read_heidelberg_digits
from reservoir.datasets.henon import make_henon
from reservoir.datasets.ikeda import make_ikeda
from reservoir.datasets.japanese_vowels import load_japanese_vowels
from reservoir.datasets.kuramoto_sivashinsky import make_kuramoto_sivashinsky
from reservoir.datasets.logistic import make_logistic
from reservoir.datasets.lorenz import make_lorenz
from reservoir.datasets.lorenz96 import make_lorenz96
from reservoir.datasets.mackey_glass import make_mackey_glass
from reservoir.datasets.mat_spikes import read_mat_spikes
from reservoir.datasets.multitask import make_multitask
from reservoir.datasets.narma import make_narma
from reservoir.datasets.nmnist import read_nmnist
from reservoir.datasets.nonlinear_memory import make_nonlinear_memory
from reservoir.datasets.pixel_digits import fetch_pixel_digits, load_pixel_digits
from reservoir.datasets.polyphonic_music import fetch_polyphonic_music
from reservoir.datasets.rabinovich_fabrikant import make_rabinovich_fabrikant
from reservoir.datasets.roessler import make_roessler
from reservoir.datasets.santa_fe_laser import fetch_santa_fe_laser
from reservoir.datasets.spoken_digits import fetch_spoken_digits
from reservoir.datasets.superimposed_oscillators import make_superimposed_oscillators
from reservoir.datasets.system import System
from reservoir.datasets.temporal_order import make_temporal_order

__all__ = [
    "DatasetNotFoundError",
    "System",
    "fetch_pixel_digits",
    "fetch_polyphonic_music",
    "fetch_santa_fe_laser",
    "fetch_spoken_digits",
    "load_japanese_vowels",
    "load_pixel_digits",
    "make_adding",
    "make_channel_equalisation",
    "make_copy_memory",
    "make_coupled_maps",
    "make_double_scroll",
    "make_embedded_reber",
    "make_food_chain",
    "make_frequency_discrimination",
    "make_henon",
    "make_ikeda",
    "make_kuramoto_sivashinsky",
    "make_logistic",
    "make_lorenz",
    "make_lorenz96",
    "make_mackey_glass",
    "make_multitask",
    "make_narma",
    "make_nonlinear_memory",
    "make_rabinovich_fabrikant",
    "make_roessler",
    "make_superimposed_oscillators",
    "make_temporal_order",
    "read_heidelberg_digits",
    "read_mat_spikes",
    "read_nmnist",
]
