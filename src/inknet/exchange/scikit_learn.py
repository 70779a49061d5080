"""Networks trained with scikit-learn."""

from typing import Any

import numpy as np

from inknet.exchange.layers import as_array, from_layers
from inknet.mlp import ACTIVATIONS, InputError, Network

__all__ = ["from_sklearn"]

#: The activation that has another name in scikit-learn.
_ACTIVATIONS = {"logistic": "sigmoid"}


def from_sklearn(estimator: Any) -> Network:  # noqa: ANN401 - scikit-learn is not a dependency
    """Return the network of a fitted `MLPClassifier` or `MLPRegressor`.

    Only its attributes are read, so scikit-learn need not be installed. For a classifier, the network predicts what
    `predict_proba` returns; with two classes, its single output is the probability of the second. The names of the
    classes are in ``metadata["classes"]``.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        With the attributes `coefs_`, `intercepts_`, `activation` and `out_activation_`.

    Raises
    ------
    InputError
        If it is not fitted, not such an estimator, or uses an activation that inknet lacks.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> weights = [np.ones((2, 3)), np.ones((3, 1))]
    >>> biases = [np.zeros(3), np.zeros(1)]
    >>> fitted = SimpleNamespace(coefs_=weights, intercepts_=biases, activation="tanh", out_activation_="logistic")
    >>> from_sklearn(fitted)
    Network(2 → 3 tanh → 1 sigmoid, 13 parameters)
    """
    missing = [
        name for name in ("coefs_", "intercepts_", "activation", "out_activation_") if not hasattr(estimator, name)
    ]
    if missing:
        raise InputError(
            f"estimator must be a fitted MLPClassifier or MLPRegressor, but {type(estimator).__name__} has no"
            f" {missing[0]}: fit it first, or extract it from its Pipeline"
        )
    names = estimator.activation, estimator.out_activation_
    hidden, output = (_ACTIVATIONS.get(name, name) for name in names)
    for name in (hidden, output):
        if name not in ACTIVATIONS:
            raise InputError(f"{type(estimator).__name__} uses the activation {name!r}, which inknet does not have")
    if len(estimator.coefs_) != len(estimator.intercepts_):
        raise InputError(f"estimator has {len(estimator.coefs_)} coefs_ but {len(estimator.intercepts_)} intercepts_")
    # scikit-learn's weights have one row per input.
    layers = [
        (as_array(f"coefs_[{index}]", weights).T, as_array(f"intercepts_[{index}]", biases))
        for index, (weights, biases) in enumerate(zip(estimator.coefs_, estimator.intercepts_, strict=True))
    ]
    network = from_layers(layers, hidden=hidden, output=output)
    if getattr(estimator, "classes_", None) is not None:
        network.metadata["classes"] = [str(name) for name in np.asarray(estimator.classes_)]
    return network
