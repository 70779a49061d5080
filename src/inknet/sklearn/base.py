"""What a classifier and a regressor share: parameters, standardizing, training, validation curves."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from inknet.mlp import EpochReport, Network, Trainer
from inknet.mlp.activations import Activation
from inknet.mlp.initializers import Initializer
from inknet.mlp.optimizers import Optimizer
from inknet.mlp.schedules import Schedule
from inknet.mlp.training.early_stopping import EarlyStopping
from inknet.mlp.training.sample_weights import as_weights

__all__ = ["NetworkEstimator", "Rows", "Set"]

Rows = NDArray[np.floating]
#: Inputs, targets, and weights or None.
Set = tuple[Rows, NDArray[Any], Rows | None]

#: What is computed in; inputs of another type become the first.
_DTYPES = [np.float64, np.float32]


class NetworkEstimator(BaseEstimator):
    """Base of `NetworkClassifier` and `NetworkRegressor`, which document the parameters."""

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
        validation: Sequence[Any] | None = None,
    ) -> Self:
        """Learn from rows and their targets.

        Parameters
        ----------
        X : array, shape (rows, features)
        y : array, shape (rows,) or (rows, outputs)
        sample_weight : array, shape (rows,), or None
            How much each row counts, from 0. A whole number is the same as so many copies of the row if one batch
            holds them all, and with smaller batches on average.
        validation : (X, y), (X, y, sample_weight) or None
            A held-out set of your own, measured after each epoch, in the place of `validation_fraction`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If something passed in does not fit; `inknet.mlp.InputError` is one.
        inknet.mlp.TrainingError
            If the loss is no longer finite.
        KeyboardInterrupt
            After Ctrl-C; the estimator then has the parameters of the best epoch so far.
        """
        self._rng = check_random_state(self.random_state)
        warm = bool(self.warm_start) and hasattr(self, "network_")
        learned = self._read(X, y, sample_weight, reset=not warm)
        held_out = None
        if validation is not None:
            if len(validation) not in {2, 3}:
                raise ValueError(f"validation is (X, y) or (X, y, sample_weight); got {len(validation)} of them")
            held_out = self._read(*validation, what="held-out")
        elif self.validation_fraction is not None:
            learned, held_out = self._hold_out(learned)
        if not warm:
            self._start(learned)
        self.history_: dict[str, list[float]] = {"loss": []}
        if held_out is not None:
            self.history_ |= {"validation_loss": [], "validation_score": []}
        self._state: dict[str, Any] | None = None
        trainer = self._trainer(
            learned, held_out, epochs=self.epochs, schedule=self.schedule, early_stopping=self.early_stopping or ()
        )
        self._run(trainer)
        return self

    def _partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None) -> Self:
        """Learn one epoch more, from these rows; the optimizer goes on from where the call before left it."""
        first = not hasattr(self, "network_")
        if first:
            self._rng = check_random_state(self.random_state)
        learned = self._read(X, y, sample_weight, reset=first)
        if first:
            self._start(learned)
            self.history_ = {"loss": []}
            self._state = None
        else:
            self._standardize(learned)
        # No epoch before this one is to be better: what these rows teach is kept, whatever the loss of others was.
        resume = None if self._state is None else {**self._state, "history": []}
        trainer = self._trainer(learned, None, epochs=1, resume=resume)
        self._run(trainer)
        self._state = trainer.state()
        return self

    def to_network(self) -> Network:
        """Return a network that takes rows as they are: the standardizing is worked into its weights and biases."""
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

    # What differs between the two

    @abstractmethod
    def _check_targets(self, y: NDArray[Any], reset: bool) -> NDArray[Any]:
        """Return the targets as `_encode` takes them; with `reset`, remember what kind they are."""

    @abstractmethod
    def _encode(self, y: NDArray[Any]) -> Rows:
        """Return the targets as the network takes them, (rows, outputs)."""

    @abstractmethod
    def _output(self) -> str:
        """Return the name of the output's activation."""

    @abstractmethod
    def _validation_score(self, report: EpochReport, trainer: Trainer) -> float:
        """Return the score on the held-out set after an epoch."""

    def _stratify(self, y: NDArray[Any]) -> NDArray[Any] | None:  # noqa: ARG002 - a classifier needs it
        return None

    def _options(self) -> dict[str, Any]:
        """Return options of the training that only one of them has."""
        return {}

    # Reading what is passed in

    def _read(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        reset: bool = False,
        what: str = "training",
    ) -> Set:
        inputs, targets = validate_data(self, X, y, dtype=_DTYPES, multi_output=True, reset=reset)
        weights = None if sample_weight is None else as_weights(sample_weight, len(inputs), what)
        return inputs, self._check_targets(targets, reset), weights

    def _hold_out(self, learned: Set) -> tuple[Set, Set]:
        """Part a set into what is learned from and what is measured on."""
        rows, held_out = train_test_split(
            np.arange(len(learned[0])),
            test_size=self.validation_fraction,
            stratify=self._stratify(learned[1]),
            random_state=self._rng,
        )
        return _take(learned, rows), _take(learned, held_out)

    # Training

    def _start(self, learned: Set) -> None:
        """Make what fits the data: the scalers and the network."""
        inputs, targets, _ = learned
        self._scaler = StandardScaler() if self.standardize else None
        self._target_scaler = StandardScaler() if self.standardize and self._output() == "identity" else None
        self._standardize(learned)
        hidden = self.hidden_sizes if isinstance(self.hidden_sizes, Iterable) else [self.hidden_sizes]
        self.network_ = Network(
            [inputs.shape[1], *hidden, self._encode(targets[:1]).shape[1]],
            hidden=self.activation,
            output=self._output(),
            init=self.init,
            seed=self._seed(),
            dtype=inputs.dtype.name,
        )

    def _standardize(self, learned: Set) -> None:
        """Learn what the mean and the spread are, of all rows so far."""
        inputs, targets, weights = learned
        if self._scaler is not None:
            self._scaler.partial_fit(inputs, sample_weight=weights)
        if self._target_scaler is not None:
            self._target_scaler.partial_fit(self._encode(targets), sample_weight=weights)

    def _scaled(self, learned: Set) -> Set:
        inputs, targets, weights = learned
        encoded = self._encode(targets)
        if self._scaler is not None:
            inputs = self._scaler.transform(inputs)
        if self._target_scaler is not None:
            encoded = self._target_scaler.transform(encoded)
        return inputs, encoded, weights

    def _trainer(self, learned: Set, held_out: Set | None, **options: Any) -> Trainer:  # noqa: ANN401
        inputs, targets, weights = self._scaled(learned)
        return Trainer(
            self.network_,
            inputs,
            targets,
            sample_weight=weights,
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
            optimizer=self.optimizer,
            weight_decay=self.weight_decay,
            ema_decay=self.ema_decay,
            validation=None if held_out is None else self._scaled(held_out),
            seed=self._seed(),
            check_scale=False,
            on_epoch=self._report,
            **self._options(),
            **options,
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

    # What it has learned

    def _outputs(self, X: ArrayLike) -> Rows:
        """Return the network's outputs, (rows, outputs), in the units of the targets."""
        check_is_fitted(self, "network_")
        inputs = validate_data(self, X, dtype=_DTYPES, reset=False)
        if self._scaler is not None:
            inputs = self._scaler.transform(inputs)
        outputs = self.network_.predict(inputs)
        return outputs if self._target_scaler is None else self._target_scaler.inverse_transform(outputs)

    @property
    def n_iter_(self) -> int:
        """How many epochs were learned."""
        return len(self.history_["loss"])

    @property
    def loss_curve_(self) -> list[float]:
        """The training loss of each epoch."""
        return self.history_["loss"]

    @property
    def validation_scores_(self) -> list[float] | None:
        """The score on the held-out set after each epoch; None without one."""
        return self.history_.get("validation_score")


def _take(learned: Set, rows: NDArray[np.int64]) -> Set:
    inputs, targets, weights = learned
    return inputs[rows], targets[rows], None if weights is None else weights[rows]
