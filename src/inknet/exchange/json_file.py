"""Networks as JSON, readable by programs without Python or array libraries.

::

    {"format": "inknet-network", "version": 1,
     "sizes": [2, 3, 1], "hidden": ["tanh"], "output": "sigmoid", "bias": "node", "dtype": "float32",
     "metadata": {…},
     "layers": [{"weights": [[…, …], …], "biases": […, …, …]}, …]}

The weights of a layer are one list per node; if the layer shares one bias ("bias" is then "layer"), its biases are a
list of one. An array in the metadata is ``{"dtype": "float32", "shape": [2, 2], "values": [1.0, 2.0, 3.0, 4.0]}``.
Numbers have all their digits and are restored bit for bit.
"""

import json
import math
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from inknet.exchange.description import FORMAT, Array, describe, read_bytes, rebuild, unusable
from inknet.files.atomic_write import write_atomically
from inknet.files.json_text import parse_json
from inknet.mlp import ModelFileError, Network
from inknet.mlp.arrays import as_numbers

__all__ = ["load_json", "save_json"]

#: As JSON, a network takes about five times the bytes of its model file, and reading it ten times.
_MAX_BYTES = 1 << 28


def save_json(path: str | Path, network: Network) -> None:
    """Save a network as JSON; the module docstring shows the format.

    Raises
    ------
    ModelFileError
        If it could not be loaded again: its weights are not finite, or JSON cannot represent its metadata.
    OSError
        If the file cannot be written; an existing file is then unchanged.

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
        # Load it, so that a file that works is never replaced by one that does not.
        _read(data)
    except (RecursionError, TypeError, ValueError) as error:
        raise ModelFileError(f"{path} was not saved: it could not be loaded again: {error}") from None
    write_atomically(path, data)


def load_json(path: str | Path) -> Network:
    """Load a network that `save_json` wrote.

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
    """Return the network in a file, or raise ValueError."""
    if len(data) > _MAX_BYTES:
        raise ValueError(f"larger than {_MAX_BYTES:,} bytes; save it as safetensors, which is smaller")
    document = parse_json(data, parse_constant=_refuse_constant)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError("it was not written by inknet")
    try:
        layers = [(layer["weights"], layer["biases"]) for layer in document["layers"]]
    except (KeyError, TypeError):
        raise ValueError("its layers must be a list of weights and biases") from None
    return rebuild(document, layers, _unpack_array)


def _pack_array(array: Array) -> dict[str, Any]:
    return {"dtype": array.dtype.name, "shape": list(array.shape), "values": array.ravel().tolist()}


def _unpack_array(value: dict[str, Any]) -> Array | None:
    """Return the array that a dictionary represents, or None."""
    if value.keys() != {"dtype", "shape", "values"}:
        return None
    dtype, shape, values = value["dtype"], value["shape"], value["values"]
    if dtype not in ("float32", "float64", "int64"):
        raise ValueError(f"an array in its metadata has an unknown dtype, {dtype!r:.50}")
    # The limits bound the time that the product of a malicious shape takes.
    if not (isinstance(shape, list) and len(shape) <= 4 and all(type(n) is int and 0 <= n < 1 << 48 for n in shape)):
        raise ValueError("an array in its metadata has an invalid shape")
    if not isinstance(values, list) or len(values) != math.prod(shape):
        raise ValueError("the values of an array in its metadata do not fit its shape")
    if dtype == "int64":
        # Not via float64, which is exact only up to 2⁵³.
        if not all(type(n) is int and -(1 << 63) <= n < 1 << 63 for n in values):
            raise ValueError("an int64 array in its metadata contains other values")
        return np.array(values, np.int64).reshape(shape)
    return as_numbers(values, "values of an array in its metadata", np.dtype(dtype)).reshape(shape)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it contains {name}")
