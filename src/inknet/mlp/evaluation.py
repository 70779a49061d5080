"""Measuring a network on examples that it does not learn from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inknet.mlp.losses import Loss
from inknet.mlp.network import Network
from inknet.mlp.parameters import FloatArray

__all__ = ["Measurement", "correct", "measure"]

#: Rows measured at a time, so that a large set needs no large arrays.
_ROWS_AT_A_TIME = 1024


@dataclass(frozen=True)
class Measurement:
    """Loss and accuracy, as `measure` returns them; there is no accuracy where nothing is classified."""

    loss: float
    accuracy: float | None


def measure(
    network: Network, loss: Loss, inputs: FloatArray, targets: FloatArray, weights: FloatArray | None = None
) -> Measurement:
    """Measure a network on inputs (rows, inputs) and targets (rows, outputs), as a mean over the rows.

    With `weights`, (rows, 1) and 1 on average, loss and accuracy are weighted means.
    """
    output = network.layers[-1].activation
    several = output.name == "sigmoid" and targets.shape[1] > 1 and not np.allclose(targets.sum(axis=1), 1, atol=1e-4)
    total, right = 0.0, 0.0
    for start in range(0, len(inputs), _ROWS_AT_A_TIME):
        block, wanted = inputs[start : start + _ROWS_AT_A_TIME], targets[start : start + _ROWS_AT_A_TIME]
        for layer in network.layers[:-1]:
            block = layer.forward(block)
        logits = network.layers[-1].logits(block)
        # An activation may overwrite the logits that it is given.
        hits = correct(output.forward(logits.copy()), wanted, several)
        weighted = () if weights is None else (weights[start : start + _ROWS_AT_A_TIME],)
        right += float(hits.sum() if weights is None else hits @ weights[start : start + _ROWS_AT_A_TIME, 0])
        total += loss.measure(output, logits, wanted, *weighted)[0] * len(wanted)
    accuracy = None if output.name == "identity" else right / len(inputs)
    return Measurement(total / len(inputs), accuracy)


def correct(outputs: FloatArray, targets: FloatArray, several: bool = False) -> NDArray[np.bool_]:
    """Return for each row whether its largest output is the target's; a single output is a yes above 0.5.

    `several` means that a row may have several labels, or none: each output is then a yes or no of its own, and all
    of them must be right.
    """
    if several:
        return ((outputs > 0.5) == (targets > 0.5)).all(axis=1)
    if outputs.shape[1] == 1:
        outputs, targets = _yes_or_no(outputs), _yes_or_no(targets)
    agree: NDArray[np.bool_] = outputs.argmax(axis=1) == targets.argmax(axis=1)
    return agree


def _yes_or_no(values: FloatArray) -> FloatArray:
    """Return columns for no and yes."""
    return np.hstack([1 - values, values])
