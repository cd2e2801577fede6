"""Homeostatic normalisation of weights that learn by another rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.circuits import Projection
from reservoir.estimators import BaseEstimator
from reservoir.parts import Numbers, PlasticityRule, WindowedRule, check_part
from reservoir.plasticity.rule import Rule, Scaling
from reservoir.plasticity.stdp import STDP
from reservoir.validation import Parameters


class Normalised(BaseEstimator):
    """Another rule, whose weights are scaled so that those of every receiver keep their sum.

    At the end of every `every` seconds, beginning with the first step, and in the end, each weight w that learns
    becomes

        w total / (sum of the weights that learn in this projection and reach the same receiver)

    so that synapses of one receiver compete for a fixed sum. Between two scalings the rule is alone, and only its
    own bound holds: a scaled weight may exceed `w_max` until its next change.

    Parameters
    ----------
    learning : rule of `reservoir.plasticity` or None, default None
        What changes the weights; None is ``STDP()``. It must change weights, not the utilisation.
    total : float > 0 or None, default None
        The sum, amperes, or siemens for conductances. None: what it is at the beginning, for every receiver.
    every : float >= 1e-6, default 0.1
        Seconds from one scaling to the next (the library's own choice); rounded to whole steps by Brian2.

    Raises
    ------
    ValueError
        For a parameter out of range, when it is used, and together with ``codegen="standalone"``: scaling runs in
        Python.

    References
    ----------
    Diehl and Cook 2015, Unsupervised learning of digit recognition using spike-timing-dependent plasticity, Frontiers
    in Computational Neuroscience 9:99, doi:10.3389/fncom.2015.00099, where input weights are normalised after every
    image.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import MaassColumn
    >>> from reservoir.spikes import SpikeTrains
    >>> from spiking import STDP, simulate
    >>> from reservoir.plasticity import Normalised
    >>> column = MaassColumn((3, 3, 3)).draw(np.random.default_rng(0))
    >>> regular = SpikeTrains(np.arange(0.01, 0.1, 0.02), np.zeros(5, int), n_units=1, duration=0.12)
    >>> rules = {"recurrent": Normalised(STDP(A_plus=0.1), every=1e-3)}
    >>> learned = simulate(column, regular, plasticity=rules, record="weights", random_state=0).circuit.recurrent
    >>> excites = column.recurrent.weight > 0
    >>> sums = [np.bincount(part.post[excites], part.weight[excites]) for part in (learned, column.recurrent)]
    >>> np.allclose(*sums, rtol=1e-6, atol=0), np.allclose(learned.weight, column.recurrent.weight, rtol=1e-6, atol=0)
    (True, False)
    """

    def __init__(self, learning: PlasticityRule | None = None, *, total: float | None = None, every: float = 0.1):
        self.learning = learning
        self.total = total
        self.every = every

    def acts_on(self, projection: Projection) -> np.ndarray:
        """Which synapses learn (n_synapses,): those of the rule inside."""
        return self._inside().acts_on(projection)

    def rule(self, projection: Projection) -> Rule:
        """The text for these synapses."""
        p, total = Parameters(self), self.total
        if total is not None:
            total = p.real("total", 0, closed="neither", unit=projection.weight_unit)
        every = p.real("every", 1e-6, unit="second")
        text = self._inside().rule(projection)
        if "w" not in text.read:
            raise p.error("learning", "a rule that changes weights")
        return text._replace(scaling=Scaling(total, every))

    @property
    def between(self) -> Any:
        """Populations whose synapses learn: those of the rule inside."""
        return getattr(self._inside(), "between", None)

    @property
    def reach(self) -> float:
        """That of the rule inside, which may have none."""
        return self._inside().reach

    def window(self, lags: float | Numbers, share: float = 0.5) -> np.ndarray:
        """That of the rule inside, before weights are scaled; see `PairRule.window`."""
        return self._inside(WindowedRule).window(lags, share)

    def _inside(self, kind: type = PlasticityRule) -> Any:
        """The rule inside, which must be of this kind."""
        inside = STDP() if self.learning is None else self.learning
        check_part(type(self).__name__, "learning", inside, kind, optional=True)
        return inside
