"""Input weights of one size, whose signs are those of the digits of pi."""

from __future__ import annotations

from math import isqrt

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.sizes import check_fits
from reservoir.validation import parameter_error

_MOST_DIGITS = 200_000


class PiSigns(BaseEstimator):
    """Input weights 1 and -1 without chance: the signs follow the decimals of pi.

        W_in[i, j] = 1 where decimal i + j n_units of pi is 5 or more, else -1

    The first channel has the decimals 1, 4, 1, 5, 9, ... for its units, the second those behind. Beside a cycle or a
    delay line nothing of the reservoir is then drawn. `EchoState` multiplies them by its `input_scaling`; None is 1.

    Raises
    ------
    ValueError
        For more than 200000 weights, whose decimals would take long.

    References
    ----------
    Rodan and Tino 2011, Minimum complexity echo state network, IEEE Transactions on Neural Networks 22(1):131-144,
    doi:10.1109/TNN.2010.2089641.

    Examples
    --------
    >>> from reservoir.wiring import PiSigns
    >>> PiSigns().draw(5, 1, rng=None).ravel()
    array([-1., -1., -1.,  1.,  1.])
    """

    def draw(self, n_units: int, n_features: int, rng: np.random.Generator | None) -> np.ndarray:
        """Weights (n_units, n_features); `rng` is not used."""
        n_digits, owner = n_units * n_features, type(self).__name__
        check_fits(owner, "n_units", n_units, 16.0 * n_digits, "the weights")
        if n_digits > _MOST_DIGITS:
            raise parameter_error(owner, "n_units", f"at most {_MOST_DIGITS // n_features} units", n_units)
        signs = np.where(decimals_of_pi(n_digits) >= 5, 1.0, -1.0)
        return signs.reshape(n_features, n_units).T.copy()


def decimals_of_pi(n: int) -> np.ndarray:
    """The first n digits behind the point, by the series of Chudnovsky and Chudnovsky."""
    n_known = n + 10
    _, q, t = _summed(0, n_known // 14 + 2)
    whole = 426_880 * isqrt(10_005 * 10 ** (2 * n_known)) * q // (13_591_409 * q + t)
    digits = np.array(_digits(whole // 10**10, n + 1), dtype=np.int64)
    return digits[1:]


def _summed(first: int, last: int) -> tuple[int, int, int]:
    """The terms [first, last) behind the first one, as (P, Q, T) of binary splitting."""
    if last - first == 1:
        k = first + 1
        p = -(6 * k - 5) * (2 * k - 1) * (6 * k - 1)
        return p, k**3 * 10_939_058_860_032_000, p * (13_591_409 + 545_140_134 * k)
    middle = (first + last) // 2
    p1, q1, t1 = _summed(first, middle)
    p2, q2, t2 = _summed(middle, last)
    return p1 * p2, q1 * q2, t1 * q2 + p1 * t2


def _digits(number: int, n: int) -> list[int]:
    """The n decimal digits of a number, halved until they are few: text of long numbers is not allowed everywhere."""
    if n <= 1000:
        return [int(digit) for digit in str(number).zfill(n)]
    head, tail = divmod(number, 10 ** (n // 2))
    return _digits(head, n - n // 2) + _digits(tail, n // 2)
