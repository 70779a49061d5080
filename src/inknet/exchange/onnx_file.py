"""Networks as ONNX, which runs nearly everywhere: ONNX Runtime, browsers, phones, other languages.

The graph takes ``inputs``, (rows, inputs), any number of rows, and returns ``probabilities``, (rows, outputs), or
``outputs`` where the output is the identity. Of a recognizer of digits it has more than the network: the inputs are
images as `inknet.digits.normalizing.normalize` leaves them, and MNIST has them; where the network learned from what
`moment_normalize` makes of these, so does the graph; and where it learned to tell digits from what is none, there is a
second output, ``certain``, one truth value a row.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from inknet import __version__
from inknet.digits.grid import GRID, PIXELS
from inknet.digits.outliers import OutlierDetector
from inknet.exchange.document import check_exportable
from inknet.exchange.onnx_graph import Graph, Value
from inknet.exchange.onnx_moments import moment_normalize
from inknet.extras import import_extra
from inknet.files.atomic_write import write_atomically
from inknet.mlp import Layer, ModelFileError, Network
from inknet.mlp.activations import LeakyReLU

__all__ = ["save_onnx"]

#: Our activations' names, and ONNX's.
_OPERATORS = {
    "identity": "Identity",
    "leaky-relu": "Where",
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "softmax": "Softmax",
    "tanh": "Tanh",
}


def save_onnx(path: str | Path, network: Network, properties: Mapping[str, str] | None = None) -> None:
    """Save a network as ONNX; its inputs and outputs are in this module's docstring.

    Parameters
    ----------
    path : str or Path
    network : Network
    properties : mapping of str to str, or None
        What else the file should tell: its name, its license…; viewers show it.

    Raises
    ------
    ModelFileError
        If ONNX has no word for an activation, or the weights are not finite.
    InknetError
        If the library onnx is not installed.
    OSError
        If the file cannot be written; an older file of that name is then untouched.
    """
    helper = import_extra("onnx.helper", "an ONNX file")
    check_exportable(network)
    model = _model(network)
    helper.set_model_props(model, dict(properties or {}))
    write_atomically(path, model.SerializeToString(deterministic=True))


def _model(network: Network) -> Any:  # noqa: ANN401 - onnx has no types
    graph = Graph()
    inputs = Value(graph, "inputs", network.dtype)
    rows = inputs
    if network.metadata.get("moments"):
        if network.sizes[0] != PIXELS:
            raise ModelFileError(
                f"moments are of images of {GRID}×{GRID} pixels, but this network has {network.sizes[0]} inputs"
            )
        rows = moment_normalize(rows).cast(network.dtype)
    *hidden, logits = _nodes(rows, network, "layers")
    output = "probabilities" if network.layers[-1].activation.classifies else "outputs"
    outputs = {_activate(logits, network.layers[-1], output): ["rows", network.sizes[-1]]}
    if (certainty := network.metadata.get("certainty")) is not None:
        nodes = graph.node("Concat", *hidden, logits, axis=1)
        outputs[_certain(nodes, OutlierDetector.from_dict(certainty))] = ["rows"]
    return graph.model(
        {inputs: ["rows", network.sizes[0]]}, outputs, producer_name="inknet", producer_version=__version__
    )


def _nodes(rows: Value, network: Network, name: str) -> list[Value]:
    """Return the hidden layers' activations, and the output's logits."""
    values = []
    for index, ((weights, biases), layer) in enumerate(
        zip(network.split(network.parameters), network.layers, strict=True)
    ):
        place = f"{name}.{index}"
        constants = [rows.graph.constant(weights, f"{place}.weights"), rows.graph.constant(biases, f"{place}.biases")]
        rows = rows.graph.node("Gemm", rows, *constants, transB=1, name=f"{place}.logits")
        if layer is not network.layers[-1]:
            rows = _activate(rows, layer, f"{place}.activations")
        values.append(rows)
    return values


def _activate(logits: Value, layer: Layer, name: str) -> Value:
    """Return the activations of a layer."""
    activation = layer.activation
    if activation.name not in _OPERATORS:
        raise ModelFileError(f"ONNX has no activation {activation.name!r}; it has {', '.join(_OPERATORS)}")
    if isinstance(activation, LeakyReLU):
        # ONNX Runtime has ONNX's own LeakyRelu in 32 bits only.
        return logits.graph.node("Where", logits > 0, logits, logits * activation.slope, name=name, dtype=logits.dtype)
    return logits.graph.node(_OPERATORS[activation.name], logits, name=name)


def _certain(nodes: Value, certainty: OutlierDetector) -> Value:
    """Return for each row of what the nodes say whether it was a digit."""
    network = certainty.network
    *_, logits = _nodes(nodes.cast(network.dtype), network, "certainty")
    verdict = _activate(logits, network.layers[-1], "certainty.verdict").reshape(-1)
    threshold = np.array(certainty.threshold, network.dtype)
    return nodes.graph.node("GreaterOrEqual", verdict, threshold, name="certain", dtype=np.bool_)
