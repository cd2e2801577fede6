"""The window of a rule: what is drawn is what a pair does."""

import numpy as np
import pytest

from reservoir.plasticity import STDP, InhibitorySTDP, Normalised, ReleaseSTDP, RewardSTDP, TripletSTDP
from reservoir.plotting import (
    STDPWindowDisplay,
)
from spiking import plasticity
from tests.plasticity.plasticity_oracles import TWINS
from tests.plotting.displays import lines

RNG = np.random.default_rng(1)


RULES = {
    "STDP": STDP(mu_plus=0.4, mu_minus=1.0, tau_plus=0.01, A_plus=0.03, A_minus=-0.02),
    "TripletSTDP": TripletSTDP.fitted("hippocampus"),
    "InhibitorySTDP": InhibitorySTDP(eta=0.02),
    "ReleaseSTDP": ReleaseSTDP(A_plus=0.02),
}


class TestWindow:
    @pytest.mark.parametrize("name", RULES)
    def test_it_is_what_a_lone_pair_does_to_the_twin(self, name):
        rule, twin = RULES[name], TWINS[name]
        display = STDPWindowDisplay.from_rule(rule, weights=[0.3])
        (changes,) = display.changes.values()
        alone = twin(rule, 0.3, 1.0, [1.0], [], 2.0) - 0.3
        for place in RNG.choice(np.flatnonzero(np.isfinite(display.lags)), 20):
            lag = display.lags[place]
            if abs(lag) < 1e-12:
                continue
            learned = twin(rule, 0.3, 1.0, [1.0], [1.0 + lag], 2.0)
            assert changes[place] == pytest.approx(learned - 0.3 - alone, abs=1e-12)
        assert changes[display.lags == 0][0] == pytest.approx(twin(rule, 0.3, 1.0, [1.0], [1.0], 2.0) - 0.3 - alone)

    def test_every_rule_of_pairs_has_a_window(self):
        rules = {name for name in plasticity.__all__ if isinstance(getattr(plasticity, name), type)}
        rules -= {"Rule", "Scaling"}
        for name in rules:
            rule = Normalised(STDP()) if name == "Normalised" else getattr(plasticity, name)()
            assert STDPWindowDisplay.from_rule(rule).changes
        assert np.ptp(next(iter(STDPWindowDisplay.from_rule(RewardSTDP()).changes.values()))[-5:]) >= 0

    def test_lines_are_the_changes_in_milliseconds(self):
        display = STDPWindowDisplay.from_changes([-0.01, 0.0, 0.02], {"a": [1, 2, 3], "b": [4, 5, 6]})
        for label, values in (("a", [1, 2, 3]), ("b", [4, 5, 6])):
            np.testing.assert_allclose(lines(display.ax_, label)[0].get_xydata(), np.transpose([[-10, 0, 20], values]))
        function = STDPWindowDisplay.from_rule(np.cos, span=0.5)
        np.testing.assert_allclose(function.changes[""][-1], np.cos(0.5))
