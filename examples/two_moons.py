"""Two moons: a network classifies points on two interleaved half circles.

python examples/two_moons.py two-moons.png
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from inknet import Network

INK, RUBRIC = "#22262e", "#c2410c"


def make_moons(points: int, seed: int, noise: float = 0.15) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return points, (n, 2), on two interleaved half circles, and the index of their half circle, (n,)."""
    rng = np.random.default_rng(seed)
    moon = np.arange(points) % 2
    angle = rng.uniform(0, np.pi, points)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    positions = np.where(moon[:, np.newaxis] == 0, upper, lower) + rng.normal(0, noise, (points, 2))
    return positions, moon


def train() -> tuple[Network, float]:
    """Return a network trained on 400 points, and its accuracy on 2,000 others."""
    network = Network([2, 16, 2], hidden="tanh", init="glorot", seed=0)
    network.train(*make_moons(400, seed=1), epochs=100, learning_rate=0.01, batch_size=16, optimizer="adam")
    points, moon = make_moons(2000, seed=2)
    return network, float(np.mean(network.predict(points).argmax(axis=1) == moon))


def plot(network: Network) -> Figure:
    """Plot the predicted probability of the lower moon, and the training data."""
    across, down = np.meshgrid(np.linspace(-1.7, 2.7, 220), np.linspace(-1.2, 1.7, 145))
    lower = network.predict(np.stack([across.ravel(), down.ravel()], axis=1))[:, 1].reshape(across.shape)
    figure = Figure(figsize=(7.2, 4.8), layout="constrained", dpi=120)
    axes = figure.subplots()
    shades = axes.contourf(across, down, lower, levels=np.linspace(0, 1, 11), cmap="PuOr_r", alpha=0.5)
    axes.contour(across, down, lower, levels=[0.5], colors=INK, linewidths=1.5)
    points, moon = make_moons(400, seed=1)
    for label, color, name in ((0, INK, "upper moon"), (1, RUBRIC, "lower moon")):
        axes.plot(*points[moon == label].T, "o", color=color, markersize=3, label=name)
    axes.set(aspect="equal")
    axes.legend(loc="upper right")
    figure.colorbar(shades, label="probability of the lower moon")
    return figure


def main() -> None:
    """Train, print the accuracy, and save the plot."""
    network, accuracy = train()
    print(f"{network!r}: {100 * accuracy:.1f} % of 2,000 new points right")
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "two-moons.png")
    plot(network).savefig(file, metadata={"Software": None})
    print(f"Written: {file}")


if __name__ == "__main__":
    main()
