"""The regressor."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import column_or_1d

from inknet.mlp import EpochReport, Trainer
from inknet.sklearn.base import NetworkEstimator, Rows

__all__ = ["NetworkRegressor"]


class NetworkRegressor(RegressorMixin, NetworkEstimator):
    """A multilayer perceptron that finds values, one a row or several, by the least squared error.

    Parameters
    ----------
    hidden_sizes : int or sequence of int
        Nodes of each hidden layer; () for none.
    activation : str, Activation, or a sequence with one for each hidden layer
        "relu", "leaky-relu", "tanh" or "sigmoid".
    init : str or Initializer
        "he", "glorot", "uniform" or "normal".
    epochs : int
        How often every row is learned from, at most.
    learning_rate : float
        The size of a step.
    batch_size : int
        Rows a step.
    optimizer : str or Optimizer
        "adam", "gradient-descent", "momentum" or "nesterov".
    schedule : str or Schedule
        "cosine", "constant" or "step"; `partial_fit` keeps to a constant rate.
    weight_decay : float
        Each step shrinks every weight by this share of the learning rate.
    ema_decay : float
        Between 0 and 1, the decay of a moving average of the parameters, which is what remains; 0 keeps none.
    validation_fraction : float or None
        The share of the rows that `fit` holds out, and measures after each epoch. With a held-out set the parameters
        of the epoch with the lowest loss there remain.
    early_stopping : str, EarlyStopping, a sequence of them, or None
        "no-improvement", "loss-rises", "loss-flat", or rules with their own settings, such as
        `inknet.mlp.NoImprovement(patience=20)`.
    standardize : bool
        Whether each feature and each target is brought to mean 0 and standard deviation 1 first; what is predicted is
        in the targets' own units again. Without, scale them yourself.
    warm_start : bool
        Whether `fit` goes on from what was learned before.
    random_state : int, RandomState or None
        Decides the first weights, the order of the rows and which are held out.
    verbose : bool
        Whether a line an epoch is printed.

    Attributes
    ----------
    network_ : Network
        What has learned, in standardized units; `to_network` returns one in the data's own.
    history_ : dict of list
        "loss" of each epoch, and with a held-out set "validation_loss" and "validation_score", which is R². The losses
        are those of standardized targets.
    loss_curve_, validation_scores_ : list of float
        Columns of `history_` under the names that scikit-learn's own network has for them.
    n_iter_ : int
        How many epochs were learned.
    n_features_in_ : int
    feature_names_in_ : array of str
        If X had names.

    Examples
    --------
    >>> X = np.linspace(0, 6, 200).reshape(-1, 1)
    >>> y = 100 * np.sin(X[:, 0])
    >>> regressor = NetworkRegressor((30,), activation="tanh", learning_rate=0.01, random_state=0).fit(X, y)
    >>> regressor.score(X, y) > 0.98
    True
    """

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - scikit-learn ships no types
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn one epoch from these rows, and go on from what was learned before.

        Parameters
        ----------
        X : array, shape (rows, features)
        y : array, shape (rows,) or (rows, outputs)
        sample_weight : array, shape (rows,), or None
            How much each row counts among these.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If something passed in does not fit.
        """
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: ArrayLike) -> Rows:
        """Return the values, (rows,) or (rows, outputs), as y had them."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self._one_value else outputs

    def _check_targets(self, y: NDArray[Any], reset: bool) -> NDArray[Any]:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if reset:
            self._one_value = y.ndim == 1
            self._values = 1 if y.ndim == 1 else y.shape[1]
        if (1 if y.ndim == 1 else y.shape[1]) != self._values:
            raise ValueError(f"y has {self._values} values a row, as before; got shape {y.shape}")
        return y

    def _encode(self, y: NDArray[Any]) -> Rows:
        return np.asarray(y, dtype=np.float64).reshape(len(y), self._values)

    def _output(self) -> str:
        return "identity"

    def _validation_score(self, report: EpochReport, trainer: Trainer) -> float:  # noqa: ARG002 - the base's shape
        if trainer.validation is None:
            raise AssertionError("there is no held-out set")
        inputs, targets, weights = trainer.validation
        weights = None if weights is None else weights[:, 0]
        return float(r2_score(targets, trainer.network.predict(inputs), sample_weight=weights))
