"""The floor: only the matrix products of training or predicting, into preallocated arrays.

Three products per layer, but two for the first, whose inputs need no gradient: five for 784-200-10.
"""

from typing import Literal

import numpy as np
from benchmarks.rounds import Job
from benchmarks.workloads import Predicting, Training, digits, parameters

__all__ = ["predict", "train"]


def train(work: Training, order: Literal["C", "F"] = "C") -> Job:
    """Multiply by weights stored node by node ("C"), or input by input ("F")."""
    inputs, _ = digits(work.rows)
    weights = [np.array(weights, order=order) for weights, _ in parameters(work.sizes)]
    gradients = [np.empty_like(one) for one in weights]
    outputs = [np.empty((work.batch, nodes), np.float32) for nodes in work.sizes[1:]]
    rng = np.random.default_rng(0)
    deltas = [rng.standard_normal(output.shape, np.float32) for output in outputs]
    last = len(weights) - 1

    def job(round_number: int) -> None:  # noqa: ARG001 - every round is the same
        for _ in range(work.epochs):
            for start in range(0, work.rows, work.batch):
                batch = inputs[start : start + work.batch]
                given = batch
                for one, output in zip(weights, outputs, strict=True):
                    given = np.matmul(given, one.T, out=output)
                for index in range(last, 0, -1):
                    np.matmul(deltas[index].T, outputs[index - 1], out=gradients[index])
                    np.matmul(deltas[index], weights[index], out=deltas[index - 1])
                np.matmul(deltas[0].T, batch, out=gradients[0])

    return job


def predict(work: Predicting) -> Job:
    inputs, _ = digits(work.rows)
    weights = [weights for weights, _ in parameters(work.sizes)]
    outputs = [np.empty((work.rows, nodes), np.float32) for nodes in work.sizes[1:]]

    def job(round_number: int) -> None:  # noqa: ARG001 - every round is the same
        for _ in range(work.calls):
            given = inputs
            for one, output in zip(weights, outputs, strict=True):
                given = np.matmul(given, one.T, out=output)

    return job
