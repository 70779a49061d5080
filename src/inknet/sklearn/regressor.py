"""The regressor."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import column_or_1d

from inknet.mlp import EpochReport, Trainer
from inknet.sklearn.base import NetworkEstimator, Rows

__all__ = ["NetworkRegressor"]


class NetworkRegressor(RegressorMixin, NetworkEstimator):
    """A multilayer perceptron for regression, by least squares or another loss, with one or several values per row.

    Parameters
    ----------
    hidden_sizes, activation, init, warm_start, random_state, verbose
        See `NetworkClassifier`.
    epochs, learning_rate, batch_size, optimizer, schedule, weight_decay, ema_decay, early_stopping
        Training options; see `inknet.mlp.TrainingOptions`. `partial_fit` has a constant learning rate and never stops
        early.
    loss : str, Loss or None
        "mean-squared-error", which is None, "mean-absolute-error" or "huber", which outliers move less.
    validation_fraction : float or None
        The share of rows that `fit` holds out, and measures after each epoch. The estimator then keeps the parameters
        of the epoch with the lowest held-out loss.
    standardize : bool
        Whether to scale each feature and each target to mean 0 and standard deviation 1 first; predictions are scaled
        back.

    Attributes
    ----------
    network_ : Network
        The network, in standardized units; `to_network` returns one in the data's units.
    history_ : dict of list
        "loss" per epoch, and with a held-out set "validation_loss" and "validation_score", which is R². Losses are
        those of standardized targets.
    loss_curve_, validation_scores_, n_iter_, n_features_in_, feature_names_in_
        See `NetworkClassifier`.

    Examples
    --------
    >>> X = np.linspace(0, 6, 200).reshape(-1, 1)
    >>> y = 100 * np.sin(X[:, 0])
    >>> regressor = NetworkRegressor((30,), activation="tanh", learning_rate=0.01, random_state=0).fit(X, y)
    >>> regressor.score(X, y) > 0.98
    True
    """

    #: R² of one row is not defined.
    _fewest_rows: ClassVar = 2

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - scikit-learn ships no types
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train for one epoch on these rows, continuing from the previous call; arguments are as for `fit`."""
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: ArrayLike) -> Rows:
        """Return the predicted values, shaped (rows,) or (rows, outputs) like y."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self._one_value else outputs

    def _check_targets(self, y: NDArray[Any], reset: bool) -> NDArray[Any]:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if reset:
            self._one_value = y.ndim == 1
            self._values = 1 if y.ndim == 1 else y.shape[1]
        if (1 if y.ndim == 1 else y.shape[1]) != self._values:
            raise ValueError(f"y must have {self._values} values per row, as before, got shape {y.shape}")
        return y

    def _encode(self, y: NDArray[Any]) -> Rows:
        return np.asarray(y, dtype=np.float64).reshape(len(y), self._values)

    def _output(self) -> str:
        return "identity"

    def _validation_score(self, report: EpochReport, trainer: Trainer) -> float:  # noqa: ARG002 - the base's signature
        if trainer.validation is None:
            raise AssertionError("no held-out set")
        inputs, targets, weights = trainer.validation
        weights = None if weights is None else weights[:, 0]
        return float(r2_score(targets, trainer.network.predict(inputs), sample_weight=weights))
