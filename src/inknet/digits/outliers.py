"""Certainty: whether what was read is a digit at all.

A softmax must choose among ten digits, whatever it is shown. But its nodes respond to a scribble otherwise than to a
digit, and a second, small network can learn to tell the two by what the nodes of the first one say: it is shown
drawings that are no digits (outlier exposure, see `inknet.digits.drawing.non_digits`), and leaves the first as it is.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from inknet.mlp import Cosine, InputError, ModelFileError, Network
from inknet.mlp.storage.model_file import check_network

__all__ = ["Certainty", "node_values"]

Rows = NDArray[np.floating]

#: How many nodes the second network has between the first one's and its verdict.
_HIDDEN = 96
#: So many real digits, of those that the threshold is set by, may be taken for no digits.
_DOUBTED = 0.015


def node_values(network: Network, rows: Rows) -> Rows:
    """Return what every node of a network says: its hidden activations and its logits, (rows, nodes).

    Parameters
    ----------
    network : Network
    rows : array, shape (rows, inputs)
    """
    values = []
    for layer in network.layers[:-1]:
        rows = layer.forward(rows)
        values.append(rows)
    return np.concatenate([*values, network.layers[-1].logits(rows)], axis=1)


class Certainty:
    """A network that reads another one's nodes, and says how much what they saw was like a digit.

    Parameters
    ----------
    network : Network
        With as many inputs as the other has nodes, and one sigmoid output.
    threshold : float
        From this output on, it was a digit.
    """

    def __init__(self, network: Network, threshold: float) -> None:
        self.network = network
        self.threshold = threshold

    def judge(self, values: Rows) -> NDArray[np.bool_]:
        """Return for each row of `node_values` whether it was a digit."""
        return np.greater_equal(self.network.predict(values)[:, 0], self.threshold)

    @classmethod
    def learn(cls, digits: Rows, non_digits: Rows, held_out: Sequence[Rows], seed: int = 0) -> Self:
        """Learn to tell digits from what is none.

        Parameters
        ----------
        digits, non_digits : array, shape (n, nodes)
            The `node_values` of drawings of both kinds.
        held_out : sequence of array, each of shape (n, nodes)
            Of sets of real digits; the threshold is such that of none of them more than 1.5 % is doubted.
        seed : int

        Raises
        ------
        KeyboardInterrupt
            After Ctrl-C: half of it would doubt the wrong ones.
        """
        # Both kinds count the same, however many there are of each.
        often = max(1, len(digits) // len(non_digits))
        rows = np.concatenate([digits, *[non_digits] * often])
        labels = np.concatenate([np.ones(len(digits)), np.zeros(often * len(non_digits))])
        network = Network([rows.shape[1], _HIDDEN, 1], output="sigmoid", init="he", seed=seed)
        # Logits are many times larger than activations: each node is brought to the same spread, and the factor is
        # moved into the weights afterwards, so that the network takes the values as they come.
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
        lowest = [np.quantile(network.predict(values)[:, 0], _DOUBTED) for values in held_out]
        return cls(network, float(min(lowest)))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values and arrays, for a model file's metadata."""
        return {"network": self.network.to_dict(), "threshold": self.threshold}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make it from what `to_dict` returned.

        Raises
        ------
        ModelFileError
            If the values are not whole.
        """
        try:
            # It was read from a file, whose own check saw no network in it.
            check_network(values["network"])
            return cls(Network.from_dict(values["network"]), float(values["threshold"]))
        except (InputError, KeyError, TypeError, ValueError) as error:
            raise ModelFileError(f"the model's certainty is not whole: {error!r}") from None
