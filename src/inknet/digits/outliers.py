"""Outlier detection: whether an image shows one of the classes at all.

A softmax has to choose among the ten digits, whatever it is shown. The nodes of the network respond differently to a
scribble, though, and a second, small network learns to tell the two apart from the values of these nodes. It is
trained with drawings that are not digits (outlier exposure, see `inknet.digits.drawing.non_digits`); the first network
stays as it is.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from inknet.mlp import Cosine, InputError, ModelFileError, Network
from inknet.mlp.storage.model_file import check_network

__all__ = ["OutlierDetector", "node_values"]

Rows = NDArray[np.floating]

#: Hidden nodes of the detector.
_HIDDEN = 96
#: The threshold rejects at most this share of real digits.
_FALSE_ALARMS = 0.015


def node_values(network: Network, rows: Rows) -> Rows:
    """Return the hidden activations and the logits for rows, (rows, inputs), side by side: (rows, nodes)."""
    values = []
    for layer in network.layers[:-1]:
        rows = layer.forward(rows)
        values.append(rows)
    return np.concatenate([*values, network.layers[-1].logits(rows)], axis=1)


class OutlierDetector:
    """Scores the node values of a classifying network: near 1 for its classes, near 0 for anything else.

    Its own network has one input per node of the classifying one, and one sigmoid output: the score. Scores below the
    threshold are outliers.
    """

    def __init__(self, network: Network, threshold: float) -> None:
        self.network = network
        self.threshold = threshold

    def is_inlier(self, values: Rows) -> NDArray[np.bool_]:
        """Return for each row of `node_values` whether it belongs to one of the classes."""
        return np.greater_equal(self.network.predict(values)[:, 0], self.threshold)

    @classmethod
    def fit(cls, digits: Rows, non_digits: Rows, held_out: Sequence[Rows], seed: int = 0) -> Self:
        """Train a detector on `node_values`, (n, nodes).

        The threshold rejects at most 1.5 % of each of the sets of `held_out` digits. After Ctrl-C, KeyboardInterrupt is
        raised: a detector trained halfway would reject the wrong drawings.
        """
        # Both kinds weigh the same, however many there are of each.
        repeats = max(1, len(digits) // len(non_digits))
        rows = np.concatenate([digits, *[non_digits] * repeats])
        labels = np.concatenate([np.ones(len(digits)), np.zeros(repeats * len(non_digits))])
        network = Network([rows.shape[1], _HIDDEN, 1], output="sigmoid", init="he", seed=seed)
        # Logits are many times larger than activations. Train on scaled values, then fold the scale into the weights.
        spread = rows.std(axis=0) + np.float32(1e-6)
        history = network.train(
            rows / spread,
            labels,
            epochs=16,
            learning_rate=0.003,
            batch_size=128,
            optimizer="adam",
            schedule=Cosine(warmup=1),
            seed=seed,
            check_scale=False,
        )
        if history.stopped == "interrupted":
            raise KeyboardInterrupt
        network.layers[0].weights /= spread
        lowest = [np.quantile(network.predict(values)[:, 0], _FALSE_ALARMS) for values in held_out]
        return cls(network, float(min(lowest)))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values and arrays, for a model file's metadata."""
        return {"network": self.network.to_dict(), "threshold": self.threshold}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Restore a detector from what `to_dict` returned; ModelFileError if that is incomplete or invalid."""
        try:
            # The model file's own check does not look into its metadata.
            check_network(values["network"])
            return cls(Network.from_dict(values["network"]), float(values["threshold"]))
        except (InputError, KeyError, TypeError, ValueError) as error:
            raise ModelFileError(f"the model's outlier detector is invalid: {error!r}") from None
