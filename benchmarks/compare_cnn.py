"""The usual demo network beside ours, on the same drawings by people whom neither has learned from, as JSON.

Usage: python -m benchmarks.compare_cnn [EPOCHS]

The usual one: two convolutions, in the shape of Keras's example "Simple MNIST convnet" (F. Chollet, 2015), in PyTorch,
trained on MNIST alone. It sees each drawing twice: only resized to 28×28, as most pages do it, and made ready as we do.
Needs PyTorch (`pip install torch==2.13.0`), which nothing else here does. Takes some five minutes on two cores.
"""

import json
import sys

import numpy as np
import torch
from experiments.measure_pen_digits import held_out_drawings
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from inknet import Recognizer
from inknet.digits import load_mnist, load_pen_digits, split_by_writer
from inknet.digits.drawing.canvas import draw_on_canvas
from inknet.digits.evaluation import evaluate, evaluate_normalized

BATCH = 128


def main(epochs: int) -> None:
    torch.manual_seed(0)
    network = train(*load_mnist("train"), epochs)
    drawings = held_out_drawings()
    digits = split_by_writer(load_pen_digits())[1]
    rng = np.random.default_rng(0)
    # The same drawings as `drawings.canvases`, as they were before they were made ready.
    resized = np.stack([shrink(draw_on_canvas(digit.strokes, rng)) for digit in digits])
    test, labels = load_mnist("test")
    ours = Recognizer.load()
    print(
        json.dumps(
            {
                "epochs": epochs,
                "parameters": sum(parameter.numel() for parameter in network.parameters()),
                "mnist": share(predict(network, test) == labels),
                "drawings_only_resized": share(predict(network, resized) == drawings.labels),
                "drawings_made_ready": share(predict(network, drawings.canvases) == drawings.labels),
                "ours": {
                    "parameters": ours.network.parameter_count,
                    "drawings_only_resized": evaluate(ours, resized, drawings.labels).accuracy,
                    "drawings_made_ready": evaluate_normalized(ours, drawings.canvases, drawings.labels).accuracy,
                },
            },
            indent=2,
        )
    )


def train(images: NDArray[np.float32], labels: NDArray[np.int64], epochs: int) -> nn.Module:
    """Train as the example does: Adam, batches of 128, dropout before the output."""
    network = nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(1600, 10),
    )
    optimizer = torch.optim.Adam(network.parameters())
    inputs, targets = torch.from_numpy(images).reshape(-1, 1, 28, 28), torch.from_numpy(labels)
    for epoch in range(epochs):
        for rows in torch.randperm(len(inputs)).split(BATCH):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(network(inputs[rows]), targets[rows])
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch + 1} of {epochs}", file=sys.stderr, flush=True)
    return network.eval()


def predict(network: nn.Module, rows: NDArray[np.float32]) -> NDArray[np.int64]:
    with torch.no_grad():
        parts = [network(part.reshape(-1, 1, 28, 28)).argmax(dim=1) for part in torch.from_numpy(rows).split(1000)]
    return torch.cat(parts).numpy()


def shrink(canvas: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Resize a drawing by area means, and do nothing else."""
    small = Image.fromarray(canvas).resize((28, 28), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32).ravel() / np.float32(255)


def share(holds: NDArray[np.bool_]) -> float:
    return float(holds.mean())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
