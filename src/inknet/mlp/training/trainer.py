"""Training: many small steps down the gradient."""

import copy
import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from inknet.errors import InputError, TrainingError
from inknet.mlp.backpropagation import Backpropagation
from inknet.mlp.checks import check_options, check_seed
from inknet.mlp.evaluation import measure
from inknet.mlp.losses import Loss, check_takes_weights, find_loss
from inknet.mlp.network import Network
from inknet.mlp.optimizers import GradientDescent, Optimizer, find_optimizer
from inknet.mlp.parameters import FloatArray
from inknet.mlp.schedules import Schedule, find_schedule
from inknet.mlp.training.data import Augment, Lessons, classifies, read_set
from inknet.mlp.training.early_stopping import AccuracyFalls, EarlyStopping, find_early_stopping
from inknet.mlp.training.history import EpochReport, History
from inknet.mlp.training.interrupts import Interrupt, catch_interrupt
from inknet.mlp.training.options import TrainingOptions
from inknet.mlp.training.sample_weights import ClassWeight
from inknet.mlp.training.steppers.active_inputs import SortedInputs
from inknet.mlp.training.steppers.deferred import DeferredStepper
from inknet.mlp.training.steppers.recorded import RecordedStepper

__all__ = ["Trainer", "TrainingOptions"]

#: Rows that are gathered at a time: so few that they are still in the processor's cache when they are learned from.
#: Augmenting takes many calls, which pay only for more rows; but until the first are there, nothing is learned.
_ROWS_AT_A_TIME, _ROWS_TO_PREPARE = 64, 1024

#: How the vectors in a training's state are laid out; see `split_parameters`.
_LAYOUT = "input by input"


