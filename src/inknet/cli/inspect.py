"""``inknet inspect``: describe a model file, one of its layers, or one node."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from inknet.cli.output import print_json, printable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.text import Text

    from inknet.mlp import Layer, Network


def inspect(
    model: Annotated[Path, typer.Argument(help="The model file.", metavar="MODEL")],
    layer: Annotated[int | None, typer.Option(help="The index of a layer, from 0.")] = None,
    node: Annotated[int | None, typer.Option(help="The index of a node in that layer, from 0.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Describe a model: the whole network, one layer, or one node.

    Layers and nodes are counted from 0; the input does not count as a layer.

    For example:

      inknet inspect models/digits-784-200-10.pkl

      inknet inspect models/digits-784-200-10.pkl --layer 0 --node 17
    """
    from inknet.digits.grid import PIXELS
    from inknet.mlp import Network

    network = Network.load(model)
    if layer is None and node is not None:
        raise TyperException("--node needs --layer")
    if layer is not None and not 0 <= layer < len(network.layers):
        raise TyperException(f"--layer must be from 0 to {len(network.layers) - 1}, got {layer}")
    if layer is None:
        values: dict[str, Any] = {"model": str(model), **_describe_network(network)}
    elif node is None:
        values = {"model": str(model), "layer": layer, **_describe_layer(network.layers[layer])}
    else:
        if not 0 <= node < len(network.layers[layer]):
            raise TyperException(f"--node must be from 0 to {len(network.layers[layer]) - 1}, got {node}")
        values = {"model": str(model), "layer": layer, "node": node, **_describe_node(network, layer, node)}
    if as_json:
        print_json(values)
        return
    picture = None
    if layer is not None and node is not None and network.layers[layer].inputs == PIXELS:
        picture = _picture(network.layers[layer].nodes[node].weights)
    _print(values, picture)


def _describe_network(network: "Network") -> dict[str, Any]:
    return {
        "network": repr(network),
        "sizes": list(network.sizes),
        "activations": [layer.activation.name for layer in network.layers],
        "bias": network.bias,
        "dtype": network.dtype.name,
        "parameter_count": network.parameter_count,
        "metadata": _without_arrays(network.metadata),
    }


def _without_arrays(value: object) -> object:
    """Replace the arrays in metadata, which JSON cannot represent, by their shapes."""
    if isinstance(value, dict):
        return {key: _without_arrays(item) for key, item in value.items()}
    shape = getattr(value, "shape", None)
    return value if shape is None else f"array of shape {shape}"


def _describe_layer(layer: "Layer") -> dict[str, Any]:
    return {
        "nodes": len(layer),
        "inputs": layer.inputs,
        "activation": layer.activation.name,
        "weights": _statistics(layer.weights),
        "biases": _statistics(layer.biases),
    }


def _describe_node(network: "Network", layer: int, index: int) -> dict[str, Any]:
    """Describe a node: its bias, and its strongest connections to the layers below and above."""
    import numpy as np

    node = network.layers[layer].nodes[index]
    strongest = np.argsort(-np.abs(node.weights))[:5]
    values: dict[str, Any] = {
        "bias": float(node.bias),
        "weights": _statistics(node.weights),
        "strongest_inputs": [{"input": int(i), "weight": float(node.weights[i])} for i in strongest],
    }
    if layer + 1 < len(network.layers):
        onward = network.layers[layer + 1].weights[:, index]
        strongest = np.argsort(-np.abs(onward))[:5]
        values["strongest_outputs"] = [{"node": int(i), "weight": float(onward[i])} for i in strongest]
    return values


def _statistics(values: "NDArray[np.floating]") -> dict[str, float]:
    # In float64, so that the squares of large float32 values do not overflow.
    wide = values.astype("float64")
    figures = {"min": wide.min(), "max": wide.max(), "mean": wide.mean(), "sd": wide.std()}
    return {name: float(figure) for name, figure in figures.items()}


def _picture(weights: "NDArray[np.floating]") -> "Text":
    """Draw the weights of a node as an image, two pixels per character: positive ones orange, negative ones blue."""
    import numpy as np
    from rich.text import Text

    from inknet.digits.grid import GRID

    shades = np.clip(weights.reshape(GRID, GRID) / max(float(np.abs(weights).max()), 1e-9), -1, 1)
    picture = Text()
    for row in range(0, GRID, 2):
        for column in range(GRID):
            picture.append("▀", style=f"{_color(shades[row, column])} on {_color(shades[row + 1, column])}")
        picture.append("\n")
    return picture


def _color(shade: float) -> str:
    """Return the color of a shade from -1 (blue) over 0 (white) to 1 (orange)."""
    toward = (230, 97, 1) if shade > 0 else (33, 102, 172)
    red, green, blue = (round(255 + abs(float(shade)) * (end - 255)) for end in toward)
    return f"rgb({red},{green},{blue})"


def _print(values: dict[str, Any], picture: "Text | None") -> None:
    """Print a description as text, with the picture if the terminal has colors."""
    from rich.console import Console

    for name, value in values.items():
        print(f"{name.replace('_', ' ')}: {printable(_text(value))}")
    console = Console()
    if picture is not None and console.color_system is not None:
        console.print(picture)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {_text(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "; ".join(_text(item) for item in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
