"""Model files: a pickle of a plain, versioned dictionary.

::

    {"format": "inknet-model", "version": 1,
     "network": {"sizes", "hidden", "output", "bias", "dtype", "parameters", "metadata"},
     "training": {…} or None}

An array is stored as ``{"dtype": "<f4", "shape": (159010,), "data": bytes}``, so that no class is needed to read it.
A checkpoint is a model file whose "training" holds what a resumed training needs.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np

from inknet.mlp import safe_pickle
from inknet.mlp.activations import ACTIVATIONS
from inknet.mlp.arrays import parameter_count
from inknet.mlp.atomic import write_atomically
from inknet.mlp.checks import check_sizes
from inknet.mlp.errors import InputError, ModelFileError
from inknet.mlp.network import Network

__all__ = ["load_model", "save_model"]

_FORMAT = "inknet-model"
_VERSION = 1
#: A file beyond this is not one of ours: a network of 784-3200-3200-10 has 51 MB.
_MAX_BYTES = 1 << 30
_DTYPES = {"<f4", "<f8", "<i8"}


def save_model(path: str | Path, network: Network, training: dict[str, Any] | None = None) -> None:
    """Save a network, and the state of its training if there is one.

    Raises
    ------
    ModelFileError
        If an activation is one that no other program could look up by its name.
    OSError
        If the file cannot be written; an older file of that name is then untouched.
    """
    for layer in network.layers:
        if layer.activation.name not in ACTIVATIONS:
            raise ModelFileError(
                f"the activation {layer.activation.name!r} is not in inknet.mlp.ACTIVATIONS, and a file stores only"
                " its name; add it there before saving, and before loading"
            )
    model = {"format": _FORMAT, "version": _VERSION, "network": network.to_dict(), "training": training}
    write_atomically(path, safe_pickle.dumps(_pack(model)))


def load_model(path: str | Path) -> dict[str, Any]:
    """Return the dictionary in a model file, its network checked so that `Network.from_dict` takes it.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, foreign, or newer than this library. Nothing in it is ever executed.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ModelFileError(f"{path} is no inknet model: it is larger than any of ours")
        data = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"cannot read the model file {path}: {error.strerror or error}") from None
    try:
        model = _unpack(safe_pickle.loads(data))
        _check(model)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} is not a model file that can be used: {error}") from None
    return dict(model)


def _pack(value: Any) -> Any:  # noqa: ANN401 - any plain value
    """Replace every array by a dictionary of plain values."""
    if isinstance(value, np.ndarray):
        little = value.astype(value.dtype.newbyteorder("<"), copy=False)
        return {"dtype": little.dtype.str, "shape": little.shape, "data": little.tobytes()}
    if isinstance(value, dict):
        return {key: _pack(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_pack(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


def _unpack(value: Any) -> Any:  # noqa: ANN401 - any plain value
    """Undo `_pack`."""
    if isinstance(value, dict):
        return _unpack_array(value) if value.keys() == {"dtype", "shape", "data"} else _unpack_items(value)
    if isinstance(value, list):
        return [_unpack(item) for item in value]
    return value


def _unpack_items(value: dict[Any, Any]) -> dict[Any, Any]:
    return {key: _unpack(item) for key, item in value.items()}


def _unpack_array(value: dict[str, Any]) -> np.ndarray[Any, Any]:
    dtype, shape, data = value["dtype"], value["shape"], value["data"]
    if not (isinstance(dtype, str) and dtype in _DTYPES):
        raise ValueError(f"an array is of the unknown type {dtype!r}")
    if not (isinstance(shape, (tuple, list)) and all(type(n) is int and n >= 0 for n in shape)):
        raise ValueError(f"an array has the impossible shape {shape!r}")
    if not isinstance(data, bytes) or len(data) != math.prod(shape) * np.dtype(dtype).itemsize:
        raise ValueError("an array's bytes do not fill its shape")
    return np.frombuffer(data, dtype=dtype).reshape(shape).astype(np.dtype(dtype).newbyteorder("="))


def _check(model: Any) -> None:  # noqa: ANN401 - it may be anything at all
    """Raise ValueError unless `model` has the form in this module's docstring."""
    if not isinstance(model, dict) or model.get("format") != _FORMAT:
        raise ValueError("it was not written by inknet")
    version = model.get("version")
    if not isinstance(version, int) or version < 1:
        raise ValueError(f"its version is {version!r}")
    if version > _VERSION:
        raise ValueError(f"it has version {version}, and this inknet knows versions up to {_VERSION}: upgrade inknet")
    network = model.get("network")
    keys = {"sizes", "hidden", "output", "bias", "dtype", "parameters", "metadata"}
    if not isinstance(network, dict) or not keys <= network.keys():
        raise ValueError("its network is not whole")
    if not (isinstance(network["sizes"], list) and isinstance(network["hidden"], list)):
        raise ValueError("its sizes or its hidden activations are no list")
    names = [*network["hidden"], network["output"]]
    unknown = [name for name in names if not (isinstance(name, str) and name in ACTIVATIONS)]
    if unknown:
        raise ValueError(f"it uses the activation {unknown[0]!r}; add it to inknet.mlp.ACTIVATIONS before loading")
    if not isinstance(network["metadata"], dict) or not isinstance(model.get("training", {}), (dict, type(None))):
        raise ValueError("its metadata is no dictionary")
    parameters = network["parameters"]
    try:
        count = parameter_count(check_sizes(network["sizes"]), network["bias"])
    except InputError as error:
        raise ValueError(str(error)) from None
    if not isinstance(parameters, np.ndarray) or parameters.shape != (count,) or parameters.dtype != network["dtype"]:
        raise ValueError("its parameters do not fit its sizes")
    if not np.isfinite(parameters).all():
        raise ValueError("its parameters are not finite")
    if network["bias"] not in {"node", "layer"} or len(names) != len(network["sizes"]) - 1:
        raise ValueError("its layers do not fit its sizes")
    if "softmax" in network["hidden"]:
        raise ValueError("a hidden layer of it is a softmax")
