"""Loss and accuracy of a network on held-out data."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inknet.mlp.losses import Loss
from inknet.mlp.parameters import FloatArray
from inknet.mlp.perceptron import MultilayerPerceptron

__all__ = ["Measurement", "correct", "measure"]

#: Rows per block: bounds the memory for activations.
_ROWS_AT_A_TIME = 1024


@dataclass(frozen=True)
class Measurement:
    """Mean loss and accuracy; the accuracy is None for regression."""

    loss: float
    accuracy: float | None


def measure(
    network: MultilayerPerceptron,
    loss: Loss,
    inputs: FloatArray,
    targets: FloatArray,
    weights: FloatArray | None = None,
) -> Measurement:
    """Return the mean loss and accuracy for inputs (rows, inputs) and targets (rows, outputs).

    With `weights` of shape (rows, 1) and mean 1, both are weighted means.
    """
    output = network.layers[-1].activation
    # Independent outputs whose targets are not one class per row: each output is a separate label.
    independent = output.gives_probabilities and not output.couples_nodes
    multilabel = independent and not np.allclose(targets.sum(axis=1), 1, atol=1e-4)
    total, right = 0.0, 0.0
    for start in range(0, len(inputs), _ROWS_AT_A_TIME):
        rows = slice(start, start + _ROWS_AT_A_TIME)
        block, wanted = inputs[rows], targets[rows]
        for layer in network.layers[:-1]:
            block = layer.forward(block)
        logits = network.layers[-1].logits(block)
        # An activation may overwrite its logits.
        hits = correct(output.forward(logits.copy()), wanted, multilabel)
        weighted = () if weights is None else (weights[rows],)
        right += float(hits.sum() if weights is None else hits @ weights[rows, 0])
        total += loss.measure(output, logits, wanted, *weighted)[0] * len(wanted)
    return Measurement(total / len(inputs), right / len(inputs) if output.classifies else None)


def correct(outputs: FloatArray, targets: FloatArray, multilabel: bool = False) -> NDArray[np.bool_]:
    """Return whether each row's largest output is that of its target; a single output is thresholded at 0.5.

    With `multilabel`, a row may have several labels or none: all of its outputs must be on the right side of 0.5.
    """
    if multilabel or outputs.shape[1] == 1:
        return ((outputs > 0.5) == (targets > 0.5)).all(axis=1)
    return outputs.argmax(axis=1) == targets.argmax(axis=1)
