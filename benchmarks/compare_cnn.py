"""The usual demo network next to inknet's, on the same drawings by people neither was trained on, as JSON.

Usage: python -m benchmarks.compare_cnn [EPOCHS]

The usual network has two convolutions, as in Keras's example "Simple MNIST convnet" (F. Chollet, 2015), is written in
PyTorch and trained on MNIST alone. It gets each drawing twice: only resized to 28×28, as on most pages, and normalized
as in inknet. Needs PyTorch (`pip install torch==2.13.0`) and about five minutes on two cores.
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
    # The same drawings as `drawings.canvases`, before normalization.
    resized = np.stack([shrink(draw_on_canvas(digit.strokes, rng)) for digit in digits])
    test, labels = load_mnist("test")
    ours = Recognizer.load()
    print(
        json.dumps(
            {
                "epochs": epochs,
                "parameters": sum(parameter.numel() for parameter in network.parameters()),
                "mnist": fraction(predict(network, test) == labels),
                "drawings_resized": fraction(predict(network, resized) == drawings.labels),
                "drawings_normalized": fraction(predict(network, drawings.canvases) == drawings.labels),
                "ours": {
                    "parameters": ours.network.parameter_count,
                    "drawings_resized": evaluate(ours, resized, drawings.labels).accuracy,
                    "drawings_normalized": evaluate_normalized(ours, drawings.canvases, drawings.labels).accuracy,
                },
            },
            indent=2,
        )
    )


def train(images: NDArray[np.float32], labels: NDArray[np.int64], epochs: int) -> nn.Module:
    """Train as in the example: Adam, batches of 128, dropout before the output."""
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
    """Resize a drawing by area means only."""
    small = Image.fromarray(canvas).resize((28, 28), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32).ravel() / np.float32(255)


def fraction(holds: NDArray[np.bool_]) -> float:
    return float(holds.mean())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
