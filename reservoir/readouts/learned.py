"""What a readout says of what it has learned, so that a model file can keep it; the words are those of `persistence`.

A readout has `learned`, the attributes that `fit` sets and what each must be, and where these have to fit together
``check_learned()``. A letter is one length wherever it stands, ``k?`` an axis that may be missing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

LINEAR = {
    "_one_output": "flag",
    "n_features_in_": "size (f)",
    "coef_": "optional reals (k?, f)",
    "intercept_": "optional number or reals (k)",
}
"""What every linear readout learns."""


def check_coefficients(readout: Any, n_outputs: int) -> None:
    """ValueError unless coefficients and intercepts are those of as many outputs as were learned."""
    shape = () if readout._one_output else (n_outputs,)
    solved = hasattr(readout, "coef_") or hasattr(readout, "intercept_")
    known = [np.shape(readout.coef_)[:-1], np.shape(readout.intercept_)] if solved else []
    if (readout._one_output and n_outputs != 1) or any(one != shape for one in known):
        raise ValueError(f"{type(readout).__name__} holds coefficients of other outputs")
