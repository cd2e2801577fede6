"""What a rate unit is: a record, a NamedTuple of coefficients, and compiled functions that are found by its type.

A step of all units of a reservoir is

    h = W x + W_in u + b + noise,    (state, h) -> (state', x')

where the loops compute h, what the units hear, and the unit says the rest. A unit is one file with

1. a record, a `RateUnit` with the parameters and their checks. Its `cells` makes
2. a NamedTuple of what a step needs, arrays in the type of the reservoir, numbers and the activation. Its class holds
3. ``step(cells, state, heard, scratch)``, a static function compiled by `compilation.kernel`. It moves `state`
   (n_arrays * n_units,) in place, array after array, of which the first is x. `heard` (n_units,) comes in holding h and
   goes out holding what readouts and layers above see, the new x in most units. `scratch` (2 n_units + STRIPE,) is
   room for it, and for `products.add_product`;
4. ``tangent(cells, state, heard, moved, driven, scratch)``: how k small differences move. `state` is that before the
   step, `moved` (k, n_arrays * n_units) holds differences of it and goes out holding those after the step, `driven`
   (k, n_units) holds the differences of h. It may overwrite `heard` and `driven`. A unit without it has no Jacobian.

A unit may carry several arrays of state (`n_arrays`); W x is made of the first. One that shows something else than the
new x in `heard` says ``shows_state = False``. A unit may draw matrices of its own (`draw`),
and make the recurrent matrix (`recurrent`). One that acts on each unit by itself may also have

5. with one array of state, ``step_lanes(cells, state, heard)``, the same step where `state`, `heard` and the arrays of
   `cells` hold several reservoirs side by side; `EchoStateLanes` then reads the weights once for all of them.

`leaky_integrator.py` is the smallest, `edge_of_stability.py` has a matrix of its own.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

import numpy as np
from numba.extending import overload
from sklearn.base import clone

from reservoir.estimators import BaseEstimator
from reservoir.foreign_code import loop_for
from reservoir.kernel_cache import compiler_is_off
from reservoir.neurons.activations import ACTIVATIONS
from reservoir.neurons.structures import BlockDiagonal
from reservoir.parts import Activation
from reservoir.validation import check_choice


class RateUnit(BaseEstimator):
    """Base of the rate units, with what most of them have in common; see the head of this file."""

    activation: Activation  # of those that have one

    n_arrays = 1
    """Arrays of state per unit."""

    shows_state = True
    """Whether readouts see the first array of state; otherwise they see what else `step` leaves in `heard`."""

    def draw(self, n_units: int, rng: np.random.Generator) -> dict[str, Any]:
        """Matrices (n_units, n_units) of its own, in float64: dense, sparse or structured.

        They go by names, a matrix that a parameter gives or draws by the name of that parameter.
        """
        return {}

    def recurrent(self, W: Any) -> Any:
        """The matrix by which the units hear one another, made of W (n_units, n_units), drawn and scaled."""
        return W

    def cells(self, n_units: int, matrices: dict[str, Any], dtype: np.dtype) -> Any:
        """Coefficients of a step for these matrices, which `draw` gave; ValueError for a parameter out of range."""
        raise NotImplementedError

    def bounds(self) -> tuple[float, float] | None:
        """Smallest and largest state, where the unit has both."""
        return None

    def _checked_activation(self) -> Any:
        return check_activation(type(self).__name__, self.activation)


def check_activation(owner: str, activation: Activation) -> Any:
    """The activation if it is the name of one or a function compiled by Numba, plain where Numba is switched off."""
    if hasattr(activation, "py_func") or (compiler_is_off() and isinstance(activation, FunctionType)):
        return activation
    return check_choice(owner, "activation", activation, [*ACTIVATIONS, "a function compiled by numba.njit"])


def step(cells: Any, state: np.ndarray, heard: np.ndarray, scratch: np.ndarray) -> None:
    """Move the units by one step, see the head of this file."""
    type(cells).step(cells, state, heard, scratch)


def tangent(
    cells: Any, state: np.ndarray, heard: np.ndarray, moved: np.ndarray, driven: np.ndarray, scratch: np.ndarray
) -> None:
    """Move small differences by one step, see the head of this file."""
    type(cells).tangent(cells, state, heard, moved, driven, scratch)


def step_lanes(cells: Any, state: np.ndarray, heard: np.ndarray) -> None:
    """Move the units of several reservoirs by one step, see the head of this file."""
    type(cells).step_lanes(cells, state, heard)


@overload(step)
def _typed_step(cells, state, heard, scratch):
    found = getattr(getattr(cells, "instance_class", None), "step", None)
    return None if found is None else lambda cells, state, heard, scratch: found(cells, state, heard, scratch)


@overload(tangent)
def _typed_tangent(cells, state, heard, moved, driven, scratch):
    found = getattr(getattr(cells, "instance_class", None), "tangent", None)
    if found is None:
        return None
    return lambda cells, state, heard, moved, driven, scratch: found(cells, state, heard, moved, driven, scratch)


@overload(step_lanes)
def _typed_step_lanes(cells, state, heard):
    found = getattr(getattr(cells, "instance_class", None), "step_lanes", None)
    return None if found is None else lambda cells, state, heard: found(cells, state, heard)


def compiled_for(loop: Any, cells: Any) -> Any:
    """The compiled loop for these coefficients: of our own units the loop itself, see `foreign_code`."""
    return loop_for(loop, type(cells), *(type(value) for value in cells if isinstance(value, tuple)))


def side_by_side(units: list[Any], matrices: list[dict[str, Any]]) -> tuple[Any, dict[str, Any]]:
    """One unit, and its matrices, for reservoirs that do not hear one another; its arrays stand one after the other.

    The units differ in nothing but their arrays and matrices.
    """
    joint = clone(units[0])
    for name, value in joint.get_params(deep=False).items():
        if np.ndim(value) and name not in matrices[0]:
            joint.set_params(**{name: np.concatenate([getattr(unit, name) for unit in units])})
    return joint, {name: BlockDiagonal([one[name] for one in matrices]) for name in matrices[0]}
