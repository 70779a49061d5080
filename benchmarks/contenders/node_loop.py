"""Row by row with a Python loop over the nodes and a numpy dot for each: the textbook implementation."""

import numpy as np
from benchmarks.rounds import Job
from benchmarks.workloads import Training, digits, parameters

__all__ = ["train"]


def train(work: Training) -> Job:
    if work.batch != 1 or len(work.sizes) != 3:
        raise ValueError("the node loop needs batches of 1 and one hidden layer")
    inputs, labels = digits(work.rows)
    start = parameters(work.sizes)
    nodes, classes = work.sizes[1:]

    def job(round_number: int) -> float:
        (w1, b1), (w2, b2) = [(weights.copy(), biases.copy()) for weights, biases in start]
        hidden, logits, pull = np.empty(nodes, np.float32), np.empty(classes, np.float32), np.empty(nodes, np.float32)
        rng = np.random.default_rng(round_number)
        rate = np.float32(work.rate)
        for _ in range(work.epochs):
            loss = 0.0
            for row in rng.permutation(work.rows):
                x = inputs[row]
                for j in range(nodes):
                    hidden[j] = max(0, np.dot(w1[j], x) + b1[j])
                for k in range(classes):
                    logits[k] = np.dot(w2[k], hidden) + b2[k]
                delta = np.exp(logits - logits.max())
                delta /= delta.sum()
                loss -= float(np.log(delta[labels[row]]))
                delta[labels[row]] -= 1
                for j in range(nodes):
                    pull[j] = np.dot(w2[:, j], delta) if hidden[j] > 0 else 0
                for k in range(classes):
                    w2[k] -= rate * delta[k] * hidden
                    b2[k] -= rate * delta[k]
                for j in range(nodes):
                    w1[j] -= rate * pull[j] * x
                    b1[j] -= rate * pull[j]
        return loss / work.rows

    return job
