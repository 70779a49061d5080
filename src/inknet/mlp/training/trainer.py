"""The trainer: epochs of small steps down the gradient."""

import math
import time
from collections.abc import Callable, Sequence, Sized
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from inknet.errors import InputError, TrainingError
from inknet.mlp.blas_workspace import prefault_blas_workspace
from inknet.mlp.evaluation import measure
from inknet.mlp.losses import check_takes_weights, find_loss
from inknet.mlp.perceptron import MultilayerPerceptron
from inknet.mlp.scalars import is_number
from inknet.mlp.schedules import SCHEDULES
from inknet.mlp.training.data import Augment, TrainingData, check_set, hold_out, smooth_labels
from inknet.mlp.training.early_stopping import AccuracyFalls
from inknet.mlp.training.history import EpochReport, History
from inknet.mlp.training.interrupts import catch_interrupt
from inknet.mlp.training.options import TrainingOptions
from inknet.mlp.training.sample_weights import ClassWeight
from inknet.mlp.training.state import TrainingState
from inknet.mlp.training.steppers.choose import choose_stepper

__all__ = ["Trainer"]


class Trainer:
    """Trains a network: data, options, and the state it has come to.

    Parameters
    ----------
    network : MultilayerPerceptron
    inputs : array, shape (rows, inputs)
        Scaled to about 0 to 1.
    targets : array, shape (rows,) or (rows, outputs)
        Class labels, or one row of targets per input, one-hot for a class.
    options : TrainingOptions or None
        None means the defaults.
    sample_weight : array, shape (rows,), or None
        Non-negative weight of each row in the loss, a weighted mean: only proportions matter. In the gradient of all
        rows a weight of 2 equals the row twice, and 0 equals leaving it out; a batch has that gradient on average.
    class_weight : dict, "balanced" or None
        Multiplies each row's weight by that of its class, {class: weight}, 1 by default. "balanced" gives all classes
        the same total weight.
    augment : function or None
        Called as ``augment(inputs, targets, rng)`` on blocks of shuffled rows; training uses what it returns. Called
        from two threads, on different blocks.
    validation : (inputs, targets), (inputs, targets, weights), float or None
        The held-out set, measured after each epoch, as a weighted mean if there are weights. `class_weight` does not
        apply to it. A number is the share of the rows to hold out, drawn at random by the seed.
    on_epoch : function or None
        Called as ``on_epoch(report, trainer)`` after each epoch; ``trainer.state.as_dict()`` can be saved there.
    on_step : function or None
        Called as ``on_step(epoch, rows, loss)`` after each step, with the number of rows done in this epoch. The
        parameters may lag behind until the epoch ends; see `inknet.mlp.training.steppers`.
    resume : dict or None
        The ``trainer.state.as_dict()`` to continue from; training then ends with the same bits.
    **changes
        Fields of `TrainingOptions` that differ from `options`.

    Attributes
    ----------
    state : TrainingState
    validation : (inputs, targets, weights) or None
        The held-out set, checked.

    Raises
    ------
    InputError
        If an argument does not fit.
    TypeError
        If an option is unknown.
    """

    def __init__(
        self,
        network: MultilayerPerceptron,
        inputs: ArrayLike,
        targets: ArrayLike,
        options: TrainingOptions | None = None,
        *,
        sample_weight: ArrayLike | None = None,
        class_weight: ClassWeight | None = None,
        augment: Augment | None = None,
        validation: tuple[ArrayLike, ArrayLike] | tuple[ArrayLike, ArrayLike, ArrayLike | None] | float | None = None,
        on_epoch: "Callable[[EpochReport, Trainer], None] | None" = None,
        on_step: Callable[[int, int, float], None] | None = None,
        resume: dict[str, Any] | None = None,
        **changes: Any,  # noqa: ANN401 - TrainingOptions checks them
    ) -> None:
        self.network = network
        self.options = options = (options or TrainingOptions()).change(**changes)
        self.on_epoch = on_epoch
        self.on_step = on_step
        output = network.layers[-1].activation
        self._loss = find_loss(options.loss, output)
        self._schedule = SCHEDULES.find(options.schedule)
        if is_number(validation):
            (inputs, targets, sample_weight), validation = hold_out(
                float(validation), options.seed, network, inputs, targets, sample_weight
            )
        rows, wanted, weights = check_set(
            network, inputs, targets, "training", options.check_scale, sample_weight, class_weight
        )
        data = TrainingData(rows, smooth_labels(wanted, options.label_smoothing, output), weights, augment)
        self.validation = None
        if validation is not None:
            if not isinstance(validation, Sequence) or len(validation) not in {2, 3}:
                found = f"{len(validation)} items" if isinstance(validation, Sized) else repr(validation)
                raise InputError(
                    "validation must be (inputs, targets), (inputs, targets, weights) or a share of the rows,"
                    f" got {found}"
                )
            self.validation = check_set(network, *validation[:2], "held-out", options.check_scale, *validation[2:])
        if weights is not None or (self.validation and self.validation[2] is not None):
            check_takes_weights(self._loss)
        self._rules = options.stopping_rules
        if any(isinstance(rule, AccuracyFalls) for rule in self._rules):
            if self.validation is None:
                raise InputError("early stopping on a falling accuracy needs a held-out set; pass validation=(x, y)")
            if not output.classifies:
                raise InputError(f"output={output.name!r} has no accuracy to fall; use early_stopping='loss-rises'")
        self.state = TrainingState(network, options)
        if resume is not None:
            self.state.restore(resume)
        self.stepper, self._data = choose_stepper(network, self._loss, data, options, self.state)
        prefault_blas_workspace()

    @property
    def history(self) -> History:
        """The finished epochs."""
        return self.state.history

    def run(self) -> History:
        """Train to the end, and leave the best epoch's parameters in the network.

        The first Ctrl-C ends training after the current step; the unfinished epoch does not count.

        Raises
        ------
        InputError
            If the schedule does not return a non-negative number.
        TrainingError
            If the loss is no longer finite. After any error, the network has the parameters of its best epoch.
        """
        try:
            with catch_interrupt() as interrupt, np.errstate(over="ignore", invalid="ignore"):
                self.history.stopped = self._run(interrupt)
        finally:
            self.network.parameters[...] = self.state.best
        return self.history

    def _run(self, interrupt: Event) -> str:
        """Run epochs, and return the reason why they ended."""
        while len(self.history) < self.options.epochs:
            reasons = (rule.reason(self.history.epochs) for rule in self._rules)
            if (reason := next(filter(None, reasons), None)) is not None:
                return reason
            if not self._run_epoch(interrupt):
                return "interrupted"
        return f"all {self.options.epochs} epochs are done"

    def _run_epoch(self, interrupt: Event) -> bool:
        """Run one epoch; return False if it was interrupted."""
        options, epoch, started = self.options, len(self.history), time.perf_counter()
        self.state.begin_epoch()
        self.stepper.begin_epoch()
        # A generator per epoch: a resumed training need not restore one.
        rng = np.random.default_rng([options.seed, epoch])
        order = rng.permutation(len(self._data))
        block_start, done, total = 0, 0, 0.0

        def rate(row: int) -> float:
            place = epoch + (block_start + row) / len(order)
            factor = self._schedule(place, options.epochs)
            if not is_number(factor):
                raise InputError(f"schedule must return a non-negative number, got {factor!r} at epoch {place:g}")
            return options.learning_rate * float(factor)

        learning_rate = rate(0)
        for block in self._data.blocks(order, options.batch_size, rng):
            for rows, loss in self.stepper.train_block(block, rate):
                if not math.isfinite(loss):
                    raise _not_finite("loss", loss, epoch, rate(done - block_start))
                done += rows
                total += loss * rows
                if self.on_step is not None:
                    self.on_step(epoch + 1, done, loss)
                if interrupt.is_set():
                    return False
            block_start = done
        self.stepper.end_epoch()
        # No loss has been measured after the last step.
        largest = float(np.abs(self.network.parameters).max())
        if not math.isfinite(largest):
            raise _not_finite("largest weight", largest, epoch, rate(0))
        self._finish_epoch(epoch, total / len(order), learning_rate, started)
        return True

    def _finish_epoch(self, epoch: int, loss: float, learning_rate: float, started: float) -> None:
        """Measure the network, keep the state, and report."""
        current = self.network.parameters.copy()
        if self.state.average is not None:
            self.network.parameters[...] = self.state.average
        held_out = None if self.validation is None else measure(self.network, self._loss, *self.validation)
        if held_out and not math.isfinite(held_out.loss):
            raise _not_finite("held-out loss", held_out.loss, epoch, learning_rate)
        report = EpochReport(
            epoch=epoch + 1,
            loss=loss,
            learning_rate=learning_rate,
            seconds=time.perf_counter() - started,
            validation_loss=held_out.loss if held_out else None,
            validation_accuracy=held_out.accuracy if held_out else None,
        )
        self.state.finish_epoch(report, current)
        if self.on_epoch is not None:
            self.on_epoch(report, self)


def _not_finite(name: str, value: float, epoch: int, rate: float) -> TrainingError:
    return TrainingError(f"epoch {epoch + 1}: the {name} is {value} at learning rate {rate:g}; lower the learning rate")
