"""The marks that parts may have: what other rooms ask them beyond their methods, by ``hasattr`` and ``getattr``."""

from __future__ import annotations

from typing import NamedTuple

from reservoir.parts.protocols import (
    Encoder,
    FittedModel,
    Matrix,
    Part,
    PlasticityRule,
    Pooling,
    RateUnit,
    Readout,
    RecurrentCell,
    SpikingUnit,
    Splitter,
    System,
    Topology,
)


class Mark(NamedTuple):
    """An attribute that a part may have, and what other rooms take its presence or value to mean."""

    name: str
    part: type
    meaning: str


MARKS = (
    Mark("learned", Part, "attributes that `fit` sets, and what a model file may hold there; nothing without it"),
    Mark("check_learned", Part, "check_learned() refuses attributes from a file that do not fit together"),
    Mark("runs_compiled", System, "True: compiled loops run its very equation; False where a subclass replaces it"),
    Mark("unit_", System, "its fitted rate unit"),
    Mark("runs_layers", System, "True: it runs its layers one after the other, and nothing besides"),
    Mark("without_noise", System, "without_noise() is the same fitted system, free of noise, which answers"),
    Mark("piecewise", System, "False: states change where a run is cut in two; without it they do not"),
    Mark("random_state", System, "source of its random numbers; a stack seeds those that are None"),
    Mark("transform", System, "transform(X) gives the states alone"),
    Mark("states", System, "states(X) gives what a trained network computes inside, for diagnosis"),
    Mark("n_features_in_", System, "number of features it was fitted to; 1 without it"),
    Mark("feature_names_in_", System, "their names"),
    Mark("layers_", System, "systems that hear one another or the same input, from the first to the last"),
    Mark("arrangement", System, "how its layers are put together; 'stacked' without it"),
    Mark("input_to_all", System, "whether every layer hears the input too"),
    Mark("circuit_", System, "its units spike: the state holds spikes on their way"),
    Mark("W_", System, "recurrent weights"),
    Mark("W_in_", System, "input weights (n_units, n_features)"),
    Mark("input_weights_", System, "weights (n_units, n_features) of the currents of an encoder without spikes"),
    Mark("leak", System, "share of the state that a step replaces; 1 without it"),
    Mark("activation", System, "name of the function of the units"),
    Mark("bidirectional", System, "it hears a sequence from both ends, so that it cannot go on by itself"),
    Mark("reservoir_", FittedModel, "the fitted system of a model"),
    Mark("readout_", FittedModel, "the fitted readout of a model"),
    Mark("readout", FittedModel, "it is a model, not a system"),
    Mark("target_names_in_", FittedModel, "names of the targets, where they had names in `fit`"),
    Mark("washout", FittedModel, "rows at the beginning that are not scored; 0 without it"),
    Mark("washout_", FittedModel, "the same where `fit` had to find it"),
    Mark("pooling", FittedModel, "not None: one answer per sequence"),
    Mark("n_members", FittedModel, "models in an ensemble; 1 without it"),
    Mark("members_", FittedModel, "models of an ensemble, whose mean is the answer"),
    Mark("forecast", FittedModel, "forecast(n_steps) goes on with a series"),
    Mark("heard", FittedModel, "heard(X): the data as its reservoir hears them; as they are without it"),
    Mark("exogenous_", FittedModel, "columns that a forecast does not predict"),
    Mark("exogenous_lead", FittedModel, "rows by which these are heard before the others; 0 without it"),
    Mark("_lessons", FittedModel, "earlier inputs that its readout sees, and what it learns; the next row without it"),
    Mark("units_", FittedModel, "units_.heard(rows) are rows of data in the units that its reservoir hears"),
    Mark("season_", FittedModel, "not None: it hears the phases of seasons beside the data"),
    Mark("training_range_", FittedModel, "lowest and highest training value of what a forecast predicts"),
    Mark("training_deviations_", FittedModel, "standard deviations of these"),
    Mark("squared_states", FittedModel, "True: its readout sees the squares of the states too"),
    Mark("predict", FittedModel, "predict(X) answers; a system alone has none"),
    Mark("row_wise", Readout, "True: the prediction of a row has the same bits whichever rows stand beside it"),
    Mark("accumulate", Readout, "accumulate(X, y) takes a block of rows, solve() makes the answer: exact in blocks"),
    Mark("partial_fit", Readout, "partial_fit(X, y) goes on learning from more rows"),
    Mark("tells_sequences_apart", Readout, "True: accumulate wants to hear which sequence each row comes from"),
    Mark("closed_loop_training", Readout, "True: wants to be trained by step(x, target) with its output fed back"),
    Mark("predict_proba", Readout, "predict_proba(X) gives the probability of every class"),
    Mark("classes_", Readout, "labels, for a classifier"),
    Mark("coef_", Readout, "weights of a linear readout (n_features,) or (n_outputs, n_features)"),
    Mark("alpha", Readout, "penalty; a search may try many at the cost of one"),
    Mark("draw", Topology, "draw(n_units, rng); without it, the topology is a matrix"),
    Mark("spectral_radius", Topology, "spectral_radius(matrix) of what it draws, faster than in general"),
    Mark("radius_in_closed_form", Matrix, "radius_in_closed_form() is its spectral radius, or None"),
    Mark("norm_in_closed_form", Matrix, "norm_in_closed_form() is its largest singular value, or None"),
    Mark("weights", Matrix, "its weights by place, where it repeats them"),
    Mark("run", System, "run(X, state); a matrix has none"),
    Mark("shows_state", RateUnit, "False: readouts see what its step leaves in `heard`, not its first array"),
    Mark("step", RateUnit, "step of what cells() gives: the compiled step"),
    Mark("tangent", RateUnit, "tangent of what cells() gives: how small differences move; no Jacobian without it"),
    Mark("step_lanes", RateUnit, "step_lanes of what cells() gives: the step of several reservoirs side by side"),
    Mark("apply", RateUnit, "apply of its activation: the compiled function"),
    Mark("derive", RateUnit, "derive of its activation: the compiled slope"),
    Mark("advance", SpikingUnit, "advance of what cells() gives: the compiled step"),
    Mark("noise", SpikingUnit, "standard deviation of a noise current or voltage; 0 without it"),
    Mark("piecewise", Encoder, "False: rows must be encoded whole; without it, in any pieces"),
    Mark("weights", Encoder, "weights(n_features, n_units, rng) and normalised(rows): currents and no spikes"),
    Mark("equations", SpikingUnit, "equations() as text for Brian2; without it the unit runs in Numba alone"),
    Mark("window", PlasticityRule, "window(lags, share): the change by a lone pair of spikes"),
    Mark("reach", PlasticityRule, "seconds of lag after which its window is all but zero"),
    Mark("pool", Pooling, "pool(rows); without it, the pooling is a name"),
    Mark("joins_pieces", Pooling, "False: rows must follow one another, so that pieces between gaps cannot be joined"),
    Mark("capacity", RecurrentCell, "rotations per step; 1 without it"),
    Mark("scorer", Splitter, "scorer(scoring) leaves out the rows at the start of a fold"),
)
"""Every mark, the kind of part that may have it, and its meaning. A test compares them with what the code asks for."""
