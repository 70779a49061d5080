"""scikit-learn's own checks, and the tools that estimators are made for."""

import inspect
import pickle
import subprocess
import sys
from dataclasses import fields
from typing import Any

import joblib
import numpy as np
import pytest
from scipy.stats import loguniform, randint, uniform
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from inknet.mlp import TrainingOptions
from inknet.sklearn import NetworkClassifier, NetworkRegressor

X, Y = load_iris(return_X_y=True)


CHECKS = [
    pytest.param(estimator, check, id=f"{type(estimator).__name__}-{getattr(check, 'func', check).__name__}")
    for model in (NetworkClassifier(), NetworkRegressor())
    for estimator, check in estimator_checks_generator(model)
]


# What is skipped needs pandas, another kind of array, or a decision_function; nothing is expected to fail.
@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:  # noqa: ANN401
    check(estimator)


def _quick(**parameters: Any) -> NetworkClassifier:  # noqa: ANN401
    return NetworkClassifier(
        (10,), **{"epochs": 20, "learning_rate": 0.01, "batch_size": 8, "random_state": 0, **parameters}
    )


def test_in_a_pipeline() -> None:
    pipeline = make_pipeline(StandardScaler(), _quick(standardize=False)).fit(X, Y)
    assert pipeline.score(X, Y) > 0.9
    pipeline.fit(X, Y, networkclassifier__sample_weight=np.where(Y == 2, 0, 1))
    assert pipeline.predict_proba(X[Y == 2])[:, 2].max() < 0.5


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # joblib's of Python
@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_in_a_grid_search_with_two_jobs(backend: str) -> None:
    grid = {"net__hidden_sizes": [(2,), (12,)], "net__learning_rate": [1e-6, 0.01]}
    pipeline = Pipeline([("scale", StandardScaler()), ("net", _quick())])
    with joblib.parallel_backend(backend):
        both = GridSearchCV(pipeline, grid, cv=3, n_jobs=2).fit(X, Y)
    alone = GridSearchCV(pipeline, grid, cv=3).fit(X, Y)
    assert both.best_params_ == {"net__hidden_sizes": (12,), "net__learning_rate": 0.01}
    np.testing.assert_array_equal(both.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])


def test_in_a_random_search_over_numpy_distributions() -> None:
    spaces = {
        "learning_rate": loguniform(1e-3, 1e-1),
        "weight_decay": uniform(0, 0.1),
        "epochs": randint(2, 5),
        "batch_size": np.array([8, 16]),
        "hidden_sizes": np.array([3, 5]),
        "optimizer": ["gradient-descent", "adam"],
    }
    for rows in (X, X.astype("float32")):
        search = RandomizedSearchCV(_quick(), spaces, n_iter=4, cv=2, random_state=0, error_score="raise").fit(rows, Y)
        assert search.best_score_ > 0.3


def test_in_cross_validation() -> None:
    assert cross_val_score(_quick(), X, Y, cv=3).min() > 0.9
    rows, values = load_diabetes(return_X_y=True)
    regressor = NetworkRegressor((), learning_rate=0.03, random_state=0)
    assert cross_val_score(regressor, rows, values, cv=3).min() > 0.3


@pytest.mark.slow
@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibrated(method: str) -> None:
    calibrated = CalibratedClassifierCV(_quick(), method=method, cv=3).fit(X, Y, sample_weight=1 + Y)
    assert calibrated.score(X, Y) > 0.9
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1, rtol=1e-12)


def test_pickles_and_clones() -> None:
    fitted = _quick().fit(X, Y)
    again = pickle.loads(pickle.dumps(fitted))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert again.history_ == fitted.history_
    copy = clone(fitted)
    assert not hasattr(copy, "network_")
    assert copy.get_params() == fitted.get_params()
    np.testing.assert_array_equal(copy.fit(X, Y).predict_proba(X), fitted.predict_proba(X))


def test_a_pickled_estimator_continues_with_the_same_bits() -> None:
    once = _quick().partial_fit(X, Y, classes=[0, 1, 2])
    again = pickle.loads(pickle.dumps(once))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(again.partial_fit(X, Y).predict_proba(X), once.partial_fit(X, Y).predict_proba(X))


def test_a_data_frame() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    classifier = _quick().fit(table, pandas.Series(Y), sample_weight=pandas.Series(np.ones(len(Y))))
    assert classifier.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="feature names"):
        classifier.predict(table[["b", "a", "c", "d"]])


def test_after_transformers_that_change_the_columns() -> None:
    rows = np.array([["a", "1.0"], ["b", "2.0"]] * 20, dtype=object)
    columns = ColumnTransformer([("kind", OneHotEncoder(sparse_output=False), [0]), ("size", StandardScaler(), [1])])
    pipeline = make_pipeline(columns, _quick(epochs=50)).set_output(transform="default")
    assert pipeline.fit(rows, ["x", "y"] * 20).predict(rows[:2]).tolist() == ["x", "y"]


def test_the_parameters_are_printed_as_scikit_learn_does() -> None:
    assert repr(NetworkRegressor(epochs=7)) == "NetworkRegressor(epochs=7)"


def test_a_missing_extra_is_reported() -> None:
    program = "import sys; sys.modules['sklearn'] = None\nimport inknet.sklearn"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last == "inknet.errors.MissingExtraError: inknet.sklearn needs scikit-learn: pip install 'inknet[sklearn]'"
    assert "During handling" not in result.stderr


#: Options that differ from those of `Network.train` by default, and options that the estimators do without.
OTHER_DEFAULTS = {"epochs", "learning_rate", "batch_size", "optimizer", "schedule"}
LEFT_OUT = {"patience", "seed", "check_scale"}


@pytest.mark.parametrize(
    ("estimator", "left_out"), [(NetworkClassifier, set()), (NetworkRegressor, {"label_smoothing"})]
)
def test_parameters_match_the_training_options(estimator: type, left_out: set[str]) -> None:
    parameters = inspect.signature(estimator).parameters
    options = {field.name: field for field in fields(TrainingOptions)}
    assert options.keys() - parameters.keys() == LEFT_OUT | left_out
    shared = options.keys() & parameters.keys()
    assert {name for name in shared if parameters[name].annotation != options[name].type} == set()
    assert {name for name in shared if parameters[name].default != options[name].default} == OTHER_DEFAULTS
