"""Losses: how wrong the outputs are, and in which direction less wrong lies.

A loss starts from the output layer's logits, not from its activations: only so are the logarithms of very small
probabilities exact, and the gradient of cross-entropy behind a softmax or a sigmoid is simply output - target.
"""

import inspect
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from inknet.errors import InputError
from inknet.mlp.activations import Activation
from inknet.mlp.lookup import find
from inknet.mlp.parameters import FloatArray

__all__ = ["LOSSES", "CrossEntropy", "Loss", "MeanSquaredError", "check_takes_weights", "find_loss"]


class Loss(Protocol):
    """What training needs of a loss. Pass your own to `Network.train`."""

    @property
    def name(self) -> str:
        """The name under which it is looked up."""

    def check(self, output: Activation) -> None:
        """Raise `InputError` with the reason if this loss makes no sense behind that output activation."""

    def measure(
        self, output: Activation, logits: FloatArray, targets: FloatArray, weights: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """Return the loss, a mean over the rows, and its gradient by `logits`; both arrays are (rows, outputs).

        With weights of shape (rows, 1) each row's part of both is multiplied by its weight. They are passed only
        where a training has any, so a loss of one's own that takes no weights trains without.
        """


@dataclass(frozen=True)
class CrossEntropy:
    """The surprise at the targets: a mean over the rows, a sum over the outputs.

    Behind a softmax it is -Σ y log p, the negative log-likelihood of one class among many; behind a sigmoid,
    -Σ (y log p + (1 - y) log(1 - p)), each output a yes or no of its own.
    """

    name: str = "cross-entropy"

    def check(self, output: Activation) -> None:
        """Refuse outputs that are no probabilities."""
        if output.name not in {"softmax", "sigmoid"}:
            raise InputError(
                f"cross-entropy needs probabilities, and the output {output.name!r} gives none;"
                " use output='softmax' or 'sigmoid', or loss='mean-squared-error'"
            )

    def measure(
        self, output: Activation, logits: FloatArray, targets: FloatArray, weights: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """Return the mean cross-entropy and its gradient, (p - y) / rows."""
        rows = len(logits)
        if output.name == "softmax":
            # Class by class in memory: so numpy goes along many rows, not across few classes, in half the time.
            logits, targets = np.asfortranarray(logits), np.asfortranarray(targets)
            # The ufuncs' own reductions, as in `Softmax.forward`.
            shifted = logits - np.maximum.reduce(logits, axis=1, keepdims=True)
            gradient = np.exp(shifted)
            total = np.add.reduce(gradient, axis=1, keepdims=True)
            loss = float(np.vdot(_weighted(targets, weights).T, (np.log(total) - shifted).T)) / rows
            # Targets that do not sum to 1 would scale the pull toward them; with the usual ones this is 1 / total.
            gradient *= np.add.reduce(targets, axis=1, keepdims=True) / total
        else:
            # log(1 + exp(z)) - y z, with exp only of what is not positive.
            surprise = np.maximum(logits, 0) - targets * logits + np.log1p(np.exp(-np.abs(logits)))
            loss = float(_weighted(surprise, weights).sum()) / rows
            gradient = output.forward(logits)
        gradient -= targets
        gradient = _weighted(gradient, weights)
        if rows > 1:
            gradient /= rows
        return loss, gradient


@dataclass(frozen=True)
class MeanSquaredError:
    """The squared distance to the targets, a mean over rows and outputs."""

    name: str = "mean-squared-error"

    def check(self, output: Activation) -> None:
        """Accept every output: a distance makes sense between numbers of any kind."""

    def measure(
        self, output: Activation, logits: FloatArray, targets: FloatArray, weights: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """Return the mean of (a - y)² and its gradient, 2 (a - y) / (rows outputs) through the activation."""
        activations = output.forward(logits)
        difference = activations - targets
        pull = _weighted(difference, weights)
        loss = float(np.vdot(pull, difference)) / difference.size
        return loss, output.backward(pull * (2 / difference.size), activations)


def _weighted(rows: FloatArray, weights: FloatArray | None) -> FloatArray:
    """Multiply each row by its weight; without weights, return the rows themselves."""
    return rows if weights is None else rows * weights


LOSSES: dict[str, Loss] = {loss.name: loss for loss in (CrossEntropy(), MeanSquaredError())}


def find_loss(loss: str | Loss | None, output: Activation) -> Loss:
    """Look a loss up by its name, and check that it fits the output.

    Parameters
    ----------
    loss : str, Loss or None
        None chooses cross-entropy where the outputs are probabilities, and mean squared error elsewhere.
    output : Activation
        The activation of the output layer.

    Raises
    ------
    InputError
        If there is none of that name, or the pair is senseless; the text says why.
    """
    if loss is None:
        loss = "cross-entropy" if output.name in {"softmax", "sigmoid"} else "mean-squared-error"
    found = find("loss", loss, LOSSES, needs="measure")
    found.check(output)
    return found


def check_takes_weights(loss: Loss) -> None:
    """Refuse a loss of one's own that was written without weights."""
    if "weights" not in inspect.signature(loss.measure).parameters:
        raise InputError(
            f"the loss {loss.name!r} takes no weights; give its measure a fourth parameter, weights, of shape (rows, 1)"
        )
