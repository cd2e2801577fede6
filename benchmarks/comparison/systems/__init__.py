"""Systems, one a file. A new one is a file with a `SYSTEM` and its line here."""

from benchmarks.comparison.systems import (
    deep_echo_state,
    echo_state,
    gru,
    liquid,
    lstm,
    microcircuit,
    microcircuit_stdp,
    nvar,
    raw,
)

SYSTEMS = {
    module.SYSTEM.name: module.SYSTEM
    for module in (raw, nvar, echo_state, deep_echo_state, liquid, microcircuit, microcircuit_stdp, lstm, gru)
}
