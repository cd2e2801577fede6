"""The echo-state reservoir as a scikit-learn transformer."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin
from sklearn.utils.validation import check_is_fitted

from reservoir.neurons.activations import ACTIVATIONS
from reservoir.neurons.rate import leaky
from reservoir.sequences import Sequences, read_sequences
from reservoir.systems.transformer import SequenceTransformer
from reservoir.systems.weights import compiled_form, given_or_drawn, n_connections, recurrent_weights
from reservoir.topologies import CirculantGraph
from reservoir.validation import (
    as_generator,
    check_channels,
    check_choice,
    check_finite_array,
    check_flag,
    check_integer,
    check_real,
    parameter_error,
    real_array,
    unchanged_on_error,
    without_unit,
)

# A kernel returns after about this many multiplications, well within half a second, to let an interrupt through.
_WORK_A_CALL = 200_000_000
_DTYPES = ("float64", "float32", np.float64, np.float32)


class EchoState(ClassNamePrefixFeaturesOutMixin, SequenceTransformer, BaseEstimator):
    """Echo-state reservoir of leaky-integrator units.

    A row u of the input moves the state x of the units by

        x' = (1 - leak) x + leak f(W x + W_in u + b + noise * xi),   xi ~ N(0, 1) for each unit and step

    Nothing is trained: `fit` reads the number of features and draws the weights, `transform` returns the states.
    Time counts in steps. See `run` for how state is carried on.

    Parameters
    ----------
    n_units : int >= 1, default 500
        Number of units N.
    topology : None, topology or matrix (N, N), default None
        Who hears whom: a part with ``draw(n_units, rng)`` of `reservoir.topologies`, or a dense or sparse matrix whose
        row is the receiver. None is ``CirculantGraph(in_degree=10)``.
    spectral_radius : float >= 0 or None, default 0.9
        W is scaled to this largest modulus of its eigenvalues. None uses the matrix as it is.
    input_scaling : float >= 0, default 1.0
        W_in is uniform in plus or minus this number.
    bias_scaling : float >= 0, default 0.0
        b is uniform in plus or minus this number.
    leak : float in (0, 1] or array (N,), default 1.0
        Leak rate, one for all units or one a unit; 1 forgets the old state but for W x.
    activation : {"tanh", "identity", "relu", "logistic"} or function, default "tanh"
        The function f. A function of one number compiled by ``numba.njit`` is compiled into the loop anew in every
        process, which takes seconds.
    noise : float >= 0, default 0.0
        Standard deviation of Gaussian noise inside the activation. It is seeded from the seed drawn in `fit` and the
        bytes of the rows given to one call of `run`, so that batching and order change nothing. Models add it while
        they are trained, and not when they answer.
    input_weights : None or array (N, n_features), default None
        W_in, used as given; `input_scaling` is then ignored.
    bias : None or array (N,), default None
        b, used as given; `bias_scaling` is then ignored.
    dtype : {"float64", "float32"}, default "float64"
        Type of weights and states. Data are checked in float64 and cast once.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of all weights. Give an int for searches and for reservoirs that can be drawn again.

    Attributes
    ----------
    W_ : array, csr_array, CirculantMatrix or HadamardMatrix (N, N)
        Recurrent weights, scaled.
    W_in_ : array (N, n_features)
        Input weights.
    bias_ : array (N,)
        Biases.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : array (n_features,)
        Names of the features, where the data had them.

    Raises
    ------
    ValueError
        For a parameter outside its range, a topology of radius 0 with a `spectral_radius`, unusable data, and for
        states that overflow.

    Notes
    -----
    `transform` is bit-identical for sequences given one by one, in a list or in a stack, in any order. With
    ``noise=0`` it is also the same when `run` continues from a state. With ``set_output`` one
    series becomes a table; stacks and lists stay arrays.

    References
    ----------
    Jaeger 2001, The "echo state" approach to analysing and training recurrent neural networks, GMD Report 148,
    doi:10.24406/publica-fhg-291111.
    Jaeger, Lukosevicius, Popovici, Siewert 2007, Neural Networks 20(3):335-352, doi:10.1016/j.neunet.2007.04.016.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> series = np.sin(np.arange(100) / 5).reshape(-1, 1)
    >>> states = EchoState(n_units=50, random_state=0).fit_transform(series)
    >>> states.shape
    (100, 50)
    """

    def __init__(
        self,
        n_units: int = 500,
        *,
        topology: Any = None,
        spectral_radius: float | None = 0.9,
        input_scaling: float = 1.0,
        bias_scaling: float = 0.0,
        leak: Any = 1.0,
        activation: Any = "tanh",
        noise: float = 0.0,
        input_weights: Any = None,
        bias: Any = None,
        dtype: Any = "float64",
        random_state: Any = None,
    ):
        self.n_units = n_units
        self.topology = topology
        self.spectral_radius = spectral_radius
        self.input_scaling = input_scaling
        self.bias_scaling = bias_scaling
        self.leak = leak
        self.activation = activation
        self.noise = noise
        self.input_weights = input_weights
        self.bias = bias
        self.dtype = dtype
        self.random_state = random_state

    @unchanged_on_error
    def fit(self, X: Any, y: Any = None) -> EchoState:
        """Draw the weights for the number of features of X.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        y : ignored

        Returns
        -------
        self
        """
        n_units, dtype = self._check_parameters()
        read_sequences(self, X, reset=True)
        seeds = as_generator(type(self).__name__, self.random_state).integers(2**63, size=4)
        rngs = [np.random.default_rng(seed) for seed in seeds[:3]]
        topology = CirculantGraph(in_degree=10) if self.topology is None else self.topology
        owner = type(self).__name__
        self.W_ = recurrent_weights(owner, topology, self.spectral_radius, n_units, rngs[0], dtype)
        shape = (n_units, self.n_features_in_)
        self.W_in_ = given_or_drawn(
            owner, "input_weights", self.input_weights, shape, self.input_scaling, rngs[1], dtype
        )
        self.bias_ = given_or_drawn(owner, "bias", self.bias, (n_units,), self.bias_scaling, rngs[2], dtype)
        self._compiled = self.W_, compiled_form(self.W_)
        self._leak = self._leak_vector(n_units, dtype)
        self._noise_seed = int(seeds[3])
        self._n_features_out = n_units
        return self

    def transform(self, X: Any) -> Any:
        """States of every sequence from rest.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)

        Returns
        -------
        states : array (T, n_units), array (N, T, n_units) or list of arrays (T_i, n_units)
            In the same kind of container; rows in = rows out.
        """
        return self.run(X)[0]

    def run(self, X: Any, state: Any = None) -> tuple[Any, np.ndarray]:
        """States from a given state on, and where they end.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        state : None, array (n_units,) for a series, or (N, n_units) otherwise
            State before the first row. None is rest, zero.

        Returns
        -------
        states : as in `transform`
        final_state : array (n_units,) for a series, (N, n_units) otherwise
            Hand it to the next call to continue.
        """
        check_is_fitted(self)
        sequences = read_sequences(self, X, reset=False)
        final = self._initial_states(state, sequences)
        states = self._noise_rows(sequences)
        with np.errstate(over="ignore"):
            rows = sequences.rows.astype(self.bias_.dtype, copy=False)
        weights, noisy = self.kernel_weights(), self.noise > 0
        for loop, offsets, chosen, first, last in self._kernel_calls(sequences):
            loop(*weights, rows, offsets, first, last, noisy, final[chosen], states)
        if not np.isfinite(final).all():  # what is not finite stays so
            raise self._overflow(sequences, states)
        return sequences.pack(states), final[0] if sequences.kind == "series" else final

    def close_loop(
        self,
        coef: np.ndarray,
        intercept: np.ndarray,
        state: np.ndarray,
        row: np.ndarray,
        n_steps: int,
        *,
        squares: bool = False,
        scaling: float = 1.0,
        channels: Any = None,
        known: Any = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Run freely on a linear readout, whose answers at a step are part of the input of the next.

        The readout is y = coef z + intercept, where z = [x, x^2, u]: without x^2 unless `squares`, and without u where
        `coef` has no columns for it. Answer k, times `scaling`, is the next input of channel channels[k], unless that
        is known. No noise is added.

        Parameters
        ----------
        coef : array (n_outputs, n_columns)
        intercept : array (n_outputs,)
        state : array (n_units,)
            State before the first step.
        row : array (n_features,)
            Input of the first step.
        n_steps : int
        squares : bool, default False
        scaling : float, default 1.0
        channels : None or array of int (n_outputs,), default None
            None is all of them, in order.
        known : None or array (n_steps, n_features), default None
            Input after each step, NaN where the answer comes back. None is NaN everywhere.

        Returns
        -------
        outputs : array (n_steps, n_outputs)
        final_state : array (n_units,)
        """
        check_is_fitted(self)
        owner, dtype = "close_loop", self.bias_.dtype
        n_units, n_features = self.W_in_.shape
        n_squared = n_units * check_flag(owner, "squares", squares)
        n_columns = n_units + n_squared
        n_columns += n_features * (np.shape(coef)[-1:] != (n_columns,))
        channels = (
            np.arange(n_features) if channels is None else check_channels(owner, "channels", channels, n_features)
        )
        coef = check_finite_array(owner, "coef", coef, (len(channels), n_columns))
        intercept = check_finite_array(owner, "intercept", intercept, (len(channels),))
        state = check_finite_array(owner, "state", state, (n_units,)).astype(dtype)
        row = check_finite_array(owner, "row", row, (n_features,)).astype(dtype)
        outputs = np.empty((check_integer(owner, "n_steps", n_steps, 1), len(channels)))
        known = np.full((n_steps, n_features), np.nan) if known is None else np.array(known, dtype=np.float64)
        if known.shape != (n_steps, n_features):
            raise parameter_error(owner, "known", f"None or an array of shape {(n_steps, n_features)}", known)
        readout = coef, intercept, n_squared, check_real(owner, "scaling", scaling), channels
        chunk = self.rows_a_call(coef.size)
        for start in range(0, n_steps, chunk):
            rows = slice(start, start + chunk)
            self._loops().close_loop(*self.kernel_weights(), *readout, known[rows], state, row, outputs[rows])
        return outputs, state

    def without_noise(self) -> EchoState:
        """The same fitted reservoir with ``noise=0``; it shares all weights."""
        if self.noise == 0:
            return self
        quiet = copy.copy(self)
        quiet.noise = 0.0
        return quiet

    def kernel_weights(self) -> tuple:
        """What the loops of `neurons.leaky` take first: matrix, input_columns, bias, leak, code of the activation."""
        code = ACTIVATIONS.get(self.activation, -1) if isinstance(self.activation, str) else -1
        matrix, form = self._compiled
        if matrix is not self.W_:
            form = compiled_form(self.W_)
        return form, np.ascontiguousarray(self.W_in_.T), self.bias_, self._leak, code

    def rows_a_call(self, readout_size: int = 0) -> int:
        """Rows that a kernel gets at once, beside `readout_size` multiplications a row for a readout."""
        work = n_connections(self.W_) + self.W_in_.size + 20 * len(self.bias_) + readout_size
        return max(1, _WORK_A_CALL // work)

    def _kernel_calls(self, sequences: Sequences) -> Iterator[tuple[Callable, np.ndarray, slice, int, int]]:
        """The calls of kernels that a run is cut into: loop, offsets of its sequences, which they are, first and last.

        A dense matrix serves sequences side by side, and first and last are then steps of them, otherwise rows.
        """
        loops, room, n_sequences = self._loops(), self.rows_a_call(), len(sequences)
        together = isinstance(self.W_, np.ndarray) and n_sequences > 1
        loop, at_once = (loops.advance_together, room) if together else (loops.advance, n_sequences)
        for start in range(0, n_sequences, at_once):
            chosen = slice(start, min(start + at_once, n_sequences))
            n_steps = max(sequences.lengths[chosen]) if together else len(sequences.rows)
            chunk = max(1, room // (chosen.stop - start)) if together else room
            for first in range(0, n_steps, chunk):
                last = min(first + chunk, n_steps)
                yield loop, sequences.offsets[start : chosen.stop + 1], chosen, first, last

    def _check_parameters(self) -> tuple[int, np.dtype]:
        owner = type(self).__name__
        n_units = check_integer(owner, "n_units", self.n_units, 1)
        if self.spectral_radius is not None:
            check_real(owner, "spectral_radius", self.spectral_radius, 0)
        for name in ("input_scaling", "bias_scaling", "noise"):
            check_real(owner, name, getattr(self, name), 0)
        if not hasattr(self.activation, "py_func"):
            check_choice(owner, "activation", self.activation, [*ACTIVATIONS, "a function compiled by numba.njit"])
        if not isinstance(self.dtype, str | type | np.dtype) or self.dtype not in _DTYPES:
            raise parameter_error(owner, "dtype", "'float64' or 'float32'", self.dtype)
        return n_units, np.dtype(self.dtype)

    def _leak_vector(self, n_units: int, dtype: np.dtype) -> np.ndarray:
        owner = type(self).__name__
        if not isinstance(self.leak, list | tuple | np.ndarray):
            return np.full(n_units, check_real(owner, "leak", self.leak, 0, 1, closed="right"), dtype=dtype)
        leak = real_array(without_unit(owner, "leak", self.leak, None))
        if leak is None or leak.shape != (n_units,) or not ((leak > 0) & (leak <= 1)).all():
            raise parameter_error(owner, "leak", f"in (0, 1], one number or an array ({n_units},)", self.leak)
        return leak.astype(dtype)

    def _loops(self) -> leaky.Loops:
        return leaky.loops_for(None if isinstance(self.activation, str) else self.activation)

    def _initial_states(self, state: Any, sequences: Sequences) -> np.ndarray:
        shape = (len(sequences), len(self.bias_))
        if state is None:
            return np.zeros(shape, dtype=self.bias_.dtype)
        wanted = shape[1:] if sequences.kind == "series" else shape
        given = check_finite_array(type(self).__name__, "state", state, wanted, "None or ")
        return given.astype(self.bias_.dtype).reshape(shape)

    def _noise_rows(self, sequences: Sequences) -> np.ndarray:
        """The place where the states (n_rows, n_units) will stand, holding the noise if there is any."""
        shape, dtype = (len(sequences.rows), len(self.bias_)), self.bias_.dtype
        if self.noise == 0:
            return np.empty(shape, dtype=dtype)
        with np.errstate(over="ignore"):
            return np.concatenate([self.standard_noise(rows) for rows in sequences.members()]) * dtype.type(self.noise)

    def standard_noise(self, rows: np.ndarray) -> np.ndarray:
        """Normal numbers (n_rows, n_units), seeded by the seed of `fit` and the bytes of `rows`."""
        digest = hashlib.sha256(np.ascontiguousarray(rows).tobytes()).digest()
        seed = np.random.SeedSequence([self._noise_seed, int.from_bytes(digest[:16], "little")])
        shape, dtype = (len(rows), len(self.bias_)), self.bias_.dtype
        return np.random.default_rng(seed).standard_normal(shape, dtype=dtype)

    def _overflow(self, sequences: Sequences, states: np.ndarray) -> ValueError:
        row = int(np.argmin(np.isfinite(states).all(axis=1)))
        index = int(np.searchsorted(sequences.offsets, row, side="right")) - 1
        return ValueError(
            f"The states of {type(self).__name__} overflow at row {row - sequences.offsets[index]} of sequence "
            f"{index}: the input, its scaling or the spectral_radius is too large for {self.bias_.dtype} and "
            f"activation={self.activation!r}."
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = [np.dtype(self.dtype).name]
        return tags
