"""A user's own network of Brian2 as a system."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, NoReturn, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from reservoir.estimators import BaseEstimator, ClassNamePrefixFeaturesOutMixin
from reservoir.parts import Encoder, Seed, SequenceData, Targets, Trace, check_part
from reservoir.sequences import Sequences, read_sequences
from reservoir.sequences.transformer import SequenceTransformer
from reservoir.spikes import Exponential, Poisson
from reservoir.trains import SpikeTrains
from reservoir.trials import State, Trial, TrialState
from reservoir.validation import Parameters, check_integer, parameter_error, unchanged_on_error
from spiking._brian import alone
from spiking.own_network import Input, OwnNetwork, read_input


@dataclass(eq=False, repr=False)
class BrianReservoir(ClassNamePrefixFeaturesOutMixin, SequenceTransformer, BaseEstimator):
    """A user's own network of Brian2 as a system, whose low-pass filtered spikes are the states.

    Each row of a series lasts `step` seconds. The network begins every sequence in the state in which `fit` has found
    it, hears the rows through `input`, and the trace filters the spikes of `monitor`:

        x_i(t) = trace of the spikes of unit i before t

    sampled at the end of every row. Whatever learns in the network forgets it again; a call leaves the network, its
    time, its monitors and the random numbers as it has found them. The network runs as Brian2 is set, with the user's
    own code generation and preferences.

    ========================  ===========================================
    `input`                   what a row is
    ========================  ===========================================
    SpikeGeneratorGroup       encoded into spikes of its units
    PoissonGroup              the rates, hertz, one a unit
    (group, "variable")       values of a variable, SI numbers, one a unit
    TimedArray                its values, SI numbers, one a column
    ========================  ===========================================

    A SpikeGeneratorGroup has as many units as the encoder has channels, and there X may also be `SpikeTrains`. The
    rates of a PoissonGroup are plain ones, no text.

    Parameters
    ----------
    network : brian2.Network
    input : SpikeGeneratorGroup, PoissonGroup, TimedArray, or (group, name of a variable)
    monitor : brian2.SpikeMonitor of the network
        Its source are the units whose states are taken.
    namespace : None or dict, default None
        Names in the equations that no group brings along itself.
    encoder : None or encoder of `reservoir.spikes`, default None
        For a SpikeGeneratorGroup; None is ``Poisson()``. Spikes of a channel in one step of the group count once.
    trace : None or trace of `reservoir.spikes`, default None
        None is ``Exponential(0.03)``.
    step : float > 0, default 0.01
        Duration of a row, seconds.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of the spikes of the encoder, and of the seed of Brian2 in every trial.

    Attributes
    ----------
    encoder_ : fitted encoder, or None where rows are no spikes, and after a fit on spikes
    trace_ : the trace used
    n_features_in_ : int, number of features, or of channels after a fit on spikes
    feature_names_in_ : array (n_features,), where the data had names

    Raises
    ------
    ValueError
        For objects that do not fit together, unusable data, names that no namespace has, and while a device other than
        "runtime" is active.
    RuntimeError
        While another simulation of Brian2 runs in this process.

    Notes
    -----
    Copies share the network, so that models and searches run it one fit after the other, in one process. No other
    process and no file can hold it: save the readout, and keep the script.

    References
    ----------
    Stimberg, Brette, Goodman 2019, doi:10.7554/eLife.47314, as for `simulate`.
    Maass, Natschlaeger, Markram 2002, doi:10.1162/089976602760407955, as for `reservoir.LiquidState`.

    Examples
    --------
    >>> import brian2 as b
    >>> import numpy as np
    >>> from spiking import BrianReservoir
    >>> b.prefs.codegen.target = "numpy"
    >>> source = b.PoissonGroup(2, rates=0 * b.Hz)
    >>> units = b.NeuronGroup(5, "dv/dt = -v / (20*ms) : 1", threshold="v > 1", reset="v = 0", method="exact")
    >>> wires = b.Synapses(source, units, on_pre="v_post += 0.5")
    >>> wires.connect()
    >>> spikes = b.SpikeMonitor(units)
    >>> network = b.Network(source, units, wires, spikes)
    >>> system = BrianReservoir(network, source, spikes, random_state=0)
    >>> system.fit_transform(np.full((20, 2), 100.0)).shape
    (20, 5)
    """

    network: Any
    input: Any
    monitor: Any
    _: KW_ONLY
    namespace: Mapping[str, Any] | None = None
    encoder: Encoder | None = None
    trace: Trace | None = None
    step: float = 1e-2
    random_state: Seed = None

    not_saved = "Its network is a program: save the readout alone, and keep the script that builds the network."

    piecewise = False

    def __sklearn_clone__(self) -> Self:
        """The same, not fitted, of the same network."""
        shared = {name: getattr(self, name) for name in ("network", "input", "monitor", "namespace")}
        copied = {name: clone(getattr(self, name), safe=False) for name in self.get_params(deep=False)
                  if name not in shared}  # fmt: skip
        return type(self)(**shared, **copied)

    def __getstate__(self) -> NoReturn:
        raise pickle.PicklingError(
            f"{type(self).__name__} holds a network of Brian2, which no other process and no file can have: take "
            "n_jobs=1, save the readout alone, and keep the script that builds the network."
        )

    def __copy__(self) -> Self:
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Targets | None = None) -> BrianReservoir:
        """Learn the range of the features, and the state of the network, with which every sequence begins.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F), list of series (T_i, F), SpikeTrains or list of SpikeTrains
        y : ignored
        """
        p = Parameters(self)
        self._step = p.real("step", 0, closed="neither", unit="second")
        self.trace_ = clone(Exponential() if self.trace is None else self.trace, safe=False)
        check_part(p.owner, "trace", self.trace_, Trace, optional=True)
        self._seed = int(p.generator().integers(2**63))
        with alone() as brian2:
            self._own = OwnNetwork(brian2, p.owner, self.network, self.monitor, self.namespace)
            self._input: Input = read_input(brian2, p.owner, self.input, self.network)
        self.encoder_: Any = None
        if _are_spikes(X):
            self.n_features_in_ = n_channels = _trains(X)[0].n_units
        else:
            sequences = read_sequences(self, X, reset=True)
            n_channels = self.n_features_in_
            if self._input.spikes:
                encoder = clone(Poisson() if self.encoder is None else self.encoder, safe=False)
                check_part(p.owner, "encoder", encoder, Encoder, optional=True)
                if hasattr(encoder, "weights"):
                    raise p.error("encoder", "None or an encoder into spikes")
                self.encoder_ = encoder.fit(sequences.rows)
                n_channels = self.encoder_.n_channels(self.n_features_in_)
        if _are_spikes(X) and not self._input.spikes:
            raise p.error("input", "a SpikeGeneratorGroup for X of spikes")
        if n_channels != self._input.size:
            raise p.error("input", f"of size {n_channels}, as X of {self.n_features_in_} features asks for")
        self._n_features_out = self._own.n_units
        return self

    def transform(self, X: SequenceData) -> Any:
        """States of every sequence, in trial 0.

        Parameters
        ----------
        X : as in `fit`

        Returns
        -------
        states : array (T, n_units), array (N, T, n_units) or list of arrays (T_i, n_units)
            In the same kind of container; rows in = rows out.
        """
        return self.run(X)[0]

    def run(self, X: SequenceData, state: State | None = None, *, trial: Trial = 0) -> tuple[Any, Any]:
        """States of every sequence.

        Parameters
        ----------
        X : as in `fit`
        state : None
            A network begins where `fit` has found it.
        trial : int >= 0, or one for each sequence of a stack or list, default 0
            Which repeat this is: random numbers of the encoder and of Brian2 belong to it.

        Returns
        -------
        states : as in `transform`
        final_state : `reservoir.systems.TrialState`, or a list of them
            Empty: the network cannot go on from it.
        """
        check_is_fitted(self)
        owner = type(self).__name__
        if state is not None:
            raise parameter_error(owner, "state", "None: a network begins where fit has found it", state)
        members, kind, lengths = self._read(X)
        trials = [trial] * len(members) if np.ndim(trial) == 0 else list(trial)  # type: ignore[arg-type]
        if len(trials) != len(members):
            raise parameter_error(owner, "trial", f"an integer >= 0 or {len(members)} of them", trial)
        numbers = [check_integer(owner, "trial", one, 0) for one in trials]
        with alone() as brian2, self._own.borrowed(brian2), self._input.borrowed():
            rows = [self._run_one(brian2, *one) for one in zip(members, lengths, numbers, strict=True)]
        packed = Sequences(np.concatenate(rows), np.concatenate([[0], np.cumsum(lengths)]), kind)
        finals = [TrialState(np.zeros(0), *one) for one in zip(numbers, lengths, strict=True)]
        return packed.pack(packed.rows), finals[0] if kind == "series" else finals

    def _run_one(self, brian2: Any, member: Any, n_rows: int, trial: int) -> np.ndarray:
        """States of one sequence."""
        seed, for_brian = np.random.SeedSequence([self._seed, trial]).spawn(2)
        heard = member
        if self.encoder_ is not None:
            heard = self.encoder_.encode(member, self._step, np.random.default_rng(seed))
        duration = n_rows * self._step
        times, units = self._own.run(
            brian2,
            int(for_brian.generate_state(1)[0]),
            duration,
            lambda start: self._input.feed(heard, self._step, start),
        )
        answer = SpikeTrains(times, units, self._n_features_out, duration)
        states: np.ndarray = self.trace_.filter(answer, self._step, n_rows, None)[0]
        return states

    def _read(self, X: Any) -> tuple[list[Any], str, list[int]]:
        """Series or spike trains, whichever `fit` has seen; the kind of their container, and how many rows each has."""
        spikes = self._input.spikes and self.encoder_ is None
        if not spikes and not _are_spikes(X):
            sequences = read_sequences(self, X, reset=False)
            return sequences.members(), sequences.kind, sequences.lengths.tolist()
        members = _trains(X) if _are_spikes(X) else [X]
        for one in members:
            if not spikes or not isinstance(one, SpikeTrains) or one.n_units != self.n_features_in_:
                wanted = f"SpikeTrains of {self.n_features_in_} channels" if spikes else "as in fit"
                raise ValueError(f"X of {type(self).__name__} must be {wanted}. Got {one!r}.")
        lengths = [int(trains.duration / self._step + 1e-6) for trains in members]
        if not all(lengths):
            raise ValueError(f"X of {type(self).__name__} must last at least one step, {self._step:g} s.")
        return members, "series" if isinstance(X, SpikeTrains) else "list", lengths

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def _are_spikes(X: Any) -> bool:
    return isinstance(X, SpikeTrains) or (isinstance(X, list | tuple) and len(X) > 0 and isinstance(X[0], SpikeTrains))


def _trains(X: Any) -> list[Any]:
    return [X] if isinstance(X, SpikeTrains) else list(X)
