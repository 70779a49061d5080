"""Networks that scikit-learn has trained."""

from typing import Any

import numpy as np

from inknet.exchange.layers import as_array, from_layers
from inknet.mlp import InputError, Network

__all__ = ["from_sklearn"]

#: scikit-learn's names of activations, and ours.
_ACTIVATIONS = {
    "identity": "identity",
    "logistic": "sigmoid",
    "relu": "relu",
    "softmax": "softmax",
    "tanh": "tanh",
}


def from_sklearn(estimator: Any) -> Network:  # noqa: ANN401 - scikit-learn is no dependency, not even for its types
    """Return the network of a fitted `MLPClassifier` or `MLPRegressor`.

    It is read by its attributes, so anything that has them will do, and scikit-learn need not be installed. What the
    network predicts is, for a classifier, `predict_proba`; where there are two classes, the one output is the
    probability of the second. A classifier's classes, as texts, are in ``metadata["classes"]``.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        With the attributes `coefs_`, `intercepts_`, `activation` and `out_activation_`.

    Raises
    ------
    InputError
        If it has not been fitted, is no such estimator, or uses what inknet has not.

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
            f"a fitted MLPClassifier or MLPRegressor is needed; {type(estimator).__name__} has no {missing[0]}:"
            " fit it first, or take it out of its Pipeline"
        )
    for name in (estimator.activation, estimator.out_activation_):
        if name not in _ACTIVATIONS:
            raise InputError(f"inknet has no activation {name!r}, which {type(estimator).__name__} uses")
    if len(estimator.coefs_) != len(estimator.intercepts_):
        raise InputError(f"there are {len(estimator.coefs_)} coefs_, but {len(estimator.intercepts_)} intercepts_")
    # scikit-learn's weights have a row an input.
    layers = [
        (as_array(f"coefs_[{index}]", weights).T, as_array(f"intercepts_[{index}]", biases))
        for index, (weights, biases) in enumerate(zip(estimator.coefs_, estimator.intercepts_, strict=True))
    ]
    hidden, output = _ACTIVATIONS[estimator.activation], _ACTIVATIONS[estimator.out_activation_]
    network = from_layers(layers, hidden=hidden, output=output)
    if getattr(estimator, "classes_", None) is not None:
        network.metadata["classes"] = [str(name) for name in np.asarray(estimator.classes_)]
    return network
