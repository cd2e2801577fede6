"""What a user's type checker knows of the library. It is read by mypy alone, which `make lint` runs over it.

No function here is ever called. An error that must be found stands on a line with ``type: ignore``, and mypy tells
where there is none to ignore.
"""

from typing import assert_type

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold

from reservoir import (
    DeepEchoState,
    EchoState,
    LiquidState,
    ReservoirClassifier,
    ReservoirForecaster,
    ReservoirRegressor,
)
from reservoir.batch import Study, run_batch
from reservoir.circuits import Circuit, GraphCircuit, MaassColumn, RandomCircuit
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
from reservoir.models import Mean
from reservoir.neurons import LIF
from reservoir.neurons.rate import Euler
from reservoir.parts import (
    CircuitModel,
    Encoder,
    OnlineReadout,
    PlasticityRule,
    Pooling,
    RateUnit,
    Readout,
    RecurrentCell,
    SpikingUnit,
    System,
    Topology,
    Trace,
    TrialSystem,
)
from reservoir.plasticity import STDP, Normalised
from reservoir.preprocessing import SequenceScaler
from reservoir.probes import MemoryCapacity, closed_loop_exponents, diagnose, memory_capacity, washout_estimate
from reservoir.readouts import Force, ParallelPerceptronClassifier, RecursiveLeastSquares, RidgeReadout
from reservoir.rnn.cells import GRU
from reservoir.spikes import Current, Exponential, Poisson
from reservoir.systems import NVAR, Chain, Delays
from reservoir.topologies import Cycle, Random
from spiking import Microcircuit

X = np.zeros((50, 1))


