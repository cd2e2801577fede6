"""What was chosen for a forecaster: as its parameters, and back."""

from __future__ import annotations

from typing import Any, NamedTuple

from reservoir.models.forecasting.candidates import ALL_TARGETS, Candidate, is_auto, season_given
from reservoir.models.forecasting.chosen import ChosenReadout
from reservoir.systems import EchoState
from reservoir.validation import Parameters

_PLAIN = {"target": "values", "lags": 0, "strategy": "recursive", "season": None, "transform": None}
AUTOMATIC = tuple(_PLAIN)
"""Parameters that know "auto"."""


class Choice(NamedTuple):
    """What was chosen, and what tells it."""

    candidate: Candidate
    horizon: int
    told: dict[str, Any]  # the attribute `chosen_`


def choice_of(model: Any) -> Choice | None:
    """What was chosen for a fitted model, if anything was."""
    told = vars(model).get("chosen_")
    if told is None:
        return None
    seen = told["transform"], tuple(told["season"] or ()), told["weight_of_states"], told["lags"], told["own_lags"]
    return Choice(Candidate(*seen, told["target"], told["strategy"], told["penalty"]), told["horizon"], told)


def choice_given(model: Any) -> Choice:
    """What the parameters of a model with a `ChosenReadout` say."""
    p, r = Parameters(model), Parameters(model.readout)
    if not (model.include_input and model.feedback_scaling > 0 and model.target == "values"):
        wanted = "another with include_input=False, feedback_scaling=0 or a target that is not 'values'"
        raise p.error("readout", wanted)
    target = r.choice("target", ALL_TARGETS)
    if target == "differences" and not model.lags:
        raise p.error("lags", "at least 1 for a readout that learns differences")
    horizon = 1 if model.horizon is None else int(model.horizon)
    seen = vars(model)["transform"], season_given(model.season), r.real("weight_of_states", 0), int(model.lags)
    own, alpha = r.flag("own_lags"), r.real("alpha", 0, closed="neither")
    candidate = Candidate(*seen, own, target, model.strategy, alpha)
    if target == "seasonal" and not candidate.period:
        raise p.error("lags", "at least a season of the model for a readout that learns seasonal differences")
    return Choice(candidate, horizon, as_told(candidate, horizon))


def is_automatic(model: Any) -> bool:
    """Whether a model leaves anything to be chosen, as the penalty of differences always is."""
    return model.target == "differences" or any(is_auto(vars(model)[name]) for name in AUTOMATIC)


def can_choose(model: Any) -> bool:
    """Whether the readout is the model's own, and sees the rows that come back."""
    return model.readout is None and bool(model.include_input) and model.feedback_scaling > 0


def plain(model: Any) -> dict[str, Any]:
    """The parameters where nothing can be chosen: "auto" is what they were before there was a choice."""
    given = {name: vars(model)[name] for name in AUTOMATIC}
    return {name: _PLAIN[name] if is_auto(one) else one for name, one in given.items()}


def as_parameters(choice: Choice) -> dict[str, Any]:
    """The parameters of what was chosen. The readout answers values, whatever it learnt."""
    c = choice.candidate
    season = (c.season[0] if c.season == ("calendar",) else list(c.season)) if c.season else None
    found = {"target": "values", "lags": c.lags, "strategy": c.strategy, "season": season, "transform": c.transform}
    return found | {"horizon": choice.horizon}


def chosen_readout(candidate: Candidate) -> ChosenReadout:
    """The readout of a candidate, not fitted."""
    c = candidate
    return ChosenReadout(c.penalty, weight_of_states=c.states, own_lags=c.own, target=c.target)


def as_told(candidate: Candidate, horizon: int) -> dict[str, Any]:
    """What `chosen_` says of a candidate."""
    return {
        "target": candidate.target,
        "lags": candidate.lags,
        "own_lags": candidate.own,
        "states": candidate.states > 0,
        "weight_of_states": candidate.states,
        "strategy": candidate.strategy,
        "horizon": horizon,
        "season": list(candidate.season) or None,
        "transform": candidate.transform,
        "penalty": candidate.penalty,
    }


def default_reservoir() -> EchoState:
    """The reservoir of a forecaster that has none of its own."""
    return EchoState(300, leak=0.3, random_state=0)
