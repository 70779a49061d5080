"""Measuring a network on examples that it does not learn from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inknet.mlp.arrays import FloatArray
from inknet.mlp.losses import Loss
from inknet.mlp.network import Network

__all__ = ["Measurement", "correct", "measure"]

#: Rows measured at a time, so that a large set needs no large arrays.
_ROWS_AT_A_TIME = 1024


@dataclass(frozen=True)
class Measurement:
    """Loss and accuracy; there is no accuracy where nothing is classified."""

    loss: float
    accuracy: float | None


def measure(network: Network, loss: Loss, inputs: FloatArray, targets: FloatArray) -> Measurement:
    """Measure a network on inputs (rows, inputs) and targets (rows, outputs)."""
    output = network.layers[-1].activation
    total, right = 0.0, 0
    for start in range(0, len(inputs), _ROWS_AT_A_TIME):
        block, wanted = inputs[start : start + _ROWS_AT_A_TIME], targets[start : start + _ROWS_AT_A_TIME]
        for layer in network.layers[:-1]:
            block = layer.forward(block)
        logits = network.layers[-1].logits(block)
        # An activation may overwrite the logits that it is given.
        right += int(correct(output.forward(logits.copy()), wanted).sum())
        total += loss.measure(output, logits, wanted)[0] * len(wanted)
    accuracy = None if output.name == "identity" else right / len(inputs)
    return Measurement(total / len(inputs), accuracy)


def correct(outputs: FloatArray, targets: FloatArray) -> NDArray[np.bool_]:
    """Return for each row whether its largest output is the target's; a single output is a yes above 0.5."""
    if outputs.shape[1] == 1:
        outputs, targets = _yes_or_no(outputs), _yes_or_no(targets)
    agree: NDArray[np.bool_] = outputs.argmax(axis=1) == targets.argmax(axis=1)
    return agree


def _yes_or_no(values: FloatArray) -> FloatArray:
    """Return columns for no and yes."""
    return np.hstack([1 - values, values])
