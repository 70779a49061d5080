"""The base of classifier and regressor: parameters, standardization, training, validation curves."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from inknet.mlp import EpochReport, Network, Trainer, TrainingOptions
from inknet.mlp.activations import Activation
from inknet.mlp.arrays import check_readable
from inknet.mlp.initializers import Initializer
from inknet.mlp.losses import Loss
from inknet.mlp.optimizers import Optimizer
from inknet.mlp.schedules import Schedule
from inknet.mlp.training.early_stopping import EarlyStopping
from inknet.mlp.training.sample_weights import ClassWeight, as_weights
from inknet.sklearn.hold_out import hold_out

__all__ = ["NetworkEstimator", "Rows", "Set"]

Rows = NDArray[np.floating]
#: Inputs, targets, and weights or None.
Set = tuple[Rows, NDArray[Any], Rows | None]

#: Supported dtypes; inputs of others are converted to the first.
_DTYPES = [np.float64, np.float32]


class NetworkEstimator(BaseEstimator):
    """Base of `NetworkClassifier` and `NetworkRegressor`, which document the parameters."""

    #: Of a held-out set, so that its score is defined.
    _fewest_rows: ClassVar = 1

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
        ema_decay: float = 0.0,
        validation_fraction: float | None = None,
        early_stopping: str | EarlyStopping | Sequence[str | EarlyStopping] | None = None,
        standardize: bool = True,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self.hidden_sizes = hidden_sizes
        self.activation = activation
        self.init = init
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.loss = loss
        self.optimizer = optimizer
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.ema_decay = ema_decay
        self.validation_fraction = validation_fraction
        self.early_stopping = early_stopping
        self.standardize = standardize
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        validation: Sequence[Any] | float | None = None,
    ) -> Self:
        """Train on rows and their targets.

        Parameters
        ----------
        X : array, shape (rows, features)
        y : array, shape (rows,) or (rows, outputs)
        sample_weight : array, shape (rows,), or None
            Non-negative weight of each row. An integer equals that many copies of the row, with small batches on
            average.
        validation : (X, y), (X, y, sample_weight), float or None
            The held-out set, measured after each epoch, or its share of the rows, instead of `validation_fraction`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If an argument does not fit; `inknet.mlp.InputError` is a subclass.
        inknet.mlp.TrainingError
            If the loss is no longer finite.
        KeyboardInterrupt
            After Ctrl-C; the estimator then has the parameters of the best epoch so far.
        """
        self._rng = check_random_state(self.random_state)
        warm = bool(self.warm_start) and hasattr(self, "network_")
        training = self._read(X, y, sample_weight, reset=not warm)
        held_out = None
        if isinstance(validation, Sequence):
            if len(validation) not in {2, 3}:
                raise ValueError(f"validation must be (X, y) or (X, y, sample_weight), got {len(validation)} items")
            held_out = self._read(*validation, what="held-out")
        elif validation is not None:
            training, held_out = self._hold_out(training, validation, "validation")
        elif self.validation_fraction is not None:
            training, held_out = self._hold_out(training, self.validation_fraction, "validation_fraction")
        if held_out is not None and len(held_out[0]) < self._fewest_rows:
            raise ValueError(
                f"the held-out set must have at least {self._fewest_rows} rows for its score, got {len(held_out[0])}"
            )
        if warm:
            self._check_unchanged()
        else:
            self._start(training)
        self.history_: dict[str, list[float]] = {"loss": []}
        if held_out is not None:
            self.history_ |= {"validation_loss": [], "validation_score": []}
        self._state: dict[str, Any] | None = None
        self._run(self._trainer(training, held_out, self._options()))
        return self

    def _partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None) -> Self:
        """Train for one epoch on these rows; the optimizer continues from the previous call."""
        first = not hasattr(self, "network_")
        if first:
            self._rng = check_random_state(self.random_state)
        training = self._read(X, y, sample_weight, reset=first)
        if first:
            self._start(training)
            self.history_ = {"loss": []}
            self._state = None
        else:
            self._check_unchanged()
            self._standardize(training)
        # Without its history, no earlier epoch counts as better, whatever its loss on other rows.
        resume = None if self._state is None else {**self._state, "history": []}
        options = self._options().change(epochs=1, schedule="constant", early_stopping=None)
        trainer = self._trainer(training, None, options, resume=resume)
        self._run(trainer)
        self._state = trainer.state.as_dict()
        return self

    def to_network(self) -> Network:
        """Return a network for unscaled rows: standardization is folded into its weights and biases."""
        check_is_fitted(self, "network_")
        network = Network.from_dict(self.network_.to_dict())
        first, last = network.layers[0], network.layers[-1]
        if self._scaler is not None:
            # W (x - m) / s + b = (W / s) x + b - (W / s) m
            weights = first.weights / self._scaler.scale_
            first.biases = first.biases - weights @ self._scaler.mean_
            first.weights = weights
        if self._target_scaler is not None:
            spread = self._target_scaler.scale_
            last.weights = last.weights * spread[:, np.newaxis]
            last.biases = last.biases * spread + self._target_scaler.mean_
        return network

    # Differences between classifier and regressor

    @abstractmethod
    def _check_targets(self, y: NDArray[Any], reset: bool) -> NDArray[Any]:
        """Return the targets as `_encode` takes them; with `reset`, remember their kind."""

    @abstractmethod
    def _encode(self, y: NDArray[Any]) -> Rows:
        """Return the network's targets, (rows, outputs)."""

    @abstractmethod
    def _output(self) -> str:
        """Return the name of the output activation."""

    @abstractmethod
    def _validation_score(self, report: EpochReport, trainer: Trainer) -> float:
        """Return the score on the held-out set after an epoch."""

    def _stratify(self, y: NDArray[Any]) -> NDArray[Any] | None:  # noqa: ARG002 - the classifier's signature
        return None

    def _class_weight(self) -> ClassWeight | None:
        """Return the weight of each class by its index."""
        return None

    # Reading arguments

    def _read(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        reset: bool = False,
        what: str = "training",
    ) -> Set:
        check_readable(X, "X")
        check_readable(y, "y")
        inputs, targets = validate_data(self, X, y, dtype=_DTYPES, multi_output=True, reset=reset)
        weights = None if sample_weight is None else as_weights(sample_weight, len(inputs), what)
        return inputs, self._check_targets(targets, reset), weights

    def _hold_out(self, training: Set, share: Any, name: str) -> tuple[Set, Set]:  # noqa: ANN401 - anything at all
        """Split a set into training and held-out rows."""
        parts = hold_out(len(training[0]), share, self._stratify(training[1]), self._rng, name)
        kept, held_out = (_take(training, rows) for rows in parts)
        return kept, held_out

    # Training

    def _start(self, training: Set) -> None:
        """Create the scalers and the network for the data."""
        inputs, targets, _ = training
        self._scaler = StandardScaler() if self.standardize else None
        self._target_scaler = StandardScaler() if self.standardize and self._output() == "identity" else None
        self._standardize(training)
        outputs = self._encode(targets[:1]).shape[1]
        self.network_ = self._network(
            inputs.shape[1], outputs, init=self.init, seed=self._seed(), dtype=inputs.dtype.name
        )

    def _network(self, inputs: int, outputs: int, **options: Any) -> Network:  # noqa: ANN401 - Network's
        """Return an untrained network with the hidden layers of the parameters."""
        hidden = self.hidden_sizes if isinstance(self.hidden_sizes, Iterable) else [self.hidden_sizes]
        return Network([inputs, *hidden, outputs], hidden=self.activation, output=self._output(), **options)

    def _check_unchanged(self) -> None:
        """Refuse to continue a training whose layers or standardization the parameters no longer describe."""
        mine = self.network_
        wanted = self._network(mine.sizes[0], mine.sizes[-1], init=lambda *_: np.zeros(1))
        if wanted.sizes != mine.sizes or [layer.activation for layer in wanted.layers] != [
            layer.activation for layer in mine.layers
        ]:
            raise ValueError(
                f"hidden_sizes and activation must stay those of the training that continues, {mine!r}, got {wanted!r};"
                " set them back, or begin anew with warm_start=False or a clone"
            )
        if bool(self.standardize) != (self._scaler is not None):
            raise ValueError(f"standardize must stay as it was when a training continues, got {self.standardize!r}")

    def _standardize(self, training: Set) -> None:
        """Update the mean and the variance of all rows so far."""
        inputs, targets, weights = training
        if self._scaler is not None:
            self._scaler.partial_fit(inputs, sample_weight=weights)
        if self._target_scaler is not None:
            self._target_scaler.partial_fit(self._encode(targets), sample_weight=weights)

    def _scaled(self, training: Set) -> Set:
        inputs, targets, weights = training
        encoded = self._encode(targets)
        if self._scaler is not None:
            inputs = self._scaler.transform(inputs)
        if self._target_scaler is not None:
            encoded = self._target_scaler.transform(encoded)
        return inputs, encoded, weights

    def _options(self) -> TrainingOptions:
        """Return the parameters that are options of the training."""
        names = {field.name for field in fields(TrainingOptions)}
        values = {name: value for name, value in self.get_params(deep=False).items() if name in names}
        return TrainingOptions(**values, seed=self._seed(), check_scale=False)

    def _trainer(
        self, training: Set, held_out: Set | None, options: TrainingOptions, resume: dict[str, Any] | None = None
    ) -> Trainer:
        inputs, targets, weights = self._scaled(training)
        return Trainer(
            self.network_,
            inputs,
            targets,
            options,
            sample_weight=weights,
            class_weight=self._class_weight(),
            validation=None if held_out is None else self._scaled(held_out),
            on_epoch=self._report,
            resume=resume,
        )

    def _run(self, trainer: Trainer) -> None:
        history = trainer.run()
        if history.stopped == "interrupted":
            raise KeyboardInterrupt

    def _report(self, report: EpochReport, trainer: Trainer) -> None:
        self.history_["loss"].append(report.loss)
        text = f"epoch {len(self.history_['loss'])}: loss {report.loss:.6f}"
        if report.validation_loss is not None:
            score = self._validation_score(report, trainer)
            self.history_["validation_loss"].append(report.validation_loss)
            self.history_["validation_score"].append(score)
            text += f", validation loss {report.validation_loss:.6f}, score {score:.4f}"
        if self.verbose:
            print(text)

    def _seed(self) -> int:
        return int(self._rng.randint(np.iinfo(np.int32).max))

    # Predicting

    def _outputs(self, X: ArrayLike) -> Rows:
        """Return the network's outputs, (rows, outputs), in the units of the targets."""
        check_is_fitted(self, "network_")
        check_readable(X, "X")
        inputs = validate_data(self, X, dtype=_DTYPES, reset=False)
        if self._scaler is not None:
            inputs = self._scaler.transform(inputs)
        outputs = self.network_.predict(inputs)
        return outputs if self._target_scaler is None else self._target_scaler.inverse_transform(outputs)

    @property
    def n_iter_(self) -> int:
        """Number of epochs trained."""
        return len(self.history_["loss"])

    @property
    def loss_curve_(self) -> list[float]:
        """The training loss of each epoch."""
        return self.history_["loss"]

    @property
    def validation_scores_(self) -> list[float] | None:
        """The score on the held-out set after each epoch; None without one."""
        return self.history_.get("validation_score")


def _take(training: Set, rows: NDArray[np.int64]) -> Set:
    inputs, targets, weights = training
    return inputs[rows], targets[rows], None if weights is None else weights[rows]
