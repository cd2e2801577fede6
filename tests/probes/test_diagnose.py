"""Every finding shows where its cause is made, and nowhere else."""

import warnings

import numpy as np
import pytest

from reservoir import (
    DeepEchoState,
    EchoState,
    LiquidState,
    ReservoirClassifier,
    ReservoirRegressor,
)
from reservoir.circuits import RandomCircuit
from reservoir.datasets import make_lorenz
from reservoir.probes import Diagnosis, DiagnosisWarning, diagnose, lyapunov_exponent, washout_estimate
from reservoir.readouts import RidgeReadout
from reservoir.rnn import RNNClassifier, RNNRegressor
from reservoir.spikes import Poisson
from reservoir.topologies import Cycle
from tests.loops import looped

X = np.random.default_rng(0).uniform(-1, 1, size=(1200, 2))


def system(**parameters):
    return EchoState(**{"n_units": 40, "input_scaling": 1.0, "bias_scaling": 0.3, "random_state": 0, **parameters})


def measures(asked, data=X, y=None, **options):
    return [finding.measure for finding in diagnose(asked, data, y, warn=False, **options).findings]


def test_a_sound_reservoir_has_no_findings():
    assert measures(system()) == []
    assert measures(system(leak=0.3, spectral_radius=0.99)) == []
    assert measures(system(activation="logistic", spectral_radius=2.0)) == []


@pytest.mark.parametrize("cause, finding", [
    ({"input_scaling": 30.0}, "saturation"),
    ({"bias_scaling": 30.0}, "saturation"),
    ({"input_scaling": 1e-3, "bias_scaling": 0.0}, "typical state"),
    ({"spectral_radius": 2.5, "input_scaling": 0.05}, "Lyapunov exponent"),
    ({"spectral_radius": 2.5, "input_scaling": 0.05}, "washout"),
    ({"spectral_radius": 0.0, "input_weights": None}, "washout"),
    ({"topology": Cycle(), "input_weights": np.eye(40)[:, :2] * 0, "bias_scaling": 0.0}, "dead units"),
    ({"activation": "relu", "bias": np.full(40, -9.0)}, "dead units"),
    ({"n_units": 1500, "spectral_radius": 0.5}, "rank"),
    ({"bias_scaling": 0.0}, "even part"),
    ({"activation": "identity"}, "even part"),
])  # fmt: skip
def test_a_reservoir_with_one_thing_wrong(cause, finding):
    assert finding in measures(system(**cause))


@pytest.mark.parametrize("change, finding", [
    (lambda x: x + np.array([40, 0]), "input means"),
    (lambda x: x * [1, 1e-4], "input deviations"),
    (lambda x: x * [1, 0], "input deviations"),
    (lambda x: np.where(np.arange(1200)[:, None] == 600, 1000, x), "input peaks"),
])  # fmt: skip
def test_inputs_that_want_scaling(change, finding):
    assert finding in measures(system(input_scaling=0.01, spectral_radius=0.5), change(X))


def test_the_numbers_equal_their_definitions():
    one = system(leak=0.7).fit(X)
    found = diagnose(one, X, washout=200)
    states = one.transform(X)[200:]
    variances = np.linalg.eigvalsh(np.cov(states.T))
    assert (found.n_rows, found.n_states, found.rank) == (1000, 40, np.linalg.matrix_rank(states - states.mean(axis=0)))
    assert found.condition_number == pytest.approx(np.sqrt(variances[-1] / variances[0]), rel=1e-6)
    assert found.effective_dimension == pytest.approx(variances.sum() ** 2 / (variances**2).sum(), rel=1e-9)
    assert found.saturation == pytest.approx(np.mean(np.abs(states) > 0.95))
    assert found.typical_state == pytest.approx(np.sqrt(np.mean(states**2)))
    np.testing.assert_allclose(found.feature_means, X.mean(axis=0))
    np.testing.assert_allclose(found.feature_deviations, X.std(axis=0))
    np.testing.assert_allclose(found.feature_peaks, np.abs(X - X.mean(axis=0)).max(axis=0) / X.std(axis=0))
    assert found.washout_rows == washout_estimate(one, X, n_starts=3)
    assert found.lyapunov_exponent == lyapunov_exponent(one, X, washout=200).largest


