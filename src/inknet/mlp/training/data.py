"""Training data: shuffled, optionally augmented blocks of rows."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inknet.errors import InputError
from inknet.mlp.activations import Activation
from inknet.mlp.arrays import as_numbers
from inknet.mlp.blas_workspace import retain_freed_memory
from inknet.mlp.checks import as_targets, check_inputs, check_width
from inknet.mlp.parameters import FloatArray
from inknet.mlp.perceptron import MultilayerPerceptron
from inknet.mlp.training.prefetch import prefetch
from inknet.mlp.training.sample_weights import ClassWeight, as_weights, row_weights

__all__ = ["Augment", "Block", "TrainingData", "check_set", "hold_out", "smooth_labels"]

#: (inputs, targets, rng) → the inputs and targets to train on instead; called on a thousand rows at a time, from two
#: threads.
Augment = Callable[[FloatArray, FloatArray, np.random.Generator], tuple[FloatArray, FloatArray]]

#: Inputs, targets, and weights or None.
_Set = tuple[FloatArray, FloatArray, FloatArray | None]

#: Rows gathered at a time: few enough to stay in the processor's cache until they are trained on. Augmentation has more
#: overhead per call, but training cannot begin before the first block is there.
_GATHERED_ROWS, _AUGMENTED_ROWS = 64, 1024


class Block(NamedTuple):
    """Some rows to train on, in order.

    Attributes
    ----------
    inputs, targets : array, shape (rows, inputs) and (rows, outputs)
    weights : array, shape (rows, 1), or None
    indices : array of int, shape (rows,)
        Their indices in the training data.
    """

    inputs: FloatArray
    targets: FloatArray
    weights: FloatArray | None
    indices: NDArray[np.int64]

    def part(self, start: int, size: int) -> "Block":
        """Return up to `size` rows from `start`."""
        rows = slice(start, start + size)
        weights = None if self.weights is None else self.weights[rows]
        return Block(self.inputs[rows], self.targets[rows], weights, self.indices[rows])


@dataclass(frozen=True)
class TrainingData:
    """The rows to train on, as `check_set` returns them; `augment` replaces them by others, anew in each epoch."""

    inputs: FloatArray
    targets: FloatArray
    weights: FloatArray | None = None
    augment: Augment | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    def blocks(self, order: NDArray[np.int64], batch_size: int, rng: np.random.Generator) -> Iterator[Block]:
        """Yield the rows in this order, in blocks of whole batches; augmented blocks are prefetched."""
        at_a_time = _GATHERED_ROWS if self.augment is None else _AUGMENTED_ROWS
        size = batch_size * max(1, at_a_time // batch_size)
        blocks = [order[start : start + size] for start in range(0, len(order), size)]
        if self.augment is None:
            return map(self._gather, blocks)
        retain_freed_memory()
        # With a generator per block, the result does not depend on the thread that augments it.
        rngs = rng.spawn(len(blocks))
        jobs = zip(blocks, rngs, strict=True)
        return prefetch(functools.partial(self._augment, self.augment, *job) for job in jobs)

    def _gather(self, indices: NDArray[np.int64]) -> Block:
        # `take` needs half the time of indexing by an array.
        inputs, targets = self.inputs.take(indices, axis=0), self.targets.take(indices, axis=0)
        return Block(inputs, targets, None if self.weights is None else self.weights[indices], indices)

    def _augment(self, augment: Augment, indices: NDArray[np.int64], rng: np.random.Generator) -> Block:
        inputs, targets, weights, _ = self._gather(indices)
        inputs, targets = augment(inputs, targets, rng)
        if weights is not None and len(inputs) != len(weights):
            raise InputError(
                f"augment must return as many rows as it gets if rows have weights, got {len(inputs)}"
                f" for {len(weights)}"
            )
        return Block(inputs, targets, weights, indices)


def check_set(
    network: MultilayerPerceptron,
    inputs: ArrayLike,
    targets: ArrayLike,
    name: str,
    check_scale: bool,
    sample_weight: ArrayLike | None = None,
    class_weight: ClassWeight | None = None,
) -> _Set:
    """Check a set of rows, and return its inputs, targets and weights as arrays of the network's dtype.

    Raises
    ------
    InputError
        If it does not fit the network; the message calls the set by `name`.
    """
    rows = as_numbers(inputs, f"{name} inputs", network.dtype)
    if rows.shape[:1] == (0,):
        raise InputError(f"the {name} set is empty")
    check_width(rows, network.sizes[0])
    check_inputs(rows, name, check_scale)
    classifies = network.layers[-1].activation.classifies
    checked = as_targets(targets, len(rows), network.sizes[-1], network.dtype, name, classifies)
    return rows, checked, row_weights(sample_weight, class_weight, checked, classifies, name)


def hold_out(
    share: float,
    seed: int,
    network: MultilayerPerceptron,
    inputs: ArrayLike,
    targets: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> tuple[_Set, _Set]:
    """Split rows at random into those to train on and a share to hold out, each as (inputs, targets, weights).

    Raises
    ------
    InputError
        If the share leaves no rows, or they do not fit the network.
    """
    rows, wanted, _ = check_set(network, inputs, targets, "training", check_scale=False)
    weights = None if sample_weight is None else as_weights(sample_weight, len(rows))
    count = max(1, round(share * len(rows)))
    if not 0 < share < 1 or count == len(rows):
        raise InputError(
            f"validation must be a share above 0 and below 1 that leaves rows to train on, got {share} of {len(rows)}"
        )
    order = np.random.default_rng(seed).permutation(len(rows))
    # In their order, as if they had never been together.
    held_out, training = np.sort(order[:count]), np.sort(order[count:])

    def take(indices: NDArray[np.int64]) -> _Set:
        return rows[indices], wanted[indices], None if weights is None else weights[indices]

    return take(training), take(held_out)


def smooth_labels(targets: FloatArray, share: float, output: Activation) -> FloatArray:
    """Return targets of which a share is spread evenly over all classes.

    Raises
    ------
    InputError
        If the outputs are not classes.
    """
    if share == 0:
        return targets
    if not output.classifies:
        raise InputError(f"label_smoothing needs classes, got output={output.name!r}; leave it at 0")
    # A single output stands for two classes.
    spread = share / max(2, targets.shape[1])
    return (targets * (1 - share) + spread).astype(targets.dtype, copy=False)
