"""What a file keeps of scikit-learn."""

from __future__ import annotations

from typing import Any

from reservoir.persistence import rebuilding
from reservoir.persistence.checks import (
    ANY,
    COUNT,
    FLAG,
    NONE,
    NUMERIC,
    Check,
    either,
    labels,
    optional,
    part,
    reals,
    size,
    word,
)
from reservoir.persistence.entry import Entry


def _linear(rebuild: Any = None, **more: Check) -> Entry:
    """A linear model of scikit-learn."""
    return Entry(
        {
            "coef_": reals("k?", "f"),
            "intercept_": NUMERIC,
            "n_features_in_": size("f"),
            **{name: optional(check) for name, check in more.items()},
        },
        rebuild=rebuild,
    )


def _scaler(*vectors: str, **more: Check) -> Entry:
    """A scaler of scikit-learn: what it knows of every feature."""
    known = {name: either(NONE, reals("f")) for name in vectors}
    return Entry({"n_features_in_": size("f"), **known, **more})


# `_store_cv_results` is what scikit-learn 1.6 keeps beside.
_CHOSEN = {"alpha_": NUMERIC, "best_score_": NUMERIC, "cv_results_": NUMERIC, "_store_cv_results": FLAG}

SCIKIT_LEARN: dict[str, Entry] = {
    "sklearn.pipeline.Pipeline": Entry(parameters={"memory": NONE}),  # a folder of pickles otherwise
    "sklearn.linear_model.LinearRegression": _linear(rank_=NUMERIC, singular_=NUMERIC),
    "sklearn.linear_model.Ridge": _linear(n_iter_=NUMERIC, solver_=ANY),
    "sklearn.linear_model.RidgeCV": _linear(**_CHOSEN),
    "sklearn.linear_model.Lasso": _linear(n_iter_=NUMERIC, dual_gap_=NUMERIC),
    "sklearn.linear_model.ElasticNet": _linear(n_iter_=NUMERIC, dual_gap_=NUMERIC),
    "sklearn.linear_model.LogisticRegression": _linear(n_iter_=NUMERIC, classes_=labels("c")),
    "sklearn.linear_model.RidgeClassifier": _linear(
        rebuilding.ridge_classes,
        n_iter_=NUMERIC,
        solver_=ANY,
        classes_=labels("c"),
        _label_binarizer=part("inverse_transform"),
    ),
    "sklearn.linear_model.RidgeClassifierCV": _linear(
        rebuilding.ridge_classes,
        **_CHOSEN,
        classes_=labels("c"),
        _label_binarizer=part("inverse_transform"),
    ),
    "sklearn.preprocessing.LabelBinarizer": Entry(
        {"classes_": labels("c"), "y_type_": word("binary", "multiclass"), "sparse_input_": FLAG}
    ),
    "sklearn.preprocessing.StandardScaler": _scaler("mean_", "var_", "scale_", n_samples_seen_=NUMERIC),
    "sklearn.preprocessing.MinMaxScaler": _scaler(
        "scale_", "min_", "data_min_", "data_max_", "data_range_", n_samples_seen_=NUMERIC
    ),
    "sklearn.preprocessing.MaxAbsScaler": _scaler("max_abs_", "scale_", n_samples_seen_=NUMERIC),
    "sklearn.preprocessing.RobustScaler": _scaler("center_", "scale_"),
    "sklearn.preprocessing.FunctionTransformer": Entry(
        {"n_features_in_": optional(size("f"))}, {"func": NONE, "inverse_func": NONE}
    ),
    "sklearn.compose.TransformedTargetRegressor": Entry(
        {
            "_training_dim": COUNT,
            "transformer_": part("inverse_transform"),
            "regressor_": part("predict"),
            "n_features_in_": optional(size("f")),
        }
    ),
}