def test_independent_units_fill_their_dimensions():
    shift = EchoState(2, topology=np.zeros((2, 2)), spectral_radius=None, input_weights=np.eye(2), random_state=0)
    found = diagnose(shift, X, warn=False)
    assert found.rank == 2 and found.effective_dimension == pytest.approx(2, abs=0.02)
    assert [finding.measure for finding in found.findings] == ["even part", "washout"] and found.washout_rows == 1


def test_advice_names_the_present_value_and_the_direction():
    with pytest.warns(DiagnosisWarning, match=r"saturation: Units .* lower input_scaling \(now 30.0\)") as caught:
        found = diagnose(system(input_scaling=30.0), X)
    assert len(caught) == len(found.findings) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert diagnose(system(input_scaling=30.0), X, warn=False).findings == found.findings


def test_the_table():
    pandas = pytest.importorskip("pandas")
    found = diagnose(system(input_scaling=30.0), X, warn=False)
    text, page, frame = str(found), found._repr_html_(), found.to_frame()
    assert isinstance(frame, pandas.DataFrame) and frame.loc["saturation", "advice"] == found.findings[0].advice
    for name, value, advice in found.rows():
        assert name in text and value in text and advice in text and name in page and frame.loc[name, "value"] == value
    assert page.count("<tr>") == len(frame) + 1 == len(text.splitlines())
    assert text.splitlines()[0] == "EchoState: 40 states over 1100 rows, 1 finding"
    assert "Hz" not in text and repr(found) == text


def network(kind, *data, **options):
    return kind("lstm", (8,), max_iter=2, tol=None, random_state=0, **options).fit(*data)


