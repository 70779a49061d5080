"""Lessons: the rows that are learned from, as they are or distorted."""

import functools
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inknet.errors import InputError
from inknet.mlp.checks import as_numbers, as_rows, as_targets, check_training_inputs
from inknet.mlp.network import Network
from inknet.mlp.parameters import FloatArray
from inknet.mlp.training.blas_workspace import keep_work_memory
from inknet.mlp.training.prefetch import ahead
from inknet.mlp.training.sample_weights import ClassWeight, row_weights

__all__ = ["Augment", "Lessons", "classifies", "read_set"]

#: (inputs, targets, rng) → inputs and targets to learn from instead; called on a thousand rows at a time, by two
#: threads.
Augment = Callable[[FloatArray, FloatArray, np.random.Generator], tuple[FloatArray, FloatArray]]


class Lessons:
    """A training set, and what is done to its rows before they are learned; `Trainer` documents the options.

    Parameters
    ----------
    network : Network
        What learns.
    inputs, targets : array, shape (rows, inputs) and (rows, outputs)
        As `read_set` returns them.
    weights : array, shape (rows, 1), or None
        As `row_weights` returns them.

    Attributes
    ----------
    ends : array of int, shape (rows,), or None
        Behind which place each row's inputs are zero, if that is known; then what is prepared ends there, too.
    """

    def __init__(
        self,
        network: Network,
        inputs: FloatArray,
        targets: FloatArray,
        weights: FloatArray | None,
        *,
        label_smoothing: float,
        augment: Augment | None,
    ) -> None:
        if label_smoothing and not classifies(network):
            raise InputError("label_smoothing is for classes, and behind the output 'identity' there are none")
        self.inputs = inputs
        self.ends: NDArray[np.intp] | None = None
        self.targets = targets
        self.weights = weights
        self.label_smoothing = label_smoothing
        self.augment = augment

    def __len__(self) -> int:
        return len(self.inputs)

    def blocks(
        self, order: NDArray[np.int64], block_rows: int, rng: np.random.Generator
    ) -> Iterator[tuple[FloatArray, FloatArray, FloatArray | None]]:
        """Prepare the rows in this order, so many at a time; what takes long is done ahead, by a second thread."""
        blocks = [order[start : start + block_rows] for start in range(0, len(order), block_rows)]
        if not self.take_long:
            return (self.prepare(rows, rng) for rows in blocks)
        keep_work_memory()
        # A generator for each block: which thread takes it, and when, changes nothing.
        return ahead(
            functools.partial(self.prepare, rows, own) for rows, own in zip(blocks, rng.spawn(len(blocks)), strict=True)
        )

    @property
    def take_long(self) -> bool:
        """Whether to prepare rows takes longer than to gather them."""
        return self.augment is not None

    def prepare(
        self, rows: NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray, FloatArray | None]:
        """Return the inputs, targets and weights of these rows, smoothed, and augmented."""
        # Half the time of indexing by an array.
        inputs, targets = self.inputs.take(rows, axis=0), self.targets.take(rows, axis=0)
        if self.ends is not None:
            inputs = inputs[:, : self.ends[rows].max()]
        dtype = targets.dtype
        if self.label_smoothing:
            # A single output, a yes or no, has two classes.
            share = self.label_smoothing / max(2, targets.shape[1])
            targets = (targets * (1 - self.label_smoothing) + share).astype(dtype, copy=False)
        if self.augment is not None:
            inputs, targets = self.augment(inputs, targets, rng)
        if self.weights is None:
            return inputs, targets, None
        if len(inputs) != len(rows):
            raise InputError(
                f"augment made {len(inputs)} rows of {len(rows)}; with weights it must return a row for each row"
            )
        return inputs, targets, self.weights[rows]


def classifies(network: Network) -> bool:
    """Return whether a network's outputs are classes."""
    return network.layers[-1].activation.name != "identity"


def read_set(
    network: Network,
    inputs: ArrayLike,
    targets: ArrayLike,
    what: str,
    check_scale: bool,
    sample_weight: ArrayLike | None = None,
    class_weight: ClassWeight | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    """Check a set of rows, and return its inputs, targets and weights as arrays of the network's own type.

    Raises
    ------
    InputError
        If it does not fit the network; `what` is what the set is called then.
    """
    rows = as_numbers(inputs, f"{what} inputs", network.dtype)
    if rows.shape[:1] == (0,):
        raise InputError(f"the {what} set is empty")
    rows = as_rows(rows, network.sizes[0], network.dtype)
    check_training_inputs(rows, what, check_scale)
    wanted = as_targets(targets, len(rows), network.sizes[-1], network.dtype, what, classifies(network))
    return rows, wanted, row_weights(sample_weight, class_weight, wanted, classifies(network), what)
