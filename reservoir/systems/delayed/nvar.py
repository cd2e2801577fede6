"""Nonlinear vector autoregression: the next-generation reservoir."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import combinations_with_replacement
from math import comb
from typing import Any, ClassVar

import numpy as np

from reservoir.neurons.rate.delayed_rows import Cosines, Products, products_of
from reservoir.parts import Seed
from reservoir.sequences import Sequences
from reservoir.systems.delayed.rows_of_the_past import RowsOfThePast
from reservoir.validation import Parameters, real_array

MOST_COLUMNS = 20_000
"""Columns beyond which a readout learns nothing that more rows would not have told it."""
HIGHEST = 20
FEATURES = ("polynomial", "chebyshev", "random")


@dataclass(eq=False, repr=False)
class NVAR(RowsOfThePast):
    """Nonlinear vector autoregression, the next-generation reservoir: functions of the last rows, and no units.

        z(t) = [u(t), u(t - stride), ..., u(t - (delays - 1) stride)]
        states(t) = [z, all products z_i z_j, all products z_i z_j z_k, ...]      up to the degree

    A linear readout of these is a polynomial of the last rows. With ``target="increments"`` a `ReservoirForecaster`
    learns u(t + 1) - u(t) of them, as in the paper, and its loop runs compiled. The readout's intercept is the
    constant term. Of k numbers in z there are C(k + q - 1, q) products of degree q.

    Parameters
    ----------
    delays : int >= 1 or list of different int >= 0, default 2
        How many rows are heard, the present one included; or how many steps back each of them stands, 0 the present.
    degree : int from 1 to 20 or list of different such, default 2
        Highest degree of the products; or the degrees that there are, [1, 3] for data with an odd symmetry.
    stride : int >= 1, default 1
        Steps from one row to the next; of a list of delays it is the unit.
    features : {"polynomial", "chebyshev", "random"}, default "polynomial"
        Products of the numbers; products of the Chebyshev polynomials T_a of each, whose degrees a add up to the same,
        of channels brought to [-1, 1] by their range in `fit`; or ``cos(P z / width + p)`` with P of N(0, 1) and p of
        U[0, 2 pi), whose number does not depend on that of the channels and which never leave [-1, 1]. `degree` is then
        ignored.
    n_random : int >= 1, default 200
        Number of random features.
    width : float > 0, default 1.0
        Distance over which random features change.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of random features; nothing else is drawn.

    Attributes
    ----------
    lags_ : int array (n_rows,)
        How many steps back the rows stand that are heard.
    degrees_ : int array (n_degrees,)
        Degrees of the products; none with random features.
    centres_, half_widths_ : arrays (n_features,), with Chebyshev polynomials
    projection_ : array (n_numbers, n_random), P / width, with random features
    phases_ : array (n_random,), p, with random features
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names

    Raises
    ------
    ValueError
        For a parameter outside its range, more than 20000 columns, unusable data, states that overflow, and a state of
        another size.

    Notes
    -----
    Before the first row of a sequence that row stands for those that are missing. A forecaster leaves these rows out
    when it learns; give other models a `washout` of ``(delays - 1) * stride``. Let data be of the order of one, since
    the highest products dominate otherwise; forecasters scale them. Neighbouring rows are much alike, so that the
    products of short strides are nearly dependent, the more the more rows there are: the penalty of the readout
    decides then. Columns are named by their products. Beside ``features="random"`` the mean of the product of two
    columns over the draws is a Gaussian kernel, exp(-(|z - z'| / width)^2 / 2) / 2.

    References
    ----------
    Gauthier, Bollt, Griffith, Barbosa 2021, Next generation reservoir computing, Nature Communications 12:5564,
    doi:10.1038/s41467-021-25801-2. Random features: Cestnik and Martens 2025, Next-generation reservoir computing for
    dynamical inference, doi:10.48550/arXiv.2509.11338.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.systems import NVAR
    >>> system = NVAR(delays=2, degree=2).fit(np.array([[2.0], [3.0]]))
    >>> system.transform(np.array([[2.0], [3.0]]))
    array([[2., 2., 4., 4., 4.],
           [3., 2., 9., 6., 4.]])
    >>> system.get_feature_names_out().tolist()
    ['x0', 'x0(t-1)', 'x0^2', 'x0 x0(t-1)', 'x0(t-1)^2']
    """

    delays: int | Sequence[int] | np.ndarray = 2
    degree: int | Sequence[int] = 2
    _: KW_ONLY
    stride: int = 1
    features: str = "polynomial"
    n_random: int = 200
    width: float = 1.0
    random_state: Seed = None

    learned: ClassVar[dict[str, Any]] = {
        "lags_": "integers (k)",
        "degrees_": "integers (d)",
        "n_features_in_": "size (f)",
        "_n_features_out": "size (n)",
        "centres_": "optional reals (f)",
        "half_widths_": "optional reals (f)",
        "projection_": "optional reals (z, n)",
        "phases_": "optional reals (n)",
    }

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The products in words, ``x0 x1(t-2)``; numbered where there are no products."""
        if not hasattr(self, "lags_") or hasattr(self, "projection_") or hasattr(self, "centres_"):
            return super().get_feature_names_out(input_features)
        given = getattr(self, "feature_names_in_", None) if input_features is None else input_features
        channels = [f"x{j}" for j in range(self.n_features_in_)] if given is None else list(map(str, given))
        numbers = [name + (f"(t-{lag})" if lag else "") for lag in self.lags_ for name in channels]
        degrees: list[int] = self.degrees_.tolist()
        terms = [term for q in degrees for term in combinations_with_replacement(range(len(numbers)), q)]
        return np.array([_written(term, numbers) for term in terms], dtype=object)

    def _fits(self, n_numbers: int) -> bool:
        known = vars(self).keys()
        if "projection_" in known:
            return "phases_" in known and len(self.projection_) == n_numbers
        degrees = self.degrees_
        right = ("centres_" in known) == ("half_widths_" in known) and len(degrees) > 0
        right &= all(1 <= q <= HIGHEST for q in degrees.tolist()) and len(set(degrees.tolist())) == len(degrees)
        return right and self._n_features_out == _n_products(n_numbers, degrees.tolist())

    def _learn(self, sequences: Sequences, n_numbers: int) -> int:
        for name in ("centres_", "half_widths_", "projection_", "phases_"):
            vars(self).pop(name, None)
        p = Parameters(self)
        if p.choice("features", FEATURES) == "random":
            n_columns, width = p.integer("n_random", 1, MOST_COLUMNS), p.real("width", 0, closed="neither")
            rng = p.generator()
            self.projection_ = rng.standard_normal((n_numbers, n_columns)) / width
            self.phases_ = rng.uniform(0, 2 * np.pi, n_columns)
            self.degrees_ = np.zeros(0, np.int64)
            return n_columns
        self.degrees_ = np.array(self._given_degrees(), dtype=np.int64)
        if self.features == "chebyshev":
            low, high = sequences.rows.min(axis=0), sequences.rows.max(axis=0)
            self.centres_, half = low / 2 + high / 2, high / 2 - low / 2
            self.half_widths_ = np.where(half > 0, half, 1.0)
        return self._n_columns(n_numbers)

    def _functions(self) -> Products | Cosines:
        if hasattr(self, "projection_"):
            return Cosines(self.projection_, self.phases_)
        n_lags, chebyshev = len(self.lags_), hasattr(self, "centres_")
        centres, half = np.zeros(self.n_features_in_), np.ones(self.n_features_in_)
        if chebyshev:
            centres, half = self.centres_, self.half_widths_
        return products_of(self.degrees_.tolist(), np.tile(centres, n_lags), np.tile(half, n_lags), chebyshev)

    def _given_degrees(self) -> list[int]:
        p, given = Parameters(self), real_array(self.degree)
        if given is not None and given.ndim == 1 and given.size:
            degrees = given.tolist()
            if all(1 <= q <= HIGHEST and q == int(q) for q in degrees) and len(set(degrees)) == len(degrees):
                return sorted(map(int, degrees))
            raise p.error("degree", f"an integer from 1 to {HIGHEST} or different such integers")
        return list(range(1, p.integer("degree", 1, HIGHEST) + 1))

    def _n_columns(self, n_numbers: int) -> int:
        """How many columns come of so many numbers; refused where they are too many."""
        degrees = self.degrees_.tolist()
        n_columns, highest = _n_products(n_numbers, degrees), max(degrees)
        if max(n_columns, _n_products(n_numbers, [highest])) <= MOST_COLUMNS:
            return n_columns
        name = "degree" if highest > 1 else "delays"
        why = f"{self.n_features_in_} channels in {n_numbers // self.n_features_in_} rows would make {n_columns}"
        raise Parameters(self).error(name, f"low enough for at most {MOST_COLUMNS} columns: {why}")


def _n_products(n_numbers: int, degrees: list[int]) -> int:
    """How many products of these degrees there are of so many numbers."""
    return sum(comb(n_numbers + q - 1, q) for q in degrees)


def _written(term: tuple[int, ...], numbers: list[str]) -> str:
    """A product of numbers, given by their places in order."""
    powers = {i: term.count(i) for i in term}
    return " ".join(numbers[i] + (f"^{power}" if power > 1 else "") for i, power in powers.items())
