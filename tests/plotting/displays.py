"""A small picture of every display, and the data it is made of."""

from types import SimpleNamespace

import numpy as np

from reservoir.plasticity import STDP, InhibitorySTDP
from reservoir.plotting import (
    AttractorDisplay,
    CapacityDisplay,
    ComparisonDisplay,
    EarlyClassificationDisplay,
    ForecastDisplay,
    RasterDisplay,
    SearchDisplay,
    SpectrumDisplay,
    StatesDisplay,
    STDPWindowDisplay,
    TrainingDisplay,
    TrialsDisplay,
    WeightsDisplay,
)
from reservoir.spikes import SpikeTrains

RNG = np.random.default_rng(0)
TIME = np.arange(1, 201) / 10
TRUTH, FORECAST = np.stack([np.sin(TIME), np.cos(TIME)], axis=1), np.stack([np.sin(1.1 * TIME), np.cos(TIME)], axis=1)
TRAINS = SpikeTrains(RNG.uniform(0, 2, 300), RNG.integers(0, 12, 300), 12, 2.0)
TRIALS = [SpikeTrains(RNG.uniform(0, 2, 40), RNG.integers(0, 2, 40), 2, 2.0) for _ in range(5)]
GROUPS = {"excitatory": slice(0, 8), "inhibitory": [9, 8, 11]}  # unit 10 is in none
WEIGHTS = 1e-9 * RNG.uniform(1, 30, (5, 40))
MATRIX = RNG.normal(size=(20, 20)) / 5
STATES = np.cumsum(RNG.normal(size=(50, 6)), axis=0)
TABLE = RNG.uniform(0.1, 0.4, (3, 6))
SCORES = {"NARMA-10": {"ESN": [0.2, 0.2, 0.3, 0.25], "LSTM": 0.4}, "copying": {"LSTM": [1.0, np.nan, 0.5]}}
GRID = {"reservoir__leak": [0.1, 0.5, 0.9], "alpha": [1e-6, 1e-4, 1e-2]}
RESULTS = {
    "param_alpha": np.ma.array(np.repeat(GRID["alpha"], 3), dtype=object),
    "param_reservoir__leak": np.ma.array(np.tile(GRID["reservoir__leak"], 3), dtype=object),
    "param_same": np.ma.array(["one"] * 9, dtype=object),
    "mean_test_score": np.array([1.0, 2, 5, 4, 7, 3, 0, np.nan, 6]),
    "std_test_score": np.full(9, 0.3),
    "std_seed_score": np.linspace(0.1, 0.9, 9),
    "rank_test_score": np.array([7, 6, 3, 4, 1, 5, 8, 9, 2]),
}
MAKERS = {
    "AttractorDisplay": lambda ax=None: AttractorDisplay.from_predictions(TRUTH, FORECAST, step=0.1, ax=ax),
    "CapacityDisplay": lambda ax=None: CapacityDisplay.from_capacity(SimpleNamespace(table=TABLE), n_states=9, ax=ax),
    "ComparisonDisplay": lambda ax=None: ComparisonDisplay.from_scores(
        SCORES, measures="NRMSE", better="lower", log=["copying"], references={"copying": {"Jaeger": 0.6}}, ax=ax
    ),
    "EarlyClassificationDisplay": lambda ax=None: EarlyClassificationDisplay(
        np.array([0.2, 0.6, 1.0]), np.array([0.5, 0.7, 0.9]), chance=0.4
    ).plot(ax),
    "ForecastDisplay": lambda ax=None: ForecastDisplay.from_predictions(
        TRUTH, FORECAST, step=0.1, lyapunov_exponent=0.9, ax=ax
    ),
    "RasterDisplay": lambda ax=None: RasterDisplay.from_spikes(TRAINS, groups=GROUPS, step=0.05, ax=ax),
    "STDPWindowDisplay": lambda ax=None: STDPWindowDisplay.from_rule({"a": STDP(), "b": InhibitorySTDP()}, ax=ax),
    "SearchDisplay": lambda ax=None: SearchDisplay.from_estimator(SimpleNamespace(cv_results_=RESULTS), ax=ax),
    "SpectrumDisplay": lambda ax=None: SpectrumDisplay.from_matrix(MATRIX, ax=ax),
    "StatesDisplay": lambda ax=None: StatesDisplay.from_states(STATES, ax=ax),
    "TrainingDisplay": lambda ax=None: TrainingDisplay.from_estimator(
        SimpleNamespace(loss_curve_=[3.0, 1.0, 0.2], validation_scores_=[-4.0, -0.6, -0.7]), ax=ax
    ),
    "TrialsDisplay": lambda ax=None: TrialsDisplay.from_trials(
        TRIALS, units=0, labels=["A", "B", "A", "B", "B"], step=0.1, onset=0.5, ax=ax
    ),
    "WeightsDisplay": lambda ax=None: WeightsDisplay.from_snapshots(WEIGHTS, times=np.arange(5.0), unit="A", ax=ax),
}
N_PANELS = {
    "AttractorDisplay": 4,
    "CapacityDisplay": 2,
    "ComparisonDisplay": 2,
    "ForecastDisplay": 3,
    "RasterDisplay": 2,
    "SearchDisplay": 2,
    "StatesDisplay": 2,
    "TrialsDisplay": 2,
    "WeightsDisplay": 2,
}


def lines(panel, label=None):
    """Lines of a panel, those of this label."""
    return [one for one in panel.get_lines() if label is None or one.get_label() == label]


def _table(text):
    known = np.ma.array([f"{text} {place % 3}" for place in range(9)], dtype=object)
    scores = {f"{kind}_test_{text}": RESULTS[f"{kind}_test_score"] for kind in ("mean", "std", "rank")}
    return RESULTS | scores | {f"param_{text}": known}


NAMED = {
    "AttractorDisplay": lambda text: AttractorDisplay.from_predictions(TRUTH, FORECAST, names=[text, "b"]),
    "ComparisonDisplay": lambda text: ComparisonDisplay.from_scores(
        {text: {text: [0.2, 0.3], "LSTM": 0.4}}, measures=text, references={text: {text: 0.6}}
    ),
    "ForecastDisplay": lambda text: ForecastDisplay.from_predictions(TRUTH, FORECAST, unit=text, names=[text, "b"]),
    "RasterDisplay": lambda text: RasterDisplay.from_spikes(TRAINS, groups={text: [1, 2], "others": [3, 4, 5]}),
    "STDPWindowDisplay": lambda text: STDPWindowDisplay.from_rule({text: STDP(), "b": InhibitorySTDP()}),
    "SearchDisplay": lambda text: SearchDisplay.from_estimator(SimpleNamespace(cv_results_=_table(text)), metric=text),
    "StatesDisplay": lambda text: StatesDisplay.from_states(STATES, unit=text),
    "TrainingDisplay": lambda text: TrainingDisplay({text: np.ones(3)}, along=text, measure=text, best=2).plot(),
    "TrialsDisplay": lambda text: TrialsDisplay.from_trials(TRIALS, units=0, labels=[text, "B", text, "B", "B"]),
    "WeightsDisplay": lambda text: WeightsDisplay.from_snapshots(WEIGHTS, unit=text),
}
"""The displays that show words of the user, all of which are the text."""
WORDLESS = {"CapacityDisplay", "EarlyClassificationDisplay", "SpectrumDisplay"}
