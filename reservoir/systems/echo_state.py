"""The echo-state reservoir as a scikit-learn transformer."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from sklearn.base import clone

from reservoir.estimators import BaseEstimator
from reservoir.foreign_code import inherited
from reservoir.neurons.rate import LeakyIntegrator
from reservoir.neurons.rate.leaky_integrator import leak_rates
from reservoir.neurons.rate.past import DelayRuns, delays_in_runs
from reservoir.neurons.rate.unit import check_activation
from reservoir.neurons.structures import delayed_form, draws
from reservoir.parts import (
    Activation,
    Delays,
    FloatType,
    InputWeights,
    Matrix,
    Numbers,
    RateUnit,
    Seed,
    SequenceData,
    Targets,
    Topology,
    check_part,
)
from reservoir.random_numbers import NOISE, Places, fill
from reservoir.sequences import Sequences, read_sequences
from reservoir.sizes import check_fits
from reservoir.systems.from_rest import FromRest
from reservoir.systems.rate_runs import run_rows, weights_of
from reservoir.systems.unit_delays import check_delay, check_state, unit_delays
from reservoir.systems.weights import biases, check_weight_parameters, input_weights, recurrent_weights
from reservoir.topologies import CirculantGraph
from reservoir.trials import Starts, State, Trial, read_starts
from reservoir.validation import Parameters, as_generator, unchanged_on_error


@dataclass(eq=False, repr=False)
class EchoState(FromRest, BaseEstimator):
    """Echo-state reservoir of leaky-integrator units, or of another rate unit.

    A row u of the input moves the state x of the units by

        x' = (1 - leak) x + leak f(W x + W_in u + b + noise * xi),   xi ~ N(0, 1) for each unit and step

    or, with a `unit`, as that says of what it hears, W x + W_in u + b + noise * xi. Nothing is trained: `fit` reads the
    number of features and draws the weights, `transform` returns the states. Time counts in steps. See `run` for how
    state is carried on. With a `delay` of d_i steps, unit i hears, and moves on from, the states of d_i steps ago:

        x_i(t) = (1 - leak) x_i(t - d_i) + leak f(sum_j W_ij x_j(t - d_i) + (W_in u + b + noise * xi)_i)

    where states before the first row are 0. With one delay d for all, rows t, t + d, t + 2 d, ... are a run by
    themselves.

    Parameters
    ----------
    n_units : int >= 1, default 500
        Number of units N.
    topology : None, topology or matrix (N, N), default None
        Who hears whom: a part with ``draw(n_units, rng)`` of `reservoir.topologies`, or a dense or sparse matrix whose
        row is the receiver. None is ``CirculantGraph(in_degree=10)``. A matrix is scaled as a drawn one is: for weights
        that are meant as they are, unlike `input_weights` and `bias`, say ``spectral_radius=None``.
    spectral_radius : float >= 0 or None, default 0.9
        W, drawn or given, is scaled to this largest modulus of its eigenvalues. None uses the matrix as it is.
    input_scaling : None, float >= 0 or array (n_features,), default None
        W_in is uniform in plus or minus this number, which may be another one for every channel. None is
        0.3 / sqrt(n_features), for data whose channels have about unit variance.
    bias_scaling : None or float >= 0, default None
        b is uniform in plus or minus this number. None is 0.5, and 0 beside an array of `input_weights`, whose equation
        has no bias but a given one. Without a bias tanh units make an odd function of the input, which can tell no even
        one, as the square of the input.
    leak : float in (0, 1] or array (N,), default 1.0
        Leak rate, one for all units or one per unit; 1 forgets the old state but for W x.
    activation : {"tanh", "identity", "relu", "logistic"} or function, default "tanh"
        The function f. A function of one number compiled by ``numba.njit`` is compiled into the loop, which takes
        seconds, and kept under a digest of its code. It has no Jacobian: its slope is a central difference.
    noise : float >= 0, default 0.0
        Standard deviation of Gaussian noise inside the activation. It is a function of the seed drawn in `fit`, the
        trial, the step and the unit, see `run`. Models add it while they are trained, presentation k of a list as
        trial k, and not when they answer.
    input_weights : None, "uniform", "normal", "signs", array (N, n_features) or part, default None
        Whether W_in is drawn from U[-1, 1) (so with None), from N(0, 1), or of 1 and -1, alike often, times
        `input_scaling`; or W_in, used as given, and the two parameters that draw it are ignored. A part with
        ``draw(n_units, n_features, rng)``, as `reservoir.wiring.BlockInputWeights`, draws it too; beside one
        ``input_scaling=None`` is 1.
    bias : None or array (N,), default None
        b, used as given; `bias_scaling` is then ignored.
    dtype : {"float64", "float32"}, default "float64"
        Type of weights and states. Data are checked in float64 and cast once.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of all weights. Give an int for searches and for reservoirs that can be drawn again.
    input_connectivity : float in (0, 1], default 1.0
        Probability that a unit hears a channel; the other input weights are 0.
    scaled_by : {"radius", "effective_radius", "norm"}, default "radius"
        What of W `spectral_radius` is: its own radius; that of the leaky step, (1 - leak) I + leak W, of which a
        multiple is taken, so that W gets a diagonal (leaky units only); or its largest singular value.
    unit : None or rate unit, default None
        A part of `reservoir.neurons.rate`. None is ``LeakyIntegrator(leak, activation)``; beside another unit these two
        are left at their defaults. It may carry more state than the states that come out, see `run`.

    Attributes
    ----------
    W_ : array, csr_array, CirculantMatrix or HadamardMatrix (N, N)
        Recurrent weights, scaled, and as the unit makes them of that.
    W_in_ : array (N, n_features)
        Input weights.
    bias_ : array (N,)
        Biases.
    delays_ : int array (N,)
        Delay of every unit.
    unit_ : rate unit
        The unit as it was in `fit`.
    unit_matrices_ : dict of matrices (N, N)
        What the unit drew for itself.
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
    `transform` is bit-identical for sequences given one by one, in a list or in a stack, in any order, and `run` in
    pieces is `run` at once, with noise too. With ``set_output`` one series becomes a table; stacks and lists stay
    arrays.

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

    n_units: int = 500
    _: KW_ONLY
    topology: Topology | Matrix | Sequence[Sequence[float]] | None = None
    spectral_radius: float | None = 0.9
    input_scaling: float | Numbers | None = None
    bias_scaling: float | None = None
    leak: float | Numbers = 1.0
    activation: Activation = "tanh"
    noise: float = 0.0
    input_weights: Numbers | InputWeights | str | None = None
    bias: Numbers | None = None
    dtype: FloatType = "float64"
    random_state: Seed = None
    unit: RateUnit | None = None
    input_connectivity: float = 1.0
    scaled_by: str = "radius"
    delay: int | Sequence[int] | np.ndarray | Delays = 1

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Targets | None = None) -> EchoState:
        """Draw the weights for the number of features of X, and the delays, where they are drawn, for its lengths.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        y : ignored

        Returns
        -------
        self
        """
        owner, (n_units, dtype) = type(self).__name__, self._check_parameters()
        unit = LeakyIntegrator(self.leak, self.activation) if self.unit is None else clone(self.unit)
        lengths = read_sequences(self, X, reset=True).lengths
        check_fits(owner, "n_units", n_units, 16.0 * n_units * (self.n_features_in_ + 1), "the input weights")
        seeds = as_generator(owner, self.random_state).integers(2**63, size=4)
        rngs = [np.random.default_rng(seed) for seed in seeds[:3]]
        topology = CirculantGraph(in_degree=10) if self.topology is None else self.topology
        told = owner if self.unit is None else type(unit).__name__
        leak = leak_rates(told, unit.leak, n_units) if isinstance(unit, LeakyIntegrator) else None
        W = recurrent_weights(owner, topology, self.spectral_radius, n_units, rngs[0], self.scaled_by, leak)
        self.W_ = unit.recurrent(W).astype(dtype)
        self.W_in_ = input_weights(self, n_units, rngs[1], dtype)
        self.bias_ = biases(self, n_units, rngs[2], dtype)
        own = unit.draw(n_units, np.random.default_rng([int(seeds[0]), 1]))
        self.unit_, self.unit_matrices_ = unit, {name: matrix.astype(dtype) for name, matrix in own.items()}
        self.delays_ = unit_delays(self, n_units, lengths, np.random.default_rng([int(seeds[0]), 2]))
        self._compiled = self._compile()
        self._noise_seed = int(seeds[3])
        self._n_features_out = n_units
        return self

    def run(self, X: SequenceData, state: State | None = None, *, trial: Trial = 0) -> tuple[Any, Any]:
        """States from a given state on, and where they end.

        Noise is the same for the same trial, step and unit, whatever the input: two trials of one stimulus differ by
        noise alone and are independent, and two stimuli in one trial hear the same noise.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        state : None, array (n_units,) for a series, (N, n_units) otherwise, or what the last call gave back
            State before the first row. None is rest, zero. Of a `unit` with several arrays of state it is one vector of
            all of them, n_arrays * n_units long, and with delays one of those of as many steps as the longest delay
            has, the newest first. An array stands before step 0 of the trial.
        trial : int >= 0, or one for each sequence of a stack or list, default 0
            Which repeat this is. Without noise it changes nothing; a state that says its trial goes on with that.

        Returns
        -------
        states : as in `transform`
        final_state : array (n_units,) for a series, (N, n_units) otherwise, or longer like `state`
            Hand it to the next call to continue. With noise it is a `reservoir.systems.TrialState`, or a list of them,
            which knows the trial and the step.

        Examples
        --------
        >>> import numpy as np
        >>> from reservoir import EchoState
        >>> stimulus = np.sin(np.arange(50) / 5).reshape(-1, 1)
        >>> system = EchoState(30, noise=0.1, random_state=0).fit(stimulus)
        >>> repeats, _ = system.run([stimulus] * 5, trial=range(5))
        >>> bool(np.std(repeats, axis=0).min() > 0)
        True
        """
        weights = weights_of(self)
        sequences = read_sequences(self, X, reset=False)
        starts = read_starts(type(self).__name__, state, trial, sequences, weights.state_size, self.bias_.dtype)
        states, final = self._noise_rows(sequences, starts), starts.values
        rows, noisy = sequences.rows, self.noise > 0
        if rows.dtype != self.bias_.dtype:
            with np.errstate(over="ignore"):
                rows = rows.astype(self.bias_.dtype)
        run_rows(weights, sequences, rows, noisy, final, states)
        if not np.isfinite(final).all():  # what is not finite stays so
            raise self._overflow(sequences, states)
        if noisy:
            starts = starts._replace(steps=starts.steps + sequences.lengths)
        return sequences.pack(states), starts.states(final, noisy, sequences.kind)

    @property
    def runs_compiled(self) -> bool:
        """Whether `run` is the compiled equation of its unit and weights, and not that of a subclass.

        Where it is, the loops of `reservoir.neurons.rate` do in a model what `run` does, and `fit` looks at the number
        of features alone, unless it `reads_lengths`.
        """
        return inherited(self, EchoState, "fit", "run", "transform")

    @property
    def any_thread(self) -> bool:
        """Whether it may run in any thread, several times at once."""
        return self.runs_compiled

    @property
    def reads_lengths(self) -> bool:
        """Whether `fit` draws the delays by the lengths of the sequences."""
        return draws(self.delay)

    def without_noise(self) -> EchoState:
        """The same fitted reservoir with ``noise=0``; it shares all weights."""
        if self.noise == 0:
            return self
        quiet = copy.copy(self)
        quiet.noise = 0.0
        return quiet

    def _check_parameters(self) -> tuple[int, np.dtype]:
        own = Parameters(self)
        n_units = own.integer("n_units", 1)
        check_fits(own.owner, "n_units", n_units, 16.0 * n_units, "the units")
        if self.spectral_radius is not None:
            own.real("spectral_radius", 0)
        own.real("noise", 0)
        check_weight_parameters(own)
        check_delay(own, n_units)
        if self.unit is None:
            leak_rates(own.owner, self.leak, n_units)
            check_activation(own.owner, self.activation)
        else:
            check_part(own.owner, "unit", self.unit, RateUnit, optional=True)
            for name, default in (("leak", 1.0), ("activation", "tanh")):
                value = getattr(self, name)
                if not (isinstance(value, type(default) | int) and value == default):
                    raise own.error(name, f"left at {default!r} beside a unit, which has its own parameters")
            if self.scaled_by == "effective_radius" and not isinstance(self.unit, LeakyIntegrator):
                raise own.error("scaled_by", "'radius' or 'norm' beside a unit that is no LeakyIntegrator")
        return n_units, own.float_type("dtype")

    def _compile(self) -> tuple[Any, Any, Any, DelayRuns | None]:
        """The recurrent weights, their form for the kernels, the coefficients of the unit, and the delays."""
        check_state(self)
        cells = self.unit_.cells(len(self.bias_), self.unit_matrices_, self.bias_.dtype)
        form = delayed_form(self.W_, self.delays_, self.unit_.n_arrays)
        return self.W_, form, cells, delays_in_runs(self.delays_)

    def _noise_rows(self, sequences: Sequences, starts: Starts) -> np.ndarray:
        """The place where the states (n_rows, n_units) will stand, holding the noise if there is any."""
        shape, dtype = (len(sequences.rows), len(self.bias_)), self.bias_.dtype
        n_bytes = float(dtype.itemsize) * shape[0] * shape[1]
        check_fits(type(self).__name__, "n_units", shape[1], n_bytes, f"the states of {shape[0]} rows")
        states = np.empty(shape, dtype)
        if self.noise > 0:
            places = Places(starts.trials, starts.steps, sequences.offsets)
            fill(self._noise_seed, NOISE, places, self.noise, states)
        return states

    def _overflow(self, sequences: Sequences, states: np.ndarray) -> ValueError:
        row = int(np.argmin(np.isfinite(states).all(axis=1)))
        index = int(np.searchsorted(sequences.offsets, row, side="right")) - 1
        return ValueError(
            f"The states of {type(self).__name__} overflow at row {row - sequences.offsets[index]} of sequence "
            f"{index}: the input, its scaling or the spectral_radius is too large for {self.bias_.dtype} and "
            f"{self.unit_!r}."
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = [np.dtype(self.dtype).name]
        return tags
