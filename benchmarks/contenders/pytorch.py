"""Eager PyTorch, as in its tutorials, but faster: without a `DataLoader`, and with fused updates."""

import torch
from benchmarks.rounds import Job
from benchmarks.workloads import Predicting, Training, digits, parameters
from torch import nn

__all__ = ["make_network", "predict", "train"]


def train(work: Training) -> Job:
    inputs, labels = (torch.from_numpy(array) for array in digits(work.rows))

    def job(round_number: int) -> float:
        torch.manual_seed(round_number)
        network = make_network(work.sizes)
        optimizer = torch.optim.SGD(network.parameters(), lr=work.rate, fused=True)
        for _ in range(work.epochs):
            order = torch.randperm(work.rows)
            total = torch.zeros(())
            for batch, targets in zip(inputs[order].split(work.batch), labels[order].split(work.batch), strict=True):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(network(batch), targets)
                loss.backward()
                optimizer.step()
                total += loss.detach()
        return float(total) * work.batch / work.rows

    return job


def predict(work: Predicting) -> Job:
    inputs = torch.from_numpy(digits(work.rows)[0])
    network = make_network(work.sizes).eval()

    def job(round_number: int) -> float:  # noqa: ARG001 - every round is the same
        with torch.inference_mode():
            for _ in range(work.calls):
                outputs = torch.softmax(network(inputs), dim=1)
        return float(outputs[:, 0].mean())

    return job


def make_network(sizes: tuple[int, ...]) -> nn.Sequential:
    """Return linear layers with ReLU between them and the shared initial weights."""
    modules = []
    for weights, biases in parameters(sizes):
        linear = nn.Linear(weights.shape[1], weights.shape[0])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weights))
            linear.bias.copy_(torch.from_numpy(biases))
        modules += [linear, nn.ReLU()]
    return nn.Sequential(*modules[:-1])
