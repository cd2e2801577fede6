"""A unit that learns to fire at the trials of a class."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils.multiclass import check_classification_targets

from reservoir.compilation import kernel, rows_per_call
from reservoir.estimators import BaseEstimator, ClassifierMixin
from reservoir.parts import Labels, Seed, SpikeData
from reservoir.readouts.spiking.trials import Trials, read_inputs
from reservoir.validation import Parameters, not_fitted, unchanged_on_error


@dataclass(eq=False, repr=False)
class Tempotron(ClassifierMixin, BaseEstimator):
    """Tempotron: a leaky unit that learns to reach its threshold in the trials of one class and in no other.

        V(t) = sum_i w_i sum over spikes s < t of channel i of K(t - s)
        K(t) = V_0 (exp(-t / membrane_time) - exp(-t / synaptic_time)),   whose peak is 1
        w_i <- w_i + or - learning_rate sum over spikes s < t_max of channel i of K(t_max - s)

    + where V should have reached the threshold 1 and did not, - where it should not have, and t_max is where V is
    largest. V and t_max are computed in closed form from the times of the spikes, without a grid; after the threshold
    is reached V goes on as if nothing had happened, as what comes later does not count. Two classes need one unit,
    which fires for the second; more need one for each, of which the largest V decides.

    Parameters
    ----------
    membrane_time : float > synaptic_time, default 15e-3
        Time constant of the membrane, seconds.
    synaptic_time : float > 0, default 3.75e-3
        Time constant of the synapses, seconds.
    learning_rate : float > 0, default 1e-2
        Change of a weight by one spike at the right time, in thresholds.
    n_epochs : int >= 1, default 100
        Passes over the trials, in a new random order each; fewer where none is wrong any more.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of the first weights, normal with a deviation of `learning_rate`, and of the orders.

    Attributes
    ----------
    coef_ : array (n_groups, n_units), the weights w; one group for two classes
    classes_ : array (n_classes,)
    n_features_in_ : int, number of input channels
    n_iter_ : int, passes made

    Raises
    ------
    ValueError
        For a parameter outside its range, data that are no spike trains, labels that are not one for each trial, and
        fewer than two classes.

    References
    ----------
    Guetig, Sompolinsky 2006, The tempotron: a neuron that learns spike timing-based decisions, Nature Neuroscience
    9(3):420-428, doi:10.1038/nn1643.

    Examples
    --------
    >>> from reservoir.readouts.spiking import Tempotron
    >>> from reservoir.spikes import SpikeTrains
    >>> early = SpikeTrains([0.010, 0.016], [0, 1], n_units=2, duration=0.1)
    >>> late = SpikeTrains([0.016, 0.010], [0, 1], n_units=2, duration=0.1)
    >>> readout = Tempotron(learning_rate=0.1, random_state=0).fit([early, late], ["first", "second"])
    >>> readout.predict([late, early])
    array(['second', 'first'], dtype='<U6')
    """

    membrane_time: float = 15e-3
    synaptic_time: float = 3.75e-3
    _: KW_ONLY
    learning_rate: float = 1e-2
    n_epochs: int = 100
    random_state: Seed = None

    learned: ClassVar[dict[str, Any]] = {
        "coef_": "reals (k, f)",
        "classes_": "labels (c)",
        "n_features_in_": "size (f)",
        "n_iter_": "count",
    }

    @unchanged_on_error
    def fit(self, X: SpikeData, y: Labels) -> Self:
        """Learn the weights.

        Parameters
        ----------
        X : list of SpikeTrains (n_trials), or of Recordings or SpikeMonitors of Brian2
        y : array (n_trials,)
            Labels of at least two classes.
        """
        p, owner = Parameters(self), type(self).__name__
        taus, rate = self._times(), p.real("learning_rate", 0, closed="neither")
        n_epochs, rng = p.integer("n_epochs", 1), p.generator()
        records, labels = read_inputs(self, X, reset=True), np.asarray(y)
        if labels.shape != (len(records),):
            raise ValueError(f"y of {owner} must hold a label for each of {len(records)} trials. Got {labels.shape}.")
        check_classification_targets(labels)
        self.classes_ = np.unique(labels)
        if len(self.classes_) < 2:
            raise ValueError(f"{owner} needs labels of at least two classes. Got 1 class: {self.classes_}.")
        sought = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        fires, trials = labels == sought[:, None], Trials.of(records)
        self.coef_ = rate * rng.standard_normal((len(sought), self.n_features_in_))
        size = rows_per_call(20 * len(sought) * (1 + len(trials.times) // len(records)), "update")
        for epoch in range(n_epochs):
            order, n_wrong = rng.permutation(len(records)), 0
            for first in range(0, len(order), size):
                n_wrong += _learn(*trials, order[first : first + size], fires, rate, *taus, self.coef_)
            self.n_iter_ = epoch + 1
            if not n_wrong:
                break
        return self

    def decision_function(self, X: SpikeData) -> np.ndarray:
        """The largest V less the threshold: (n_trials,), positive for classes_[1], or (n_trials, n_classes)."""
        peaks = self._peaks(X)
        return peaks[:, 0] - 1 if len(self.classes_) == 2 else peaks - 1

    def predict(self, X: SpikeData) -> np.ndarray:
        """The class of every trial (n_trials,)."""
        values = self.decision_function(X)
        found: np.ndarray = self.classes_[(values >= 0).astype(int) if values.ndim == 1 else values.argmax(axis=1)]
        return found

    def check_learned(self) -> None:
        """ValueError unless there is a group of weights for every class, or one for two."""
        n_classes = len(self.classes_)
        if len(self.coef_) != (n_classes if n_classes > 2 else 1) or n_classes < 2:
            raise ValueError(f"{type(self).__name__} holds weights for other classes")

    def _peaks(self, X: Any) -> np.ndarray:
        """The largest V of every group in every trial (n_trials, n_groups)."""
        if not hasattr(self, "coef_"):
            raise not_fitted(self)
        taus, records = self._times(), read_inputs(self, X, reset=False)
        found = [[_peak(one.times, one.units, one.duration, w, *taus)[0] for w in self.coef_] for one in records]
        return np.array(found).reshape(len(records), len(self.coef_))

    def _times(self) -> tuple[float, float]:
        """Time constants of membrane and synapses, seconds."""
        p = Parameters(self)
        synaptic = p.real("synaptic_time", 0, closed="neither", unit="second")
        return p.real("membrane_time", synaptic, closed="neither", unit="second"), synaptic


@kernel()
def _height(membrane, synaptic):
    """V_0, by which the peak of K is 1."""
    latest = membrane * synaptic / (membrane - synaptic) * np.log(membrane / synaptic)
    return 1.0 / (np.exp(-latest / membrane) - np.exp(-latest / synaptic))


@kernel()
def _peak(times, units, duration, weights, membrane, synaptic):
    """The largest V in [0, duration], and when. Between spikes V is slow - fast, two exponentials, and has one peak."""
    height = _height(membrane, synaptic)
    slow, fast, last, highest, when = 0.0, 0.0, 0.0, 0.0, 0.0
    for n in range(times.size + 1):
        time = times[n] if n < times.size else duration
        if slow > 0.0 and fast > 0.0:
            lag = np.log(fast * membrane / (slow * synaptic)) / (1.0 / synaptic - 1.0 / membrane)
            if 0.0 < lag < time - last:
                value = slow * np.exp(-lag / membrane) - fast * np.exp(-lag / synaptic)
                if value > highest:
                    highest, when = value, last + lag
        slow *= np.exp(-(time - last) / membrane)
        fast *= np.exp(-(time - last) / synaptic)
        if slow - fast > highest:
            highest, when = slow - fast, time
        if n < times.size:
            slow += height * weights[units[n]]
            fast += height * weights[units[n]]
        last = time
    return highest, when


@kernel()
def _learn(times, units, offsets, durations, order, fires, rate, membrane, synaptic, weights):
    """Go through the trials in this order: the number of wrong answers."""
    height, n_wrong = _height(membrane, synaptic), 0
    for k in order:
        own, who = times[offsets[k] : offsets[k + 1]], units[offsets[k] : offsets[k + 1]]
        for group in range(weights.shape[0]):
            highest, when = _peak(own, who, durations[k], weights[group], membrane, synaptic)
            if (highest >= 1.0) == fires[group, k]:
                continue
            n_wrong += 1
            if highest <= 0.0:  # V never rises: the moment at which most has come in
                when = durations[k]
            change = height * (rate if fires[group, k] else -rate)
            for n in range(own.size):
                if own[n] < when:
                    lag = when - own[n]
                    weights[group, who[n]] += change * (np.exp(-lag / membrane) - np.exp(-lag / synaptic))
    return n_wrong
