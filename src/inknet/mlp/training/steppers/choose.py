"""The choice of a stepper: the one place that knows when each pays."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from inknet.mlp.activations import ReLU, Softmax
from inknet.mlp.losses import CrossEntropy, Loss
from inknet.mlp.optimizers import OPTIMIZERS, GradientDescent
from inknet.mlp.parameters import FloatArray
from inknet.mlp.perceptron import MultilayerPerceptron
from inknet.mlp.training.data import TrainingData
from inknet.mlp.training.options import TrainingOptions
from inknet.mlp.training.state import TrainingState
from inknet.mlp.training.steppers.active_inputs import ActiveInputsStepper, row_ends, sort_columns
from inknet.mlp.training.steppers.deferred import DeferredStepper
from inknet.mlp.training.steppers.plain import PlainStepper
from inknet.mlp.training.steppers.recorded import RecordedStepper
from inknet.mlp.training.steppers.scaled import ScaledStepper
from inknet.mlp.training.steppers.stepper import Stepper

__all__ = ["choose_stepper"]

#: With a smaller first layer, its products are not where the time goes.
_FEWEST_WEIGHTS = 1 << 15
#: Larger batches are large products already.
_LARGEST_DEFERRED = 32
#: Larger batches spend their time in the first layer's products, not in calls of numpy.
_LARGEST_RECORDED = 8
#: Smaller batches spend little time in the first layer's products.
_SMALLEST_SORTED = 16
#: Rows, from all over the data, that tell how often each input is active.
_SAMPLE = 4096
#: The largest mean share of active inputs for which sorting repays the copy.
_LARGEST_SHARE = 0.95
#: More numbers than these are not copied: they take half a gigabyte in float32.
_MOST_NUMBERS = 1 << 27


def choose_stepper(
    network: MultilayerPerceptron, loss: Loss, data: TrainingData, options: TrainingOptions, state: TrainingState
) -> tuple[Stepper, TrainingData]:
    """Return the fastest stepper for a training, and the data in the form that it takes."""
    # A subclass may take other steps.
    if type(OPTIMIZERS.find(options.optimizer)) is not GradientDescent:
        return PlainStepper(network, loss, options, state), data
    # Weight decay and the average change parameters without a gradient, and need all of them at every step.
    if options.weight_decay or options.ema_decay:
        return ScaledStepper(network, loss, options, state), data
    make_stepper = partial(_choose_for_descent, loss=loss, options=options, state=state)
    order = None if data.augment is not None else _active_order(network, data.inputs, options)
    if order is None:
        return make_stepper(network), data
    columns, ends = sort_columns(data.inputs, order)
    return ActiveInputsStepper(network, order, ends, make_stepper), TrainingData(columns, data.targets, data.weights)


def _choose_for_descent(
    network: MultilayerPerceptron, loss: Loss, options: TrainingOptions, state: TrainingState
) -> Stepper:
    """Return the fastest stepper for gradient descent without weight decay or average."""
    size = options.batch_size
    deferring_pays = (
        network.bias == "node" and size <= _LARGEST_DEFERRED and network.layers[0].weights.size >= _FEWEST_WEIGHTS
    )
    if not deferring_pays:
        return ScaledStepper(network, loss, options, state)
    *hidden, output = [type(layer.activation) for layer in network.layers]
    if (
        size <= _LARGEST_RECORDED
        and {*hidden} == {ReLU}
        and (output, type(loss)) == (Softmax, CrossEntropy)
        # Otherwise the stacked identity of `RecordedStepper` would be larger than the weights.
        and all(len(layer) <= layer.inputs for layer in network.layers[1:])
    ):
        return RecordedStepper(network, loss, size)
    return DeferredStepper(network, loss, size)


def _active_order(
    network: MultilayerPerceptron, inputs: FloatArray, options: TrainingOptions
) -> NDArray[np.intp] | None:
    """Return the indices of all active inputs, the most often active first; None if sorting does not pay."""
    if (
        options.epochs == 1  # which does not repay the sorting
        or options.batch_size < _SMALLEST_SORTED
        or network.layers[0].weights.size < _FEWEST_WEIGHTS
        or network.bias != "node"
        or inputs.size > _MOST_NUMBERS
    ):
        return None
    sample = inputs[:: max(1, len(inputs) // _SAMPLE)]
    order = np.argsort(-np.count_nonzero(sample, axis=0), kind="stable")
    batches = range(0, len(sample), options.batch_size)
    ends = [row_ends(sample[start : start + options.batch_size].take(order, axis=1)).max() for start in batches]
    if np.mean(ends) > _LARGEST_SHARE * inputs.shape[1]:
        return None
    is_active = np.asarray(inputs.any(axis=0))
    return order[is_active[order]]
