"""The description of a network in JSON and safetensors files: everything except its weights and biases.

::

    {"format": "inknet-network", "version": 1,
     "sizes": [784, 200, 10], "hidden": ["relu"], "output": "softmax", "bias": "node", "dtype": "float32",
     "metadata": {…}}

The metadata are plain values and arrays; each file format stores the arrays in its own way.
"""

import reprlib
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inknet.mlp import ModelFileError, Network
from inknet.mlp.arrays import as_numbers
from inknet.mlp.storage.model_file import check_network

__all__ = ["FORMAT", "Array", "check_exportable", "describe", "read_bytes", "rebuild", "unusable"]

FORMAT = "inknet-network"
_VERSION = 1
#: Of lists and dictionaries; the same limit as in a model file.
_MAX_DEPTH = 50
_DTYPES = ("float32", "float64", "int64")

Array = NDArray[Any]


def check_exportable(network: Network) -> None:
    """Raise `ModelFileError` if a network has weights that are not finite, or a user-defined activation."""
    try:
        check_network(network.to_dict())
    except ValueError as error:
        raise ModelFileError(f"this network cannot be exported: {error}") from None


def describe(network: Network, keep: Callable[[Array], object]) -> dict[str, Any]:
    """Return the description of a network; see the module docstring.

    `keep` is called with each array in the metadata, and returns the value that replaces it. Raises `ModelFileError` if
    the network could not be loaded again.
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
    """Return the network with this description and these layers.

    Each layer has weights of shape (nodes, inputs), and biases of shape (nodes,), or (1,) if it shares one. `restore`
    is called with each dictionary in the metadata, and returns the array that it replaced, or None.

    Raises
    ------
    ValueError
        If they are invalid; the text is the second half of a sentence about the file.
    """
    version = description.get("version")
    if type(version) is not int or version < 1:
        raise ValueError(f"its version must be a positive integer, got {reprlib.repr(version)}")
    if version > _VERSION:
        raise ValueError(f"it has version {version}, but this inknet reads versions up to {_VERSION}: upgrade inknet")
    dtype = description.get("dtype")
    if dtype not in ("float32", "float64"):
        raise ValueError(f"its dtype must be float32 or float64, got {reprlib.repr(dtype)}")
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
    # The right number of weights may still have the wrong shapes.
    shapes = [weights.shape for weights, _ in arrays]
    if shapes != [(nodes, inputs) for inputs, nodes in pairwise(values["sizes"])]:
        raise ValueError(f"its weights of shapes {reprlib.repr(shapes)} do not fit its sizes")
    return Network.from_dict(values)


def read_bytes(path: str | Path, limit: int) -> bytes:
    """Return the content of a regular file of at most `limit` bytes, or raise `ModelFileError`."""
    path = Path(path)
    try:
        # A device or a pipe may be endless.
        if path.exists() and not path.is_file():
            raise ModelFileError(f"cannot read {path}: it is not a file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise ModelFileError(f"cannot read {path}: {reason}") from None
    if len(data) > limit:
        raise unusable(path, f"larger than {limit:,} bytes")
    return data


def unusable(path: str | Path, reason: object) -> ModelFileError:
    """Return the error for an invalid file: one line of limited length."""
    text = " ".join(str(reason).split())
    return ModelFileError(f"{path} is not a valid network file: {text[:200]}{'…' if len(text) > 200 else ''}")


def _pack(value: Any, keep: Callable[[Array], object]) -> Any:  # noqa: ANN401 - any plain value
    """Return metadata as values that JSON can represent."""
    if isinstance(value, np.ndarray):
        if value.dtype.name not in _DTYPES:
            raise ModelFileError(f"arrays in the metadata must be of {', '.join(_DTYPES)}, got {value.dtype}")
        return keep(value)
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise ModelFileError("the keys of dictionaries in the metadata must be strings")
        return {key: _pack(item, keep) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_pack(item, keep) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _unpack(value: Any, restore: Callable[[dict[str, Any]], Array | None], depth: int = 0) -> Any:  # noqa: ANN401 - any plain value
    """Reverse `_pack`."""
    if depth > _MAX_DEPTH:
        raise ValueError(f"its metadata are nested deeper than {_MAX_DEPTH}")
    if isinstance(value, dict):
        array = restore(value)
        if array is not None:
            return array
        return {key: _unpack(item, restore, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_unpack(item, restore, depth + 1) for item in value]
    return value