class Trainer:
    """One training: its options, and where it has got to.

    Parameters
    ----------
    network : Network
        What learns.
    inputs : array, shape (rows, inputs)
        Scaled to about 0 to 1.
    targets : array, shape (rows,) or (rows, outputs)
        Class labels, or one row of targets for each input, one-hot for a class.
    sample_weight : array, shape (rows,), or None
        How much each row counts, from 0: the loss is the weighted mean over the rows, so only the weights' proportions
        matter. In the gradient of all rows a weight of 2 is the same as the row twice, one of 0 the same as without
        the row; a batch of some of them has that gradient on average.
    class_weight : dict, "balanced" or None
        Multiplies each row's weight by that of its class, {class: weight}; 1 for a class that is not in it.
        "balanced": all classes count alike, however few rows one has.
    epochs : int
        How often every row is learned from.
    learning_rate : float
        The size of a step.
    batch_size : int
        Rows a step; 1 is row by row.
    loss : str, Loss or None
        "cross-entropy" or "mean-squared-error"; None chooses by the output.
    optimizer : str or Optimizer
        "gradient-descent", "momentum", "nesterov" or "adam".
    schedule : str or Schedule
        "constant", "step" or "cosine".
    weight_decay : float
        Each step shrinks every weight (no bias) by this share of the learning rate [1]_.
    label_smoothing : float
        The share of a target's certainty that is spread over all classes [2]_.
    ema_decay : float
        Between 0 and 1, the decay of a moving average of the parameters, step by step [3]_; what is measured and
        what remains at the end is then the average. 0 keeps none.
    augment : function or None
        Called as ``augment(inputs, targets, rng)`` on blocks of shuffled rows, a new arrangement each epoch; what it
        returns is learned from instead. Two threads call it, each with blocks of its own.
    validation : (inputs, targets), (inputs, targets, weights) or None
        The held-out set, measured after each epoch. A third array holds weights of its own, for a weighted mean of
        loss and accuracy; `class_weight` changes what is learned, and nothing here.
    early_stopping : str, EarlyStopping, or a sequence of them
        "accuracy-falls", "loss-rises", "loss-flat", "no-improvement", or rules with their own settings.
    seed : int
        Decides the order of the rows and what `augment` draws.
    check_scale : bool
        Whether inputs that look unscaled are refused.
    on_epoch : function or None
        Called as ``on_epoch(report, trainer)`` after each epoch; ``trainer.state()`` can be saved there.
    on_step : function or None
        Called as ``on_step(epoch, rows, loss)`` after each step, with the rows done in this epoch. A network with a
        large first layer may lag behind until the epoch ends; see `sorted_inputs`, `delayed` and `small_batches`.
    resume : dict or None
        What ``trainer.state()`` returned: the training goes on from there, and ends with the same bits.

    Raises
    ------
    InputError
        If something passed in does not fit.

    References
    ----------
    .. [1] I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", 2019.
    .. [2] C. Szegedy et al., "Rethinking the Inception architecture for computer vision", 2016, section 7.
    .. [3] B. Polyak, A. Juditsky, "Acceleration of stochastic approximation by averaging", 1992.
    """

    def __init__(
        self,
        network: Network,
        inputs: ArrayLike,
        targets: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        class_weight: ClassWeight | None = None,
        epochs: int = 10,
        learning_rate: float = 0.01,
        batch_size: int = 32,
        loss: str | Loss | None = None,
        optimizer: str | Optimizer = "gradient-descent",
        schedule: str | Schedule = "constant",
        weight_decay: float = 0.0,
        label_smoothing: float = 0.0,
        ema_decay: float = 0.0,
        augment: Augment | None = None,
        validation: tuple[ArrayLike, ArrayLike] | tuple[ArrayLike, ArrayLike, ArrayLike | None] | None = None,
        early_stopping: str | EarlyStopping | Sequence[str | EarlyStopping] = (),
        seed: int = 0,
        check_scale: bool = True,
        on_epoch: "Callable[[EpochReport, Trainer], None] | None" = None,
        on_step: Callable[[int, int, float], None] | None = None,
        resume: dict[str, Any] | None = None,
    ) -> None:
        check_options(epochs, learning_rate, batch_size, weight_decay, label_smoothing, ema_decay)
        self.network = network
        self.loss = find_loss(loss, network.layers[-1].activation)
        self.lessons = Lessons(
            network,
            *read_set(network, inputs, targets, "training", check_scale, sample_weight, class_weight),
            label_smoothing=label_smoothing,
            augment=augment,
        )
        self.validation = None
        if validation is not None:
            if len(validation) not in {2, 3}:
                raise InputError(
                    f"validation is (inputs, targets) or (inputs, targets, weights); got {len(validation)} of them"
                )
            self.validation = read_set(network, *validation[:2], "held-out", check_scale, *validation[2:])
        if self.lessons.weights is not None or (self.validation and self.validation[2] is not None):
            check_takes_weights(self.loss)
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.optimizer = find_optimizer(optimizer)
        self.schedule = find_schedule(schedule)
        self.weight_decay = weight_decay
        self.ema_decay = ema_decay
        self.rules = [
            find_early_stopping(rule)
            for rule in (
                [early_stopping]
                if isinstance(early_stopping, str) or not isinstance(early_stopping, Sequence)
                else early_stopping
            )
        ]
        if any(isinstance(rule, AccuracyFalls) for rule in self.rules):
            if self.validation is None:
                raise InputError(
                    "early stopping on a falling held-out accuracy needs a held-out set: validation=(x, y)"
                )
            if not classifies(network):
                raise InputError("there is no accuracy to fall behind the output 'identity': use 'loss-rises'")
        self.seed = check_seed(seed)
        self.on_epoch = on_epoch
        self.on_step = on_step

        self.history = History()
        self.optimizer_state = self.optimizer.start(network.parameters)
        self.current = network.parameters.copy()
        self.average = network.parameters.copy() if ema_decay else None
        self.best = network.parameters.copy()
        # Plain steps leave alone what has no gradient, and can be taken later; those of an optimizer of one's own that
        # is made of gradient descent may not.
        plain = type(self.optimizer) is GradientDescent and not (weight_decay or ema_decay)
        self._sorted = None
        if plain and not self.lessons.take_long:
            self._sorted = SortedInputs.of(network, self.lessons.inputs, batch_size, epochs)
        self._learner = network
        if self._sorted:
            self._learner = self._sorted.network
            self.lessons.inputs, self.lessons.ends = self._sorted.rows, self._sorted.ends
        self._backpropagation = Backpropagation(self._learner, self.loss)
        self._delayed: DeferredStepper | RecordedStepper | None = None
        if plain and RecordedStepper.pays(self._learner, self.loss, batch_size):
            self._delayed = RecordedStepper(self._learner, self._backpropagation, batch_size)
        elif plain and DeferredStepper.pays(self._learner, batch_size):
            self._delayed = DeferredStepper(self._learner, self._backpropagation, batch_size)
        if resume is not None:
            self._restore(resume)
        # As the last finished epoch left them, which is what counts when the next one is broken off.
        self._finished = copy.deepcopy((self.optimizer_state, self.average))

    def run(self) -> History:
        """Train to the end, and leave the best epoch's parameters in the network.

        The first Ctrl-C ends it after the current step, and the unfinished epoch does not count.

        Raises
        ------
        TrainingError
            If the loss is no longer finite. The network then has the parameters of its best epoch.
        """
        try:
            with catch_interrupt() as interrupt, np.errstate(over="ignore", invalid="ignore"):
                self.history.stopped = self._run(interrupt)
        finally:
            self.network.parameters[...] = self.best
        return self.history

    def _run(self, interrupt: Interrupt) -> str:
        """Run epochs until something ends them, and return what."""
        while len(self.history) < self.epochs:
            reason = self._reason_to_exit()
            if reason is not None:
                return reason
            if not self._run_epoch(interrupt):
                return "interrupted"
        return f"all {self.epochs} epochs are done"

    def _reason_to_exit(self) -> str | None:
        return next((reason for rule in self.rules if (reason := rule.reason(self.history.epochs))), None)

    def _run_epoch(self, interrupt: Interrupt) -> bool:
        """Run one epoch; return False if it was interrupted."""
        epoch = len(self.history)
        started = time.perf_counter()
        self.network.parameters[...] = self.current
        if self._sorted:
            self._sorted.fetch()
        self.optimizer_state, self.average = copy.deepcopy(self._finished)
        # An epoch's own generator: a resumed training needs no other memory of what was drawn.
        rng = np.random.default_rng([self.seed, epoch])
        order = rng.permutation(len(self.lessons))
        at_a_time = _ROWS_TO_PREPARE if self.lessons.take_long else _ROWS_AT_A_TIME
        block_rows = self.batch_size * max(1, at_a_time // self.batch_size)
        done, total = 0, 0.0

        def rate(ahead: int) -> float:
            return self._rate(epoch + (done + ahead) / len(order))

        learn = self._delayed.learn if self._delayed else self._learn
        for inputs, targets, weights in self.lessons.blocks(order, block_rows, rng):
            for rows, loss in learn(inputs, targets, weights, rate):
                if not math.isfinite(loss):
                    raise _not_finite("loss", loss, epoch, rate(0))
                done += rows
                total += loss * rows
                if self.on_step is not None:
                    self.on_step(epoch + 1, done, loss)
                if interrupt.requested:
                    return False
        if self._sorted:
            self._sorted.hand_back()
        # The last step may have gone where no loss has been measured yet.
        largest = float(np.abs(self.network.parameters).max())
        if not math.isfinite(largest):
            raise _not_finite("largest weight", largest, epoch, rate(0))
        self._end_epoch(epoch, total / len(order), started)
        return True

    def _learn(
        self,
        inputs: FloatArray,
        targets: FloatArray,
        weights: FloatArray | None,
        rate: Callable[[int], float],
    ) -> Iterator[tuple[int, float]]:
        """Take a step for each batch, and yield its number of rows and its loss."""
        for start in range(0, len(inputs), self.batch_size):
            rows = slice(start, start + self.batch_size)
            batch = inputs[rows]
            yield len(batch), self._step(batch, targets[rows], rate(0), None if weights is None else weights[rows])

    def _step(self, inputs: FloatArray, targets: FloatArray, rate: float, weights: FloatArray | None) -> float:
        """Learn from one batch, and return its loss."""
        parameters = self._learner.parameters
        # A step of gradient descent is the gradient times the rate; to multiply the few δ at the output by it comes to
        # the same, for what is δ's is the gradient's, and spares a pass over all parameters.
        scaled = type(self.optimizer) is GradientDescent
        loss = self._backpropagation(inputs, targets, rate if scaled else 1.0, weights)
        if self.weight_decay:
            for layer in self._learner.layers:
                layer.weights *= 1 - rate * self.weight_decay
        self.optimizer.step(parameters, self._backpropagation.gradient, 1.0 if scaled else rate, self.optimizer_state)
        if self.average is not None:
            # The gradient has been used: its memory serves for the difference.
            difference = np.subtract(parameters, self.average, out=self._backpropagation.gradient)
            difference *= 1 - self.ema_decay
            self.average += difference
        return loss

    def _rate(self, epoch: float) -> float:
        return self.learning_rate * self.schedule(epoch, self.epochs)

    def _end_epoch(self, epoch: int, loss: float, started: float) -> None:
        """Measure, report, and remember the best."""
        parameters = self.network.parameters
        current = parameters.copy()
        if self.average is not None:
            parameters[...] = self.average
        held_out = None if self.validation is None else measure(self.network, self.loss, *self.validation)
        if held_out and not math.isfinite(held_out.loss):
            raise _not_finite("held-out loss", held_out.loss, epoch, self._rate(epoch))
        report = EpochReport(
            epoch=epoch + 1,
            loss=loss,
            learning_rate=self._rate(epoch),
            seconds=time.perf_counter() - started,
            validation_loss=held_out.loss if held_out else None,
            validation_accuracy=held_out.accuracy if held_out else None,
        )
        self.history.epochs.append(report)
        self.current[...] = current
        if self.history.best is report:
            self.best[...] = parameters
        self._finished = copy.deepcopy((self.optimizer_state, self.average))
        if self.on_epoch is not None:
            self.on_epoch(report, self)

    def state(self) -> dict[str, Any]:
        """Return all that a resumed training needs, as the last finished epoch left it; see `resume`."""
        optimizer_state, average = self._finished
        return {
            "layout": _LAYOUT,
            "current": self.current.copy(),
            "best": self.best.copy(),
            "average": average,
            "optimizer_state": optimizer_state,
            "history": [report.as_dict() for report in self.history],
        }

    def _restore(self, state: dict[str, Any]) -> None:
        """Take up where `state` left off."""
        if "history" in state and state.get("layout") != _LAYOUT:
            raise InputError("this training was begun by an older inknet, which kept weights otherwise: begin it anew")
        try:
            epochs = [EpochReport.from_dict(report) for report in state["history"]]
            mine = {"current": self.current, "best": self.best, "average": self.average, **self.optimizer_state}
            saved = {name: state[name] for name in ("current", "best", "average")} | state["optimizer_state"]
        except (KeyError, TypeError) as error:
            raise InputError(f"what is to be resumed is no state of a training: {error!r}") from None
        if {name: _form(array) for name, array in mine.items()} != {
            name: _form(array) for name, array in saved.items()
        }:
            raise InputError("this training cannot be resumed with another network, optimizer or ema_decay")
        for name, array in mine.items():
            if array is not None:
                array[...] = saved[name]
        self.history = History(epochs)


def _form(array: FloatArray | None) -> tuple[tuple[int, ...], np.dtype[Any]] | None:
    """Return what must agree between two arrays for one to be restored from the other."""
    return None if array is None else (np.shape(array), np.asarray(array).dtype)


def _not_finite(what: str, value: float, epoch: int, rate: float) -> TrainingError:
    return TrainingError(f"epoch {epoch + 1}: the {what} is {value} at learning rate {rate:g}; lower the learning rate")
