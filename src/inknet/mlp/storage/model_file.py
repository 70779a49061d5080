"""Model files: a pickle of a plain, versioned dictionary.

::

    {"format": "inknet-model", "version": 1,
     "network": {"sizes", "hidden", "output", "bias", "dtype", "parameters", "metadata"},
     "training": {…} or None}

An array is stored as ``{"dtype": "<f4", "shape": (159010,), "data": bytes}``, so that no class is needed to read it.
A checkpoint is a model file whose "training" holds what a resumed training needs.
"""

import math
import pickle
import reprlib
from collections.abc import Container
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from inknet.errors import ModelFileError
from inknet.files import safe_pickle
from inknet.files.atomic_write import write_atomically
from inknet.mlp.activations import ACTIVATIONS
from inknet.mlp.network import Network
from inknet.mlp.parameters import parameter_count

__all__ = ["check_network", "load_model", "save_model"]

_FORMAT = "inknet-model"
_VERSION = 1
#: A file beyond this is not one of ours: a network of 784-3200-3200-10 has 51 MB.
_MAX_BYTES = 1 << 30
#: Lists in lists in lists…: few enough for any recursive function that will ever walk through them.
_MAX_DEPTH = 50
_DTYPES = {"<f4", "<f8", "<i8"}


def save_model(path: str | Path, network: Network, training: dict[str, Any] | None = None) -> None:
    """Save a network, and the state of its training if there is one.

    Raises
    ------
    ModelFileError
        If no program could load the file again: an activation that has no name there, weights that are not finite,
        metadata that are not plain values.
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
    try:
        data = safe_pickle.dumps(_pack(model))
        # What cannot be loaded must not replace what can.
        _read(data)
    except (ValueError, TypeError, AttributeError, RecursionError, pickle.PicklingError) as error:
        raise ModelFileError(f"{path} was not saved, because it could not be loaded again: {error}") from None
    write_atomically(path, data)


def load_model(path: str | Path) -> dict[str, Any]:
    """Return the dictionary in a model file, its network checked so that `Network.from_dict` takes it.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, foreign, or newer than this library. Nothing in it is ever executed.
    """
    path = Path(path)
    try:
        # A device or a pipe has no end, or none yet.
        if path.exists() and not path.is_file():
            raise ModelFileError(f"cannot read the model file {path}: it is not a file")
        # Before it is read: what is far too large is not first brought into memory.
        if path.exists() and path.stat().st_size > _MAX_BYTES:
            raise ModelFileError(f"{path} is not a model file that can be used: it is larger than any of ours")
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise ModelFileError(f"cannot read the model file {path}: {reason}") from None
    try:
        return _read(data)
    except ValueError as error:
        raise ModelFileError(f"{path} is not a model file that can be used: {error}") from None


def _read(data: bytes) -> dict[str, Any]:
    """Return what is in a model file; raise ValueError if it cannot be used."""
    if len(data) > _MAX_BYTES:
        raise ValueError("it is larger than any of ours")
    model = _unpack(safe_pickle.loads(data))
    _check(model)
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


def _unpack(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - any plain value
    """Undo `_pack`."""
    if depth > _MAX_DEPTH:
        raise ValueError(f"its lists or dictionaries are nested deeper than {_MAX_DEPTH}")
    if isinstance(value, dict):
        if value.keys() == {"dtype", "shape", "data"}:
            return _unpack_array(value)
        return {key: _unpack(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_unpack(item, depth + 1) for item in value]
    return value


def _unpack_array(value: dict[str, Any]) -> np.ndarray[Any, Any]:
    dtype, shape, data = value["dtype"], value["shape"], value["data"]
    if not (isinstance(dtype, str) and dtype in _DTYPES):
        raise ValueError(f"an array is of the unknown type {reprlib.repr(dtype)}")
    # The limits keep the product of the shape small: that of a million huge numbers would take hours.
    if not (isinstance(shape, (tuple, list)) and len(shape) <= 4 and all(_is_whole(n, 0) for n in shape)):
        raise ValueError(f"an array has the impossible shape {reprlib.repr(shape)}")
    if not isinstance(data, bytes) or len(data) != math.prod(shape) * np.dtype(dtype).itemsize:
        raise ValueError("an array's bytes do not fill its shape")
    return np.frombuffer(data, dtype=dtype).reshape(shape).astype(np.dtype(dtype).newbyteorder("="))


def _check(model: Any) -> None:  # noqa: ANN401 - it may be anything at all
    """Raise ValueError unless `model` has the form in this module's docstring."""
    if not isinstance(model, dict) or not _is_one_of(model.get("format"), [_FORMAT]):
        raise ValueError("it was not written by inknet")
    version = model.get("version")
    if not _is_whole(version, 1):
        raise ValueError(f"its version is {reprlib.repr(version)}")
    if version != _VERSION:
        raise ValueError(f"it has version {version}, and this inknet knows versions up to {_VERSION}: upgrade inknet")
    if not isinstance(model.get("training", ""), (dict, type(None))):
        raise ValueError("the state of its training is no dictionary")
    check_network(model.get("network"))


def check_network(network: Any) -> None:  # noqa: ANN401 - it may be anything at all
    """Raise ValueError unless `Network.from_dict` takes it, and takes no more memory for it than is there already."""
    keys = {"sizes", "hidden", "output", "bias", "dtype", "parameters", "metadata"}
    if not isinstance(network, dict) or not keys <= network.keys():
        raise ValueError("its network is not whole")
    sizes, hidden, parameters = network["sizes"], network["hidden"], network["parameters"]
    if not (isinstance(sizes, list) and len(sizes) >= 2 and all(_is_whole(size, 1) for size in sizes)):
        raise ValueError(f"its sizes are {reprlib.repr(sizes)}")
    if not isinstance(hidden, list) or len(hidden) != len(sizes) - 2:
        raise ValueError("its layers do not fit its sizes")
    for name in [*hidden, network["output"]]:
        if not _is_one_of(name, ACTIVATIONS):
            raise ValueError(
                f"it uses the activation {reprlib.repr(name)}; add it to inknet.mlp.ACTIVATIONS before loading"
            )
    if "softmax" in hidden or (network["output"] == "softmax" and sizes[-1] == 1):
        raise ValueError("a softmax in it makes no sense")
    if not (_is_one_of(network["bias"], ["node", "layer"]) and _is_one_of(network["dtype"], ["float32", "float64"])):
        raise ValueError("its kind of bias, or of numbers, is unknown")
    if not isinstance(network["metadata"], dict):
        raise ValueError("its metadata is no dictionary")
    shape = (parameter_count(sizes, network["bias"]),)
    if not isinstance(parameters, np.ndarray) or parameters.shape != shape or parameters.dtype != network["dtype"]:
        raise ValueError("its parameters do not fit its sizes")
    if not np.isfinite(parameters).all():
        raise ValueError("its parameters are not finite")


def _is_whole(value: Any, least: int) -> TypeGuard[int]:  # noqa: ANN401 - it may be anything at all
    return type(value) is int and least <= value < 1 << 48


def _is_one_of(value: Any, names: Container[str]) -> bool:  # noqa: ANN401 - it may be anything at all
    return isinstance(value, str) and value in names
