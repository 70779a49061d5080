"""Networks trained with scikit-learn predict the same after the import."""

import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from inknet.exchange import from_sklearn
from inknet.mlp import InputError
from tests.mlp.helpers import one_sentence

ROWS = np.random.default_rng(4).normal(size=(80, 3))


def fit(estimator: Any, targets: Any) -> Any:  # noqa: ANN401 - scikit-learn has no types
    with warnings.catch_warnings():
        # It need not converge.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(ROWS, targets)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("sizes", [(5,), (6, 4)])
def test_multiclass_classifier(activation: str, sizes: tuple[int, ...]) -> None:
    labels = np.array(["cat", "dog", "eel"])[np.digitize(ROWS[:, 0], [-0.5, 0.5])]
    classifier = fit(
        MLPClassifier(hidden_layer_sizes=sizes, activation=activation, max_iter=20, random_state=0), labels
    )
    network = from_sklearn(classifier)
    assert network.sizes == (3, *sizes, 3)
    np.testing.assert_allclose(network.predict(ROWS), classifier.predict_proba(ROWS), rtol=0, atol=1e-6)
    classes = np.array(network.metadata["classes"])
    np.testing.assert_array_equal(classes[network.predict(ROWS).argmax(axis=1)], classifier.predict(ROWS))


def test_binary_classifier() -> None:
    classifier = fit(MLPClassifier(hidden_layer_sizes=(4,), max_iter=20, random_state=0), ROWS.sum(axis=1) > 0)
    network = from_sklearn(classifier)
    assert repr(network).startswith("Network(3 → 4 relu → 1 sigmoid")
    assert network.metadata["classes"] == ["False", "True"]
    np.testing.assert_allclose(network.predict(ROWS)[:, 0], classifier.predict_proba(ROWS)[:, 1], rtol=0, atol=1e-6)


def test_multilabel_classifier() -> None:
    classifier = fit(MLPClassifier(hidden_layer_sizes=(4,), max_iter=20, random_state=0), ROWS > 0)
    network = from_sklearn(classifier)
    np.testing.assert_allclose(network.predict(ROWS), classifier.predict_proba(ROWS), rtol=0, atol=1e-6)


@pytest.mark.parametrize("outputs", [1, 2])
def test_regressor(outputs: int) -> None:
    targets = np.column_stack([ROWS.sum(axis=1), ROWS[:, 0] ** 2])[:, :outputs]
    regressor = fit(MLPRegressor(hidden_layer_sizes=(7,), max_iter=20, random_state=0), targets.squeeze())
    network = from_sklearn(regressor)
    assert "classes" not in network.metadata
    np.testing.assert_allclose(network.predict(ROWS).squeeze(), regressor.predict(ROWS), rtol=0, atol=1e-6)


def test_float32_is_kept() -> None:
    classifier = MLPClassifier(hidden_layer_sizes=(4,), max_iter=5, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(ROWS.astype(np.float32), ROWS[:, 0] > 0)
    network = from_sklearn(classifier)
    assert network.dtype == np.float32
    np.testing.assert_allclose(
        network.predict(ROWS)[:, 0], classifier.predict_proba(ROWS.astype(np.float32))[:, 1], atol=1e-6
    )


def stand_in(**changes: object) -> SimpleNamespace:
    values = {
        "coefs_": [np.ones((2, 3)), np.ones((3, 1))],
        "intercepts_": [np.zeros(3), np.zeros(1)],
        "activation": "relu",
        "out_activation_": "identity",
    }
    return SimpleNamespace(**values | changes)


@pytest.mark.parametrize(
    ("estimator", "reason"),
    [
        (MLPClassifier(), "MLPClassifier has no coefs_: fit it first"),
        (object(), "object has no coefs_"),
        (stand_in(activation="swish"), "the activation 'swish', which inknet does not have"),
        (stand_in(out_activation_="exp"), "the activation 'exp', which inknet does not have"),
        (stand_in(intercepts_=[np.zeros(3)]), "2 coefs_ but 1 intercepts_"),
        (stand_in(coefs_=[np.ones((2, 3)), np.ones((4, 1))]), "not those of consecutive linear layers"),
        (stand_in(intercepts_=[np.zeros(2), np.zeros(1)]), "biases do not fit"),
        (stand_in(coefs_=[], intercepts_=[]), "there are no layers"),
        (stand_in(coefs_=["ab", np.ones((3, 1))]), r"coefs_\[0\] must be an array of numbers"),
        (stand_in(intercepts_=[np.full(3, np.nan), np.zeros(1)]), "NaN or infinity"),
    ],
)
def test_invalid_estimators_are_rejected(estimator: object, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        from_sklearn(estimator)
    one_sentence(caught.value)