OTHERS = {
    "deep": lambda: DeepEchoState(EchoState(20, input_scaling=0.3, bias_scaling=0.0), 2, random_state=0),
    "layers": lambda: DeepEchoState(layers=[system(), system(activation="relu")], random_state=0),
    "float32": lambda: system(dtype="float32"),
    "trained": lambda: network(RNNRegressor, X, X[:, 0]),
    "both ways": lambda: network(RNNRegressor, X, X[:, 0], bidirectional=True),
    "labels": lambda: network(RNNClassifier, [X, -X], [0, 1]),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_other_systems(name):
    found = diagnose(OTHERS[name](), X, warn=False)
    assert isinstance(found, Diagnosis) and found.n_rows == 1100 and 0 < found.rank <= found.n_states
    assert (found.washout_rows is None) == (name in ("both ways", "labels"))
    assert found.lyapunov_exponent is None if name == "both ways" else found.lyapunov_exponent < 0


def test_whole_models():
    y = X[:, 0]
    model = ReservoirRegressor(system(), washout=0)
    assert measures(model, X, y) == ["washout"]
    assert measures(model.set_params(washout=80), X, y) == []
    assert str(diagnose(model.fit(X, y), X)) == str(diagnose(model, X, y))
    forecaster = looped(system(n_units=20), feedback_scaling=0.5)
    found = diagnose(forecaster, X)
    np.testing.assert_allclose(found.feature_deviations, X.std(axis=0) / 2)
    stack = X.reshape(40, 30, 2)
    classifier = ReservoirClassifier(system())
    found = diagnose(classifier, stack, np.arange(40) % 2)
    assert (found.n_rows, found.washout_rows) == (1200, washout_estimate(system(), stack[0], n_starts=3))
    with pytest.raises(ValueError, match="'system' parameter of diagnose must be a system, or a fitted model"):
        diagnose(ReservoirRegressor(), X)


def test_series_that_end_too_early_and_features_that_are_too_large():
    slow = system(leak=0.05, spectral_radius=0.9)
    found = diagnose(slow, X[:60], warn=False)
    assert found.washout_rows == np.inf and found.lyapunov_exponent < 0
    assert "The series ends before" in found.findings[-1].advice
    assert measures(slow, list(X.reshape(20, 60, 2))) == []
    assert "StandardScaler" in diagnose(system(), X * 9, warn=False).findings[0].advice


def test_odd_states_are_told_where_even_targets_cannot_be_learnt():
    """Without biases the states change their sign with the input; an input that is off zero, or constant, breaks it."""
    u, square = X[:, :1], np.roll(X[:, 0], 1) ** 2

    def score(asked, data=u):
        model = ReservoirRegressor(asked, washout=50).fit(data[:900], square[:900])
        return model.score(data[900:], square[900:])

    odd, biased = system(n_units=150, bias_scaling=0.0), system(n_units=150, bias_scaling=0.5)
    found = diagnose(odd, u, warn=False)
    assert found.even_part == 0 and diagnose(biased, u, warn=False).even_part > 0.05
    assert score(odd) < 0.1 and score(biased) > 0.8
    assert found.findings[-1].advice.endswith("can be learnt: raise bias_scaling (now 0.0).")
    for broken in (u + 0.5, np.c_[u, np.full(1200, 0.5)]):
        assert "even part" not in measures(odd, broken) and score(odd, broken) > 0.8
    small = [finding.advice for finding in diagnose(system(input_scaling=1e-3), X, warn=False).findings]
    assert small[0].endswith("raise bias_scaling (now 0.3) or input_scaling (now 0.001).")
    deep = DeepEchoState(EchoState(20, input_scaling=0.3, bias_scaling=0.0), 2, random_state=0)
    assert "raise layer__bias_scaling (now 0.0)" in diagnose(deep, X, warn=False).findings[-1].advice
    for seed in range(5):
        for n_rows in (60, 3000):
            own = np.random.default_rng(seed).uniform(-1, 1, size=(n_rows, 1))
            assert "even part" in measures(ReservoirRegressor(odd), own, own, washout=0)
            assert "even part" not in measures(ReservoirRegressor(biased), own, own, washout=0)
    assert "even part" in measures(looped(odd), X)
    assert "even part" not in measures(looped(odd, squared_states=True), X)


def test_saturation_of_one_layer_of_many():
    calm, driven = system(), system(input_scaling=30.0)
    layers = [calm, calm, calm, calm, calm, driven]
    found = diagnose(DeepEchoState(layers=layers, inter_scaling=None, random_state=0), X, warn=False)
    assert found.saturation > 0.8 and "Units of a layer sit at their bounds" in found.findings[0].advice


def test_starts_that_never_meet_although_small_differences_vanish():
    """A unit with two stable states, of which the input never moves it from one to the other."""
    stubborn = EchoState(
        1, topology=[[2.0]], spectral_radius=None, input_scaling=0.01, bias_scaling=0.0, random_state=0
    )
    found = diagnose(stubborn, X[:, :1], warn=False)
    assert found.washout_rows == np.inf and found.lyapunov_exponent < -0.1
    advice = {finding.measure: finding.advice for finding in found.findings}["washout"]
    assert "several responses" in advice and "lower spectral_radius" in advice and "longer" not in advice


FAR = X * 40 + 100


@pytest.mark.parametrize("asked, data, y, advice", [
    (system(), FAR, None, "put a StandardScaler before the system"),
    (ReservoirRegressor(system()), FAR, X[:, 0], "put a StandardScaler before the system"),
    (system(), [FAR[:700], FAR[700:]], None, "give (X - mean) / deviation, with those over all training rows"),
    (ReservoirClassifier(system()), FAR.reshape(40, 30, 2), np.arange(40) % 2, "give (X - mean) / deviation"),
    (looped(system()), FAR, None, "fit to (X - mean) / deviation, and turn forecasts back"),
])  # fmt: skip
def test_the_advice_can_be_followed_for_the_container(asked, data, y, advice):
    found = diagnose(asked, data, y, warn=False)
    texts = [finding.advice for finding in found.findings if finding.measure.startswith("input")]
    assert texts and all(advice in text for text in texts)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_advice_names_what_the_system_has():
    weights = np.full((40, 2), 30.0)
    deep = DeepEchoState(EchoState(50, bias_scaling=0.0), inter_scaling=30.0, random_state=0).fit(X)
    own = np.abs(deep.layers_[0].W_in_).max()
    numbers = f"lower inter_scaling (now 30.0) or layer__input_scaling (now None: up to {own:.2g})."  # no bias
    assert diagnose(deep, X, warn=False).findings[0].advice.endswith(numbers)
    apart = DeepEchoState(EchoState(20, input_scaling=30.0, bias_scaling=0.0), arrangement="grouped", random_state=0)
    assert "bounds: lower layer__input_scaling (now 30.0)" in diagnose(apart, X, warn=False).findings[0].advice
    assert diagnose(DeepEchoState(random_state=0), X, warn=False).findings == ()
    given = diagnose(system(input_weights=weights, bias=np.full(40, 0.1)), X, warn=False)
    assert "lower the given input_weights or the given bias" in given.findings[0].advice
    trained = diagnose(network(RNNRegressor, X[:60], X[:60, 0]), X[:60], warn=False)
    assert not any(word in finding.advice for finding in trained.findings for word in ("spectral_radius", "scaling"))


def test_columns_with_names():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["u", "v"])
    one = system().fit(frame)
    assert str(diagnose(one, frame)) == str(diagnose(system(), X))
    with pytest.raises(ValueError, match="feature names"):
        diagnose(one, frame[["v", "u"]])


