"""Input weights of some units alone."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.parts import InputWeights, check_draws
from reservoir.topologies.drawing import draw_from
from reservoir.topologies.node_sets import chosen_units
from reservoir.validation import check_finite_array


@dataclass(eq=False, repr=False)
class NodeInputWeights(BaseEstimator):
    """Input weights of a set of nodes: only these units hear the input, all others hear units alone.

        W_in[i, j] = w_ij for the units i of the set, else 0

    as in a connectome whose sensory regions, or whose subcortical ones, get the input. The readout sees a set of nodes
    by `reservoir.systems.Selected`.

    Parameters
    ----------
    units : None, list of int, mask (n_units,) or labels of modules, default None
        The set: units by number or mask; beside `modules` a label or several, whose units are all meant. None is all.
    modules : None or array (n_units,) of int or str, default None
        The module, or region, that each unit belongs to.
    weights : None or part, default None
        What draws the weights of the set, as for a reservoir of so many units. None is U[-1, 1).

    Raises
    ------
    ValueError
        For units that there are not, when it is used.

    References
    ----------
    Suarez, Mihalik, Milisav et al. 2024, Connectome-based reservoir computing with the conn2res toolbox, Nature
    Communications 15:656, doi:10.1038/s41467-024-44900-4.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.wiring import NodeInputWeights, PiSigns
    >>> modules = ["visual", "motor", "visual", "motor"]
    >>> NodeInputWeights("visual", modules=modules, weights=PiSigns()).draw(4, 1, np.random.default_rng(0)).ravel()
    array([-1.,  0., -1.,  0.])
    """

    units: Any = None
    _: KW_ONLY
    modules: Any = None
    weights: InputWeights | None = None

    def draw(self, n_units: int, n_features: int, rng: np.random.Generator) -> np.ndarray:
        """Weights (n_units, n_features)."""
        owner = type(self).__name__
        chosen = chosen_units(owner, self.units, self.modules, n_units)
        shape = len(chosen), n_features
        if self.weights is None:
            drawn = draw_from("uniform", shape, rng)
        else:
            check_draws(owner, "weights", self.weights, InputWeights)
            drawn = check_finite_array(owner, "weights", self.weights.draw(*shape, rng), shape, "a part that draws ")
        found = np.zeros((n_units, n_features))
        found[chosen] = drawn
        return found
