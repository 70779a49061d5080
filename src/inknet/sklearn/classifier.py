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
from inknet.mlp.optimizers import Optimizer
from inknet.mlp.schedules import Schedule
from inknet.mlp.training.early_stopping import EarlyStopping
from inknet.sklearn.base import NetworkEstimator, Rows

__all__ = ["NetworkClassifier"]


class NetworkClassifier(ClassifierMixin, NetworkEstimator):
    """A multilayer perceptron that tells classes apart, or finds several labels a row.

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
    label_smoothing : float
        The share of a target's certainty that is spread over all classes.
    ema_decay : float
        Between 0 and 1, the decay of a moving average of the parameters, which is what remains; 0 keeps none.
    class_weight : dict, "balanced" or None
        {class: weight}, which multiplies the weight of each of its rows; 1 for a class that is not in it. "balanced":
        all classes count alike, however few rows one has.
    validation_fraction : float or None
        The share of the rows that `fit` holds out, of each class alike, and measures after each epoch. With a held-out
        set the parameters of the best epoch remain: of the highest accuracy, then of the lowest loss.
    early_stopping : str, EarlyStopping, a sequence of them, or None
        "no-improvement", "accuracy-falls", "loss-rises", "loss-flat", or rules with their own settings, such as
        `inknet.mlp.NoImprovement(patience=20)`.
    standardize : bool
        Whether each feature is brought to mean 0 and standard deviation 1 first. Without, scale them yourself.
    warm_start : bool
        Whether `fit` goes on from what was learned before.
    random_state : int, RandomState or None
        Decides the first weights, the order of the rows and which are held out.
    verbose : bool
        Whether a line an epoch is printed.

    Attributes
    ----------
    classes_ : array, shape (classes,)
        The classes, sorted; for several labels a row, their columns.
    network_ : Network
        What has learned. It takes standardized features; `to_network` returns one that takes them as they are.
    history_ : dict of list
        "loss" of each epoch, and with a held-out set "validation_loss" and "validation_score", the accuracy.
    loss_curve_, validation_scores_ : list of float
        Columns of `history_` under the names that scikit-learn's own network has for them.
    n_iter_ : int
        How many epochs were learned.
    n_features_in_ : int
    feature_names_in_ : array of str
        If X had names.

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
        """Learn one epoch from these rows, and go on from what was learned before.

        Parameters
        ----------
        X : array, shape (rows, features)
        y : array, shape (rows,) or (rows, labels)
        sample_weight : array, shape (rows,), or None
            How much each row counts among these.
        classes : array, shape (classes,), or None
            All classes that will ever come; needed in the first call, unless `y` has several labels a row.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If something passed in does not fit.
        """
        if isinstance(self.class_weight, str):
            raise ValueError("class_weight='balanced' needs all rows at once; give partial_fit one weight a class")
        if not hasattr(self, "network_"):
            several = type_of_target(y) == "multilabel-indicator"
            if classes is None and not several:
                raise ValueError("the first call of partial_fit needs classes, all that will ever come")
            self._given = None if classes is None or several else np.unique(np.asarray(classes))
        elif classes is not None and not np.array_equal(np.unique(np.asarray(classes)), self.classes_):
            raise ValueError(f"classes={classes!r} are not those of the first call, {self.classes_.tolist()}")
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
        """Return the most probable class of each row, or its labels, those more probable than not."""
        probabilities = self.predict_proba(X)
        if self._several:
            return (probabilities > 0.5).astype(np.int64)
        return self.classes_[probabilities.argmax(axis=1)]

    def _check_targets(self, y: NDArray[Any], reset: bool) -> NDArray[Any]:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        if reset:
            self._several = y.ndim == 2
            given = getattr(self, "_given", None)
            self.classes_ = np.arange(y.shape[1]) if self._several else np.unique(y) if given is None else given
            if len(self.classes_) < 2:
                raise ValueError(
                    f"a classifier needs at least two classes; the data have one class, {self.classes_.tolist()[0]!r}"
                )
        if self._several:
            if y.ndim != 2 or y.shape[1] != len(self.classes_):
                raise ValueError(f"y has a row of {len(self.classes_)} labels for each input; got shape {y.shape}")
            if not np.isin(y, (0, 1)).all():
                raise ValueError("with several labels a row, y holds only 0 and 1")
        elif y.ndim != 1:
            raise ValueError(f"y has one class a row, as before; got shape {y.shape}")
        elif not (known := np.isin(y, self.classes_)).all():
            raise ValueError(f"y holds the class {y[~known].tolist()[0]!r}; there are {self.classes_.tolist()}")
        return y

    def _encode(self, y: NDArray[Any]) -> Rows:
        if self._several:
            return np.asarray(y, dtype=np.float64)
        return one_hot(np.searchsorted(self.classes_, y), len(self.classes_), np.dtype(np.float64))

    def _output(self) -> str:
        return "sigmoid" if self._several else "softmax"

    def _validation_score(self, report: EpochReport, trainer: Trainer) -> float:  # noqa: ARG002 - the base's shape
        return float(report.validation_accuracy or 0)

    def _stratify(self, y: NDArray[Any]) -> NDArray[Any] | None:
        return None if self._several else y

    def _options(self) -> dict[str, Any]:
        weights = self.class_weight
        if isinstance(weights, Mapping):
            unknown = [name for name in weights if name not in self.classes_]
            if unknown:
                raise ValueError(f"class_weight has the class {unknown[0]!r}; there are {self.classes_.tolist()}")
            weights = {number: weights[name] for number, name in enumerate(self.classes_.tolist()) if name in weights}
        return {"class_weight": weights, "label_smoothing": self.label_smoothing}
