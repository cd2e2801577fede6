"""A forecaster whose parameters are all given: what was "auto" is chosen, or what it was before there was a choice."""

from __future__ import annotations

import copy
from typing import Any

from reservoir.models.forecasting.candidates import is_auto
from reservoir.models.forecasting.choice import choose
from reservoir.models.forecasting.chosen import ChosenReadout
from reservoir.models.forecasting.chosen_parameters import (
    Choice,
    as_parameters,
    can_choose,
    choice_given,
    default_reservoir,
    is_automatic,
    plain,
)
from reservoir.models.forecasting.season import read_season
from reservoir.models.members import seeded_members
from reservoir.sequences import Sequences
from reservoir.threads import one_blas_thread


def settled(model: Any, X: Any, sequences: Sequences, choice: Choice | None = None) -> tuple[Any, Choice | None]:
    """The model, or a copy whose parameters are all given, and what was chosen of the series X of `fit`.

    Where there is a choice already, as for the members of an ensemble, none is made.
    """
    given = isinstance(model.readout, ChosenReadout)
    if not (is_automatic(model) or given):
        return model, None
    made = copy.copy(model)
    vars(made).update(plain(model))
    if not (can_choose(model) or given):
        return made, None
    if not is_auto(model.season):
        read_season(type(model).__name__, model.season, X, sequences)  # so that what cannot be is refused here
    if model.reservoir is None:
        made.reservoir = default_reservoir()
    if given:
        return made, choice or choice_given(made)
    if choice is None:
        asked = copy.copy(model)
        asked.reservoir = made.reservoir
        if model.n_members > 1:
            asked.reservoir = seeded_members(asked, asked.reservoir)[0].reservoir
        with one_blas_thread():
            choice = choose(asked, X, sequences)
    vars(made).update(as_parameters(choice))
    return made, choice
