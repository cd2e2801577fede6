"""The window of a rule: what is drawn is what the rule says."""

import numpy as np
import pytest

from reservoir import plasticity
from reservoir.plasticity import STDP, TripletSTDP
from reservoir.plotting import STDPWindowDisplay
from tests.plotting.displays import lines


class OwnRule:
    """A user's, with a window alone."""

    def window(self, lags, share):
        return np.cos(lags)


class TestWindow:
    def test_it_is_that_of_the_rule(self):
        rules = {"pairs": STDP(mu_plus=0.4, mu_minus=1.0, tau_plus=0.05), "triplets": TripletSTDP(), "any": OwnRule()}
        display = STDPWindowDisplay.from_rule(rules, weights=[0.3, 0.6])
        assert list(display.changes) == ["pairs, w = 0.3 w_max", "pairs, w = 0.6 w_max", "triplets", "any"]
        for name, changes in display.changes.items():
            rule, share = rules[name.partition(",")[0]], 0.6 if "0.6" in name else 0.3
            np.testing.assert_array_equal(changes, rule.window(display.lags, share))
        assert np.nanmax(display.lags) == rules["pairs"].reach == 0.25
        sides = np.isnan(display.lags).argmax()
        assert display.lags[sides - 1] < 0 == display.lags[sides + 1] and np.isnan(display.changes["triplets"][sides])

    @pytest.mark.parametrize(
        "name", [name for name in plasticity.__all__ if hasattr(getattr(plasticity, name), "window")]
    )
    def test_every_rule_with_a_window_is_drawn(self, name):
        assert STDPWindowDisplay.from_rule(getattr(plasticity, name)()).changes

    def test_lines_are_the_changes_in_milliseconds(self):
        display = STDPWindowDisplay.from_changes([-0.01, 0.0, 0.02], {"a": [1, 2, 3], "b": [4, 5, 6]})
        for label, values in (("a", [1, 2, 3]), ("b", [4, 5, 6])):
            np.testing.assert_allclose(lines(display.ax_, label)[0].get_xydata(), np.transpose([[-10, 0, 20], values]))
        function = STDPWindowDisplay.from_rule(np.cos, span=0.5)
        np.testing.assert_allclose(function.changes[""][-1], np.cos(0.5))
