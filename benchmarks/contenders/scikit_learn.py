"""scikit-learn's `MLPClassifier`, one epoch per call of `partial_fit`."""

import numpy as np
from benchmarks.rounds import Job
from benchmarks.workloads import Training, digits, parameters
from sklearn.neural_network import MLPClassifier

__all__ = ["train"]


def train(work: Training) -> Job:
    inputs, labels = digits(work.rows)
    start = parameters(work.sizes)
    classes = np.arange(work.sizes[-1])

    def job(round_number: int) -> float:
        network = MLPClassifier(
            work.sizes[1:-1],
            solver="sgd",
            alpha=0,
            batch_size=work.batch,
            learning_rate_init=work.rate,
            momentum=0,
            nesterovs_momentum=False,
            random_state=round_number,
        )
        # It has no weights before the first fit; one row creates them, and the shared ones replace them.
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
