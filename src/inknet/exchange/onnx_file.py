"""Networks as ONNX, for ONNX Runtime, browsers, phones and other languages.

The graph takes ``inputs``, (rows, inputs), with any number of rows, and returns ``probabilities``, (rows, outputs), or
``outputs`` if the output activation is the identity. The graph of a digit recognizer takes normalized images, as in
MNIST or as returned by `inknet.digits.normalizing.normalize`. It includes `moment_normalize` if the network was trained
on its results, and a second output ``certain``, one boolean per row, if the network has an `OutlierDetector`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from inknet import __version__
from inknet.digits.grid import GRID, PIXELS
from inknet.digits.outliers import OutlierDetector
from inknet.exchange.description import check_exportable
from inknet.exchange.onnx_graph import Graph, Value
from inknet.exchange.onnx_moments import LOWEST_OPSET as MOMENTS_OPSET
from inknet.exchange.onnx_moments import moment_normalize
from inknet.extras import import_extra
from inknet.files.atomic_write import write_atomically
from inknet.mlp import InputError, Layer, ModelFileError, Network
from inknet.mlp.activations import LeakyReLU
from inknet.mlp.scalars import is_integer

__all__ = ["save_onnx"]

#: Of ONNX 1.8, from 2020: the first whose ReduceSum and Unsqueeze take their axes as inputs.
_LOWEST_OPSET = 13
#: The activations' names here and in ONNX.
_OPERATORS = {
    "identity": "Identity",
    "leaky-relu": "Where",
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "softmax": "Softmax",
    "tanh": "Tanh",
}


def save_onnx(
    path: str | Path, network: Network, properties: Mapping[str, str] | None = None, *, opset: int | None = None
) -> None:
    """Save a network as ONNX; the module docstring describes its inputs and outputs.

    Parameters
    ----------
    path : str or Path
    network : Network
    properties : mapping of str to str, or None
        Additional metadata, such as a name and a license, shown by viewers.
    opset : int or None
        The operator set, the version of ONNX's operators; None is the lowest that the graph needs, which the most
        runtimes know. The file's IR version is the lowest that allows it.

    Raises
    ------
    InputError
        If the operator set is lower than the graph needs, or newer than the package onnx knows.
    ModelFileError
        If ONNX lacks an activation, or the weights are not finite.
    MissingExtraError
        If the package onnx is not installed.
    OSError
        If the file cannot be written; an existing file is then unchanged.
    """
    helper = import_extra("onnx.helper", "an ONNX file")
    check_exportable(network)
    model = _model(network, _opset(network, opset))
    helper.set_model_props(model, dict(properties or {}))
    write_atomically(path, model.SerializeToString(deterministic=True))


def _opset(network: Network, opset: int | None) -> int:
    """Return the operator set, by default the lowest."""
    lowest = MOMENTS_OPSET if network.metadata.get("moments") else _LOWEST_OPSET
    newest = import_extra("onnx.defs", "an ONNX file").onnx_opset_version()
    if opset is None:
        return lowest
    if not (is_integer(opset, lowest) and opset <= newest):
        raise InputError(f"opset must be an integer from {lowest} to {newest} for this network, got {opset!r}")
    return int(opset)


def _model(network: Network, opset: int) -> Any:  # noqa: ANN401 - onnx has no types
    graph = Graph(opset)
    inputs = Value(graph, "inputs", network.dtype)
    rows = inputs
    if network.metadata.get("moments"):
        if network.sizes[0] != PIXELS:
            raise ModelFileError(
                f"moment normalization needs {GRID}×{GRID} pixels, but this network has {network.sizes[0]} inputs"
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
    """Return the activations of the hidden layers and the logits of the output."""
    values = []
    for index, ((weights, biases), layer) in enumerate(
        zip(network.split(network.parameters), network.layers, strict=True)
    ):
        prefix = f"{name}.{index}"
        constants = [rows.graph.constant(weights, f"{prefix}.weights"), rows.graph.constant(biases, f"{prefix}.biases")]
        rows = rows.graph.node("Gemm", rows, *constants, transB=1, name=f"{prefix}.logits")
        if layer is not network.layers[-1]:
            rows = _activate(rows, layer, f"{prefix}.activations")
        values.append(rows)
    return values


def _activate(logits: Value, layer: Layer, name: str) -> Value:
    """Return the activations of a layer."""
    activation = layer.activation
    if activation.name not in _OPERATORS:
        raise ModelFileError(f"ONNX has no activation {activation.name!r}; use one of {', '.join(_OPERATORS)}")
    if isinstance(activation, LeakyReLU):
        # ONNX Runtime implements ONNX's own LeakyRelu only for float32.
        return logits.graph.node("Where", logits > 0, logits, logits * activation.slope, name=name, dtype=logits.dtype)
    return logits.graph.node(_OPERATORS[activation.name], logits, name=name)


def _certain(nodes: Value, certainty: OutlierDetector) -> Value:
    """Return for each row of node values whether the image is a digit."""
    network = certainty.network
    *_, logits = _nodes(nodes.cast(network.dtype), network, "certainty")
    verdict = _activate(logits, network.layers[-1], "certainty.verdict").reshape(-1)
    threshold = np.array(certainty.threshold, network.dtype)
    return nodes.graph.node("GreaterOrEqual", verdict, threshold, name="certain", dtype=np.bool_)
