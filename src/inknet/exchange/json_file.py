"""Networks as JSON, for programs that know neither Python nor arrays.

::

    {"format": "inknet-network", "version": 1,
     "sizes": [2, 3, 1], "hidden": ["tanh"], "output": "sigmoid", "bias": "node", "dtype": "float32",
     "metadata": {…},
     "layers": [{"weights": [[…, …], …], "biases": […, …, …]}, …]}

A layer's weights are a list a node; where a layer shares one bias ("bias" is then "layer"), its biases are a list of
one. An array in the metadata is ``{"dtype": "float32", "shape": [2, 2], "values": [1.0, 2.0, 3.0, 4.0]}``. Every
number is written with all its digits, and so comes back to the same bits.
"""

import json
import math
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from inknet.exchange.document import FORMAT, Array, describe, read_bytes, rebuild, unusable
from inknet.files.atomic_write import write_atomically
from inknet.mlp import ModelFileError, Network
from inknet.mlp.checks import as_numbers

__all__ = ["load_json", "save_json"]

#: The numbers of a network take some five times as many bytes as in a model file, and twice that to read.
_MAX_BYTES = 1 << 28


def save_json(path: str | Path, network: Network) -> None:
    """Save a network as JSON; the form is in this module's docstring.

    Raises
    ------
    ModelFileError
        If it could not be loaded again: weights that are not finite, metadata that JSON has no word for.
    OSError
        If the file cannot be written; an older file of that name is then untouched.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "xor.json"
    >>> save_json(path, Network([2, 2, 1], output="sigmoid"))
    >>> load_json(path)
    Network(2 → 2 relu → 1 sigmoid, 9 parameters)
    """
    document = describe(network, _pack_array)
    document["layers"] = [
        {"weights": weights.tolist(), "biases": biases.tolist()}
        for weights, biases in network.split(network.parameters)
    ]
    try:
        data = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
        # What cannot be loaded must not replace what can.
        _read(data)
    except (RecursionError, TypeError, ValueError) as error:
        raise ModelFileError(f"{path} was not saved, because it could not be loaded again: {error}") from None
    write_atomically(path, data)


def load_json(path: str | Path) -> Network:
    """Return the network in a file that `save_json` wrote.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, foreign, or newer than this library.
    """
    data = read_bytes(path, _MAX_BYTES)
    try:
        return _read(data)
    except ValueError as error:
        raise unusable(path, error) from None


def _read(data: bytes) -> Network:
    """Return the network in a file; raise ValueError if it cannot be used."""
    if len(data) > _MAX_BYTES:
        raise ValueError("it is larger than any of ours; safetensors is smaller")
    try:
        document = json.loads(data, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("its lists are nested too deep") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError("it was not written by inknet")
    try:
        layers = [(layer["weights"], layer["biases"]) for layer in document["layers"]]
    except (KeyError, TypeError):
        raise ValueError("its layers are not whole") from None
    return rebuild(document, layers, _unpack_array)


def _pack_array(array: Array) -> dict[str, Any]:
    return {"dtype": array.dtype.name, "shape": list(array.shape), "values": array.ravel().tolist()}


def _unpack_array(value: dict[str, Any]) -> Array | None:
    """Return the array that a dictionary stands for, or None if it is a dictionary."""
    if value.keys() != {"dtype", "shape", "values"}:
        return None
    dtype, shape, values = value["dtype"], value["shape"], value["values"]
    if dtype not in ("float32", "float64", "int64"):
        raise ValueError("an array in its metadata is of an unknown type")
    # The limits keep the product of the shape small: that of a million huge numbers would take hours.
    if not (isinstance(shape, list) and len(shape) <= 4 and all(type(n) is int and 0 <= n < 1 << 48 for n in shape)):
        raise ValueError("an array in its metadata has an impossible shape")
    if not isinstance(values, list) or len(values) != math.prod(shape):
        raise ValueError("the values of an array in its metadata do not fill its shape")
    if dtype == "int64":
        # Not by way of floating point, which has no whole numbers beyond 2⁵³.
        if not all(type(n) is int and -(1 << 63) <= n < 1 << 63 for n in values):
            raise ValueError("an array in its metadata holds what is no whole number")
        return np.array(values, np.int64).reshape(shape)
    return as_numbers(values, "values of an array in its metadata", np.dtype(dtype)).reshape(shape)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}")
