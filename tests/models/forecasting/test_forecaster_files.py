"""Files of forecasters, those of earlier versions too."""

import numpy as np
import pytest

from reservoir import EchoState, ReservoirForecaster, load
from tests.persistence.hostile_files import changed

SERIES = np.column_stack([np.sin(np.arange(200) / 4), np.cos(np.arange(200) / 7)])


def by_former_names(tree, arrays):
    """As earlier versions called what stands in the room of forecasts."""
    for part in tree["parts"]:
        part["class"] = part["class"].replace("reservoir.models.forecasting.", "reservoir.models.")


@pytest.mark.parametrize("options", [{}, {"n_members": 2}, {"exogenous": [1], "exogenous_lead": 0}])
def test_files_with_the_former_names_of_records_are_read(options, tmp_path):
    model = ReservoirForecaster(EchoState(20, random_state=0), washout=10, **options).fit(SERIES)
    observed = np.where([True, False], np.nan, SERIES[:9]) if "exogenous" in options else None
    found = load(changed(model, tmp_path / "model", by_former_names))
    np.testing.assert_array_equal(found.forecast(9, observed=observed), model.forecast(9, observed=observed))
