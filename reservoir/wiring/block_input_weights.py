"""Input weights of reservoirs in blocks, each of which hears a few channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.topologies.drawing import DISTRIBUTIONS, draw_from
from reservoir.validation import Parameters, parameter_error, real_array


@dataclass(eq=False, repr=False)
class BlockInputWeights(BaseEstimator):
    """Input weights by blocks: all units of a block hear the same few channels, drawn for each block.

        W_in[i, j] = scale_b w_ij for the channels j that the block b of unit i hears,   w ~ distribution,

    and 0 for the others. Blocks are runs of `block` neighbouring units, the last one of what is left. A block hears C
    different channels, C uniform between the two numbers of `n_channels`. It stands beside a `Repeated` topology of the
    same length. `EchoState` multiplies what is drawn by its `input_scaling`, a number or one per channel; None is 1
    here, since the part has its own scale.

    Parameters
    ----------
    block : int >= 1, default 10
        Units of a block.
    n_channels : int >= 1 or pair of them, default (1, 3)
        Fewest and most channels that a block hears; at most those of one of the groups.
    distribution : {"normal", "uniform", "signs"}, default "normal"
        Of the weights w: N(0, 1), U[-1, 1), or 1 and -1, alike often.
    scale : float >= 0 or pair of floats > 0, default 1.0
        Scale of all blocks, or the range in which that of each block is drawn log-uniformly.
    centred : bool, default False
        Whether the weights of a channel have mean 0 over the units of a block. A lone unit then hears nothing.
    groups : int >= 1, default 1
        The channels stand in so many groups of equal size, and a block hears one of these: with 2, for channels and
        their gradients behind them, never both of the same block.

    Raises
    ------
    ValueError
        For a parameter outside its range, and channels that are no multiple of the groups, when it is used.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.wiring import BlockInputWeights
    >>> weights = BlockInputWeights(block=2, n_channels=1, distribution="signs")
    >>> weights.draw(4, 3, np.random.default_rng(1))
    array([[-1.,  0.,  0.],
           [-1.,  0.,  0.],
           [ 0., -1.,  0.],
           [ 0., -1.,  0.]])
    """

    block: int = 10
    _: KW_ONLY
    n_channels: int | Sequence[int] = (1, 3)
    distribution: str = "normal"
    scale: float | Sequence[float] = 1.0
    centred: bool = False
    groups: int = 1

    def draw(self, n_units: int, n_features: int, rng: np.random.Generator) -> np.ndarray:
        """Weights (n_units, n_features)."""
        p = Parameters(self)
        block, groups, centred = p.integer("block", 1), p.integer("groups", 1), p.flag("centred")
        distribution = p.choice("distribution", DISTRIBUTIONS)
        (fewest, most), (low, high) = self._range("n_channels"), self._range("scale")
        if n_features % groups:
            raise p.error("groups", f"a divisor of the {n_features} channels")
        n_known = n_features // groups
        weights = np.zeros((n_units, n_features))
        for first in range(0, n_units, block):
            units = np.arange(first, min(first + block, n_units))
            n_heard = int(rng.integers(min(int(fewest), n_known), min(int(most), n_known), endpoint=True))
            heard = np.sort(rng.permutation(n_known)[:n_heard]) + n_known * rng.integers(groups)
            drawn = draw_from(distribution, (len(units), n_heard), rng)
            if centred:
                drawn -= drawn.mean(axis=0)
            weights[np.ix_(units, heard)] = drawn * (low if low == high else np.exp(rng.uniform(*np.log([low, high]))))
        return weights

    def _range(self, name: str) -> tuple[float, float]:
        """The least and the most of a parameter that is one number or a pair of them."""
        value, whole = getattr(self, name), name == "n_channels"
        numbers = real_array(value)
        if numbers is not None and numbers.shape in ((), (2,)):
            low, high = np.broadcast_to(numbers, 2).tolist()
            good = low >= 1 and not low % 1 and not high % 1 if whole else low > 0 or low == high == 0
            if good and low <= high < np.inf:
                return low, high
        words = "an integer >= 1 or two" if whole else "a number >= 0 or two above 0"
        raise parameter_error(type(self).__name__, name, f"{words}, the smaller one first", value)
