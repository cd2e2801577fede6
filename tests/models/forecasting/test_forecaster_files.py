"""Files of forecasters, those of earlier versions too."""

import numpy as np
import pytest

from reservoir import EchoState, load
from tests.loops import looped
from tests.persistence.hostile_files import changed

SERIES = np.column_stack([np.sin(np.arange(200) / 4), np.cos(np.arange(200) / 7)])


def of_a_former_version(tree, arrays):
    """As versions wrote that knew no lessons, and had their records elsewhere."""
    for part in tree["parts"]:
        if part["class"].rpartition(".")[2] not in ("Lessons", "SeriesUnits", "CalibrationRows"):
            part["class"] = part["class"].replace("reservoir.models.forecasting.", "reservoir.models.")
        attributes = part["attributes"]
        if part["class"] == "reservoir.models.ReservoirForecaster":
            for name in ("target", "lags", "strategy", "horizon", "scaling", "transform", "season", "gaps"):
                del part["parameters"][name]
            for name in ("_lessons", "washout_", "units_", "season_"):
                del attributes[name]
            for name in {"_calibration"} & set(attributes):
                del attributes[name]
            if "_context" in attributes:
                kind, states, tails, _ = attributes["_context"]["tuple"]
                attributes["_context"]["tuple"] = [kind, states, tails]
                for tail in tails:
                    arrays[tail["array"]] = arrays[tail["array"]][-1]


@pytest.mark.parametrize("options", [{}, {"n_members": 2}, {"exogenous": [1], "exogenous_lead": 0}])
def test_files_of_former_versions_are_read(options, tmp_path):
    model = looped(EchoState(20, input_scaling=1.0, bias_scaling=0.0, random_state=0), washout=10, **options).fit(
        SERIES
    )
    observed = np.where([True, False], np.nan, SERIES[:9]) if "exogenous" in options else None
    found = load(changed(model, tmp_path / "model", of_a_former_version))
    np.testing.assert_array_equal(found.forecast(9, observed=observed), model.forecast(9, observed=observed))
