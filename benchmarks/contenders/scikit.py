"""scikit-learn's `MLPClassifier`, an epoch a call of `partial_fit`."""

import numpy as np
from benchmarks.turns import Job
from benchmarks.work import Training, digits, parameters
from sklearn.neural_network import MLPClassifier

__all__ = ["train"]


def train(work: Training) -> Job:
    inputs, labels = digits(work.rows)
    start = parameters(work.sizes)
    classes = np.arange(work.sizes[-1])

    def job(turn: int) -> float:
        network = MLPClassifier(
            work.sizes[1:-1],
            solver="sgd",
            alpha=0,
            batch_size=work.batch,
            learning_rate_init=work.rate,
            momentum=0,
            nesterovs_momentum=False,
            random_state=turn,
        )
        # It has no weights before it has learned something; a few rows will do, and then they are everybody's.
        network.batch_size = 1
        network.partial_fit(inputs[:1], labels[:1], classes=classes)
        network.batch_size = work.batch
        for (weights, biases), ours, own in zip(start, network.coefs_, network.intercepts_, strict=True):
            ours[...] = weights.T
            own[...] = biases
        for _ in range(work.epochs):
            network.partial_fit(inputs, labels)
        return float(network.loss_)

    return job