class Halving:
    """A user's own system."""

    def fit(self, rows: np.ndarray) -> "Halving":
        return self

    def run(self, rows: np.ndarray, state: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        return rows / 2, rows[-1] / 2


class Ring:
    """A user's own family of circuits."""

    def draw(self, rng: np.random.Generator, n_inputs: int = 1) -> Circuit:
        return MaassColumn().draw(rng, n_inputs=n_inputs)


def power(parameters: dict[str, float], *, random_state: int) -> float:
    return parameters["base"] ** 2


def systems() -> list[System]:
    joint = Chain([Delays(3), ("reservoir", EchoState(10))])
    return [EchoState(10), LiquidState(), Microcircuit(MaassColumn()), Halving(), NVAR(2, [1, 3]), joint]


def systems_with_trials() -> list[TrialSystem]:
    return [EchoState(10), DeepEchoState()]


def no_trials() -> TrialSystem:
    return Halving()  # type: ignore[return-value]


def readouts() -> list[Readout]:
    return [RidgeReadout(), Force(), ParallelPerceptronClassifier(), Ridge(), ReservoirRegressor()]


def online() -> list[OnlineReadout]:
    return [Force(), RecursiveLeastSquares()]


def topologies() -> list[Topology]:
    return [Cycle(), Random(in_degree=3)]


def circuits() -> list[CircuitModel]:
    return [MaassColumn()]


def encoders() -> list[Encoder]:
    return [Poisson(), Current()]


def traces() -> list[Trace]:
    return [Exponential()]


def poolings() -> list[Pooling]:
    return [Mean()]


def units() -> list[SpikingUnit]:
    return [LIF()]


def rate_units() -> list[RateUnit]:
    return [Euler()]


def rules() -> list[PlasticityRule]:
    return [STDP()]


def cells() -> list[RecurrentCell]:
    return [GRU()]


def no_system() -> System:
    return RidgeReadout()  # type: ignore[return-value]


def not_online() -> OnlineReadout:
    return RidgeReadout()  # type: ignore[return-value]


def methods_keep_their_types() -> None:
    assert_type(EchoState(10).fit(X), EchoState)
    assert_type(RidgeReadout().fit(X, X), RidgeReadout)
    assert_type(RidgeReadout().predict(X), np.ndarray)
    assert_type(Force().fit([[0.0], [1.0]], [0.0, 1.0]), Force)
    EchoState(10).fit(X, nonsense=3)  # type: ignore[call-arg]
    RidgeReadout().fit("what", X)  # type: ignore[arg-type]


def parts_of_models() -> None:
    EchoState(10, topology=Cycle(), unit=Euler(), leak=[0.5] * 10)
    EchoState(2, topology=[[0, 1], [1, 0]], activation="relu")
    EchoState(2, topology=np.eye(2), bias=np.zeros(2), dtype=np.float32)
    ReservoirRegressor(EchoState(10), Ridge())
    ReservoirRegressor(LiquidState(Ring()), Force())
    ReservoirRegressor(Halving(), pooling="mean").fit([np.zeros((3, 1)), np.zeros((4, 1))], [0.0, 1.0])
    ReservoirClassifier(DeepEchoState(layers=[EchoState(3), Halving()]), LogisticRegression(), pooling=Mean())
    ReservoirForecaster(readout=RidgeReadout(), exogenous=[1], bounds=(0.0, 1.0)).fit(X)
    ReservoirForecaster(exogenous=["wind"], exogenous_lead=0, bounds="training").fit(X)
    LiquidState(GraphCircuit(graph=Cycle()), LIF(), encoder=Current(), trace=Exponential())
    Microcircuit(MaassColumn(), LIF(), plasticity={"recurrent": STDP()})


def transformers() -> None:
    SequenceScaler(with_std=False).fit([X, X]).transform(X)
    SequenceScaler(with_std="yes")  # type: ignore[arg-type]
    SequenceScaler().fit("what")  # type: ignore[arg-type]


def no_parts_of_models() -> None:
    EchoState(10, topology="ring")  # type: ignore[arg-type]
    EchoState(10, topology=RandomCircuit())  # type: ignore[arg-type]
    EchoState(10).fit("what")  # type: ignore[arg-type]
    ReservoirRegressor(reservoir=3)  # type: ignore[arg-type]
    ReservoirRegressor(readout=EchoState(3))  # type: ignore[arg-type]
    ReservoirRegressor(readout=RidgeReadout)  # type: ignore[arg-type]
    ReservoirForecaster(RidgeReadout())  # type: ignore[arg-type]
    DeepEchoState(layers=[EchoState(3), RidgeReadout()])  # type: ignore[list-item]
    LiquidState(Cycle())  # type: ignore[arg-type]
    LiquidState(neuron=Euler())  # type: ignore[arg-type]
    LiquidState(encoder=Exponential())  # type: ignore[arg-type]
    LiquidState(trace=Current())  # type: ignore[arg-type]
    GraphCircuit(graph=Ring())  # type: ignore[arg-type]
    Microcircuit(MaassColumn(), plasticity=STDP())  # type: ignore[arg-type]
    Microcircuit(MaassColumn(), plasticity={"inputs": LIF()})  # type: ignore[dict-item]
    EchoState(10, unit=LIF())  # type: ignore[arg-type]
    Normalised(LIF())  # type: ignore[arg-type]
    closed_loop_exponents(EchoState(10))  # type: ignore[arg-type]


def searches() -> None:
    grid = {"reservoir__leak": [0.5, 1.0]}
    ReservoirSearchCV(ReservoirRegressor(), grid, cv=WarmTimeSeriesSplit(4)).fit(X, X)
    ReservoirSearchCV(Ridge(), grid, cv=KFold(3), scoring="r2", random_state=0)
    ReservoirSearchCV(3, grid)  # type: ignore[arg-type]
    ReservoirSearchCV(ReservoirRegressor(), grid, cv="five")  # type: ignore[arg-type]


def probes() -> None:
    assert_type(memory_capacity(EchoState(10)), MemoryCapacity)
    assert_type(washout_estimate(Halving(), X), int | float)
    diagnose(ReservoirRegressor(), X, X)
    closed_loop_exponents(ReservoirForecaster().fit(X))
    memory_capacity(3)  # type: ignore[arg-type]
    memory_capacity(RidgeReadout())  # type: ignore[arg-type]
    diagnose(EchoState(10), "what")  # type: ignore[arg-type]


def batches() -> None:
    assert_type(run_batch(power, {"base": [1.0, 2.0]}, store="somewhere"), Study)
    run_batch(power, [{"base": 1.0}], store="somewhere", setup=3)  # type: ignore[arg-type]
