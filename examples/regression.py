"""Regression: a network with one linear output learns a curve from noisy points.

python examples/regression.py regression.png
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from inknet import Network

INK, RUBRIC, FAINT = "#22262e", "#c2410c", "#9aa3b2"
#: The standard deviation of the points around the curve.
NOISE = 0.1


def curve(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the curve: a damped wave."""
    return np.exp(-0.5 * x) * np.sin(4 * x)


def make_points(count: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points from 0 to 4, (n, 1), and their noisy values, (n,)."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 4, count)
    return x[:, np.newaxis], curve(x) + rng.normal(0, NOISE, count)


def train() -> tuple[Network, float]:
    """Return a network trained on 300 points, and its root-mean-square error on the curve."""
    network = Network([1, 32, 32, 1], hidden="tanh", output="identity", init="glorot", seed=0)
    x, y = make_points(300, seed=1)
    # Scaled to about ±1, as inputs should be.
    network.train(
        x / 2 - 1,
        y,
        loss="mean-squared-error",
        epochs=400,
        learning_rate=0.005,
        batch_size=16,
        optimizer="adam",
        schedule="cosine",
    )
    grid = np.linspace(0, 4, 400)
    error = predict(network, grid) - curve(grid)
    return network, float(np.sqrt(np.mean(error**2)))


def predict(network: Network, x: NDArray[np.float64]) -> NDArray[np.floating]:
    """Return the network's predictions at x, (n,)."""
    return network.predict(x[:, np.newaxis] / 2 - 1)[:, 0]


def plot(network: Network) -> Figure:
    """Plot the points, the curve, and the network's predictions."""
    figure = Figure(figsize=(7.2, 4.2), layout="constrained", dpi=120)
    axes = figure.subplots()
    x, y = make_points(300, seed=1)
    grid = np.linspace(0, 4, 400)
    axes.plot(x[:, 0], y, "o", color=FAINT, markersize=3, label="training data")
    axes.plot(grid, curve(grid), "--", color=INK, label="curve")
    axes.plot(grid, predict(network, grid), color=RUBRIC, linewidth=2, label="prediction")
    axes.set(xlabel="x", ylabel="y")
    axes.legend()
    return figure


def main() -> None:
    """Train, print the error, and save the plot."""
    network, error = train()
    print(f"{network!r}: root-mean-square error {error:.3f}, with noise of {NOISE}")
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "regression.png")
    plot(network).savefig(file, metadata={"Software": None})
    print(f"Written: {file}")


if __name__ == "__main__":
    main()