def test_rates_of_a_liquid():
    """The spikes that a direct simulation counts."""
    wave = np.sin(np.arange(150) / 5)[:, None]
    liquid = LiquidState(random_state=0).fit(wave)
    found = diagnose(liquid, wave, washout=0, warn=False)
    recorder = liquid.trace_
    spikes = []

    class Counting:
        n_memory = staticmethod(recorder.n_memory)

        def filter(self, trains, *rest):
            spikes.append(trains)
            return recorder.filter(trains, *rest)

    liquid.trace_ = Counting()
    liquid.run(wave)
    rates = spikes[0].rates()
    assert found.mean_rate == pytest.approx(rates.mean()) and found.highest_rate == pytest.approx(rates.max())
    np.testing.assert_array_equal(found.silent_units, np.flatnonzero(rates == 0))
    assert found.lyapunov_exponent is None and found.saturation is None and "Hz" in str(found)


@pytest.mark.parametrize("listed", [False, True])
def test_a_liquid_that_hears_spike_trains(listed):
    """Of the input, which has no features, nothing is said."""
    trains = Poisson().fit(X[:150]).encode(X[:150], 0.01, np.random.default_rng(0))
    liquid = LiquidState(random_state=0).fit(trains)
    found = diagnose(liquid, [trains, trains] if listed else trains, washout=0, warn=False)
    assert found.feature_means is None and "input" not in str(found).split("typical state")[0]
    states = liquid.transform(trains)
    assert found.n_rows == len(states) * (1 + listed)
    assert found.typical_state == pytest.approx(np.sqrt(np.mean(states**2)), rel=1e-12)
    assert found.mean_rate > 0 and found.washout_rows == washout_estimate(liquid, trains, n_starts=3)
    if not listed:
        assert str(diagnose(LiquidState(random_state=0), trains, washout=0, warn=False)) == str(found)


def test_a_silent_and_a_frantic_liquid():
    wave = np.sin(np.arange(60) / 5)[:, None]
    weak = LiquidState(RandomCircuit(20, input_scale=1e-6), random_state=0)
    assert "silent units" in measures(weak, wave)
    assert "highest rate" in measures(LiquidState(random_state=0), wave, rate_bound=5.0)


@pytest.mark.parametrize(
    "name, value", [("washout", -1), ("washout", 1200), ("warn", 3), ("rate_bound", 0), ("system", 3)]
)
def test_parameters_out_of_range(name, value):
    parameters = {"system": system(), name: value}
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of diagnose must be"):
        diagnose(parameters.pop("system"), X, **parameters)


@pytest.mark.parametrize("n_units, alpha, lost", [(100, 1e-6, False), (12, 1e-3, True)])
def test_a_forecaster_that_leaves_the_attractor_is_told(n_units, alpha, lost):
    """Both predict the next row of the Lorenz equations well; halves of the data tell what is near."""
    model = looped(EchoState(n_units, random_state=0), RidgeReadout(alpha))
    found = diagnose(model, make_lorenz(1500, dt=0.04, rtol=1e-7), warn=False)
    density, spectrum = found.free_run_density, found.free_run_spectrum
    assert ("free-run spectrum" in [finding.measure for finding in found.findings]) == lost
    assert (density[0] > 10 * density[1]) == lost == (spectrum[0] > 2 * spectrum[1])
    assert "free-run density" in str(found)


def test_what_has_no_free_run_is_not_held_against_it():
    """A system, a regressor, a forecaster that hears a channel from outside, noise that nothing predicts."""
    asked = [system(), ReservoirRegressor(system()).fit(X, X[:, 0]), looped(system(n_units=20), exogenous=[1]).fit(X)]
    assert all(diagnose(one, X, warn=False).free_run_density is None for one in asked)
    found = diagnose(looped(system(n_units=20), washout=50), X, warn=False)
    assert found.free_run_density[0] > 1 and "free-run spectrum" not in [one.measure for one in found.findings]
