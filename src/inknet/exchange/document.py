"""What JSON and safetensors files say of a network beside its weights and biases.

::

    {"format": "inknet-network", "version": 1,
     "sizes": [784, 200, 10], "hidden": ["relu"], "output": "softmax", "bias": "node", "dtype": "float32",
     "metadata": {…}}

Metadata are plain values, but may have arrays in them, for which each file format has its own place.
"""

import reprlib
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inknet.mlp import ModelFileError, Network
from inknet.mlp.checks import as_numbers
from inknet.mlp.storage.model_file import check_network

__all__ = ["FORMAT", "Array", "check_exportable", "describe", "read_bytes", "rebuild", "unusable"]

FORMAT = "inknet-network"
_VERSION = 1
#: Lists in lists in lists…: as deep as a model file may have them.
_MAX_DEPTH = 50
_DTYPES = ("float32", "float64", "int64")

Array = NDArray[Any]


def check_exportable(network: Network) -> None:
    """Refuse a network that nobody could load again.

    Raises
    ------
    ModelFileError
        If its weights are not finite, or an activation has no name in `inknet.mlp.ACTIVATIONS`.
    """
    try:
        check_network(network.to_dict())
    except ValueError as error:
        raise ModelFileError(f"this network cannot be exported: {error}") from None


def describe(network: Network, keep: Callable[[Array], object]) -> dict[str, Any]:
    """Return the dictionary in this module's docstring.

    Parameters
    ----------
    network : Network
    keep : function
        Called with each array in the metadata; what it returns stands in its place.

    Raises
    ------
    ModelFileError
        If nobody could load it again.
    """
    check_exportable(network)
    values = network.to_dict()
    del values["parameters"]
    return {"format": FORMAT, "version": _VERSION, **values, "metadata": _pack(values["metadata"], keep)}


def rebuild(
    description: Mapping[str, Any],
    layers: Sequence[tuple[ArrayLike, ArrayLike]],
    restore: Callable[[dict[str, Any]], Array | None],
) -> Network:
    """Return the network of a description and its layers.

    Parameters
    ----------
    description : mapping
        What `describe` returned, and was in a file meanwhile.
    layers : sequence of (weights, biases)
        Of each layer, of shape (nodes, inputs) and (nodes,), or (1,) where the layer shares one bias.
    restore : function
        Called with each dictionary in the metadata; returns the array that it stands for, or None.

    Raises
    ------
    ValueError
        If they are not whole; the text is the end of a sentence that began with the file.
    """
    version = description.get("version")
    if type(version) is not int or version < 1:
        raise ValueError(f"its version is {reprlib.repr(version)}")
    if version > _VERSION:
        raise ValueError(f"it has version {version}, and this inknet knows versions up to {_VERSION}: upgrade inknet")
    dtype = description.get("dtype")
    if dtype not in ("float32", "float64"):
        raise ValueError("its kind of numbers is unknown")
    arrays = [
        (as_numbers(weights, "weights", np.dtype(dtype)), as_numbers(biases, "biases", np.dtype(dtype)))
        for weights, biases in layers
    ]
    flat = [part.ravel() for pair in arrays for part in pair]
    values = {
        **{name: description[name] for name in ("sizes", "hidden", "output", "bias", "dtype") if name in description},
        "parameters": np.concatenate(flat) if flat else np.zeros(0, dtype),
        "metadata": _unpack(description.get("metadata"), restore),
    }
    check_network(values)
    # As many numbers as the sizes need may still stand in other rows and columns.
    shapes = [weights.shape for weights, _ in arrays]
    if shapes != [(nodes, inputs) for inputs, nodes in pairwise(values["sizes"])]:
        raise ValueError(f"its weights, of the shapes {reprlib.repr(shapes)}, do not fit its sizes")
    return Network.from_dict(values)


def read_bytes(path: str | Path, most: int) -> bytes:
    """Return what is in a file of at most so many bytes.

    Raises
    ------
    ModelFileError
        If it is larger, no file, or cannot be read.
    """
    path = Path(path)
    try:
        # A device or a pipe has no end, or none yet.
        if path.exists() and not path.is_file():
            raise ModelFileError(f"cannot read {path}: it is not a file")
        with path.open("rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise ModelFileError(f"cannot read {path}: {reason}") from None
    if len(data) > most:
        raise unusable(path, "it is larger than any of ours")
    return data


def unusable(path: str | Path, reason: object) -> ModelFileError:
    """Return the error that says why a file cannot be used, in one line of a bearable length."""
    text = " ".join(str(reason).split())
    return ModelFileError(f"{path} is not a network that can be used: {text[:200]}{'…' if len(text) > 200 else ''}")


def _pack(value: Any, keep: Callable[[Array], object]) -> Any:  # noqa: ANN401 - any plain value
    """Return metadata as JSON can have them."""
    if isinstance(value, np.ndarray):
        if value.dtype.name not in _DTYPES:
            raise ModelFileError(f"the metadata hold an array of {value.dtype}; it can be of {', '.join(_DTYPES)}")
        return keep(value)
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise ModelFileError("the metadata hold a dictionary with keys that are no texts")
        return {key: _pack(item, keep) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_pack(item, keep) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _unpack(value: Any, restore: Callable[[dict[str, Any]], Array | None], depth: int = 0) -> Any:  # noqa: ANN401 - any plain value
    """Undo `_pack`."""
    if depth > _MAX_DEPTH:
        raise ValueError(f"its lists or dictionaries are nested deeper than {_MAX_DEPTH}")
    if isinstance(value, dict):
        array = restore(value)
        if array is not None:
            return array
        return {key: _unpack(item, restore, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_unpack(item, restore, depth + 1) for item in value]
    return value
