"""The classifier."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from inknet.mlp import EpochReport, Trainer
from inknet.mlp.activations import Activation
from inknet.mlp.checks import one_hot
from inknet.mlp.initializers import Initializer
from inknet.mlp.losses import Loss
from inknet.mlp.optimizers import Optimizer
from inknet.mlp.schedules import Schedule
from inknet.mlp.training.early_stopping import EarlyStopping
from inknet.mlp.training.sample_weights import ClassWeight
from inknet.sklearn.base import NetworkEstimator, Rows

__all__ = ["NetworkClassifier"]


class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    """A multilayer perceptron for classification, with one class or several labels per row.

    Parameters
    ----------
    hidden_sizes : int or sequence of int
        Nodes of each hidden layer; () for none.
    activation : str, Activation, or a sequence with one for each hidden layer
        "relu", "leaky-relu", "tanh" or "sigmoid".
    init : str or Initializer
        "he", "glorot", "uniform" or "normal".
    epochs, learning_rate, batch_size, optimizer, schedule, weight_decay, label_smoothing, ema_decay, early_stopping
        Training options; see `inknet.mlp.TrainingOptions`. `partial_fit` has a constant learning rate and never stops
        early.
    loss : str, Loss or None
        "cross-entropy", which is None, "mean-squared-error", "mean-absolute-error" or "huber".
    class_weight : dict, "balanced" or None
        {class: weight}, a factor on the weights of the class's rows, 1 by default. "balanced" gives all classes the
        same total weight.
    validation_fraction : float or None
        The share of rows that `fit` holds out, stratified by class, and measures after each epoch; a class of one row
        is only trained on. The estimator then keeps the parameters of the epoch with the highest accuracy, then the
        lowest loss.
    standardize : bool
        Whether to scale each feature to mean 0 and standard deviation 1 first.
    warm_start : bool
        Whether `fit` continues from the previous call, which needs the same layers and standardization.
    random_state : int, RandomState or None
        Seed of the first weights, the order of rows and the held-out rows.
    verbose : bool
        Whether to print a line per epoch.

    Attributes
    ----------
    classes_ : array, shape (classes,)
        The classes, sorted; for several labels per row, their columns.
    network_ : Network
        The network, for standardized features; `to_network` returns one for unscaled features.
    history_ : dict of list
        "loss" per epoch, and with a held-out set "validation_loss" and "validation_score", the accuracy.
    loss_curve_, validation_scores_ : list of float
        Columns of `history_`, under the names that scikit-learn's own network gives them.
    n_iter_ : int
        Number of epochs trained.
    n_features_in_ : int
    feature_names_in_ : array of str
        If X has names.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = NetworkClassifier((20,), learning_rate=0.01, random_state=0).fit(X, y)
    >>> classifier.score(X, y) > 0.95
    True
    """

    def __init__(
        self,
        hidden_sizes: int | Sequence[int] = (100,),
        *,
        activation: str | Activation | Sequence[str | Activation] = "relu",
        init: str | Initializer = "he",
        epochs: int = 100,
        learning_rate: float = 0.003,
        batch_size: int = 64,
        loss: str | Loss | None = None,
        optimizer: str | Optimizer = "adam",
        schedule: str | Schedule = "cosine",
        weight_decay: float = 0.0,
        label_smoothing: float = 0.0,
        ema_decay: float = 0.0,
        class_weight: Mapping[Any, float] | str | None = None,
        validation_fraction: float | None = None,
        early_stopping: str | EarlyStopping | Sequence[str | EarlyStopping] | None = None,
        standardize: bool = True,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        super().__init__(
            hidden_sizes,
            activation=activation,
            init=init,
            epochs=epochs,
            learning_rate=learning_rate,
            batch_size=batch_size,
            loss=loss,
            optimizer=optimizer,
            schedule=schedule,
            weight_decay=weight_decay,
            ema_decay=ema_decay,
            validation_fraction=validation_fraction,
            early_stopping=early_stopping,
            standardize=standardize,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
        )
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - scikit-learn ships no types
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch on these rows, continuing from the previous call.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes : array, shape (classes,), or None
            All classes, including those of later calls; required in the first call, unless `y` has several labels per
            row.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If an argument does not fit.
        """
        if isinstance(self.class_weight, str):
            raise ValueError(
                "class_weight must be a weight per class in partial_fit, got 'balanced', which needs all rows at once"
            )
        if not hasattr(self, "network_"):
            multilabel = type_of_target(y) == "multilabel-indicator"
            if classes is None and not multilabel:
                raise ValueError("partial_fit needs all classes in its first call; pass classes")
            self._given = None if classes is None or multilabel else np.unique(np.asarray(classes))
        elif classes is not None and not np.array_equal(np.unique(np.asarray(classes)), self.classes_):
            raise ValueError(f"classes must be those of the first call, {self.classes_.tolist()}, got {classes!r}")
        try:
            return self._partial_fit(X, y, sample_weight)
        finally:
            self._given = None

    def predict_proba(self, X: ArrayLike) -> Rows:
        """Return the probability of each class, or of each label, shape (rows, classes)."""
        return self._outputs(X)

    def predict_log_proba(self, X: ArrayLike) -> Rows:
        """Return the logarithm of each probability, shape (rows, classes)."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable class of each row, or its labels with a probability above 0.5."""
        probabilities = self.predict_proba(X)
        if self._multilabel:
            return (probabilities > 0.5).astype(np.int64)
        return self.classes_[probabilities.argmax(axis=1)]

    def _check_targets(self, y: NDArray[Any], reset: bool) -> NDArray[Any]:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        if reset:
            self._multilabel = y.ndim == 2
            given = getattr(self, "_given", None)
            self.classes_ = np.arange(y.shape[1]) if self._multilabel else np.unique(y) if given is None else given
            if len(self.classes_) < 2:
                raise ValueError(
                    f"a classifier needs at least two classes; the data have one class, {self.classes_.tolist()[0]!r}"
                )
        if self._multilabel:
            if y.ndim != 2 or y.shape[1] != len(self.classes_):
                raise ValueError(f"y must have {len(self.classes_)} labels per row, got shape {y.shape}")
            if not np.isin(y, (0, 1)).all():
                raise ValueError("y with several labels per row must hold 0 and 1 only")
        elif y.ndim != 1:
            raise ValueError(f"y must have one class per row, as before, got shape {y.shape}")
        elif not (known := np.isin(y, self.classes_)).all():
            raise ValueError(f"y must hold the classes {self.classes_.tolist()}, got {y[~known].tolist()[0]!r}")
        return y

    def _encode(self, y: NDArray[Any]) -> Rows:
        if self._multilabel:
            return np.asarray(y, dtype=np.float64)
        return one_hot(np.searchsorted(self.classes_, y), len(self.classes_), np.dtype(np.float64))

    def _output(self) -> str:
        return "sigmoid" if self._multilabel else "softmax"

    def _validation_score(self, report: EpochReport, trainer: Trainer) -> float:  # noqa: ARG002 - the base's signature
        return float(report.validation_accuracy or 0)

    def _stratify(self, y: NDArray[Any]) -> NDArray[Any] | None:
        return None if self._multilabel else y

    def _class_weight(self) -> ClassWeight | None:
        weights: Any = self.class_weight
        if not isinstance(weights, Mapping):
            return weights
        unknown = [name for name in weights if name not in self.classes_]
        if unknown:
            raise ValueError(f"class_weight must be for the classes {self.classes_.tolist()}, got {unknown[0]!r}")
        return {index: weights[name] for index, name in enumerate(self.classes_.tolist()) if name in weights}
