"""Model files: a pickle of a plain, versioned dictionary.

::

    {"format": "inknet-model", "version": 1,
     "network": {"sizes", "hidden", "output", "bias", "dtype", "parameters", "metadata"},
     "training": {…} or None}

An array is stored as ``{"dtype": "<f4", "shape": (159010,), "data": bytes}``, so that reading it needs no class. A
checkpoint is a model file whose "training" holds the state of a training.
"""

import math
import pickle
import reprlib
import stat
from collections.abc import Container
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from inknet.errors import ModelFileError
from inknet.files import safe_pickle
from inknet.files.atomic_write import write_atomically
from inknet.mlp.activations import ACTIVATIONS
from inknet.mlp.parameters import parameter_count
from inknet.mlp.perceptron import MultilayerPerceptron

__all__ = ["check_network", "load_model", "save_model"]

_FORMAT = "inknet-model"
_VERSION = 1
#: Refuses files that are far too large: a network of 784-3200-3200-10 takes 51 MB.
_MAX_BYTES = 1 << 30
#: Limit on nested lists and dictionaries, below Python's limit on recursion.
_MAX_DEPTH = 50
_DTYPES = {"<f4", "<f8", "<i8"}


def save_model(path: str | Path, network: MultilayerPerceptron, training: dict[str, Any] | None = None) -> None:
    """Save a network, and the state of its training, if any.

    Raises
    ------
    ModelFileError
        If the file could not be loaded again: an activation that is not registered, weights that are not finite,
        metadata that are not plain values.
    OSError
        If the file cannot be written; an existing file is then untouched.
    """
    for layer in network.layers:
        if layer.activation.name not in ACTIVATIONS:
            raise ModelFileError(
                f"activation {layer.activation.name!r} must be in inknet.mlp.ACTIVATIONS, since a file stores only its"
                " name; add it before saving and before loading"
            )
    model = {"format": _FORMAT, "version": _VERSION, "network": network.to_dict(), "training": training}
    try:
        data = safe_pickle.dumps(_pack(model))
        # A file that cannot be loaded must not replace one that can.
        _read(data)
    except (ValueError, TypeError, AttributeError, RecursionError, pickle.PicklingError) as error:
        raise ModelFileError(f"{path} was not saved, as it could not be loaded again: {error}") from None
    write_atomically(path, data)


def load_model(path: str | Path) -> dict[str, Any]:
    """Return the contents of a model file, its network checked for `Network.from_dict`.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, foreign, or newer than this library. Loading never executes code.
    """
    path = Path(path)
    try:
        status = path.stat()
        # Reading a device or a pipe may never end.
        if not stat.S_ISREG(status.st_mode):
            raise ModelFileError(f"cannot read the model file {path}: it is not a file")
        # Checked before reading, so that a huge file does not fill the memory.
        if status.st_size > _MAX_BYTES:
            raise ModelFileError(f"{path} is not a model file: larger than {_MAX_BYTES:,} bytes")
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise ModelFileError(f"cannot read the model file {path}: {reason}") from None
    try:
        return _read(data)
    except ValueError as error:
        raise ModelFileError(f"{path} is not a model file: {error}") from None


def _read(data: bytes) -> dict[str, Any]:
    """Return the contents of a model file; raise ValueError if they are invalid."""
    if len(data) > _MAX_BYTES:
        raise ValueError(f"larger than {_MAX_BYTES:,} bytes")
    model = _unpack(safe_pickle.loads(data))
    _check(model)
    return model


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
        raise ValueError(f"lists or dictionaries are nested deeper than {_MAX_DEPTH}")
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
        raise ValueError(f"an array has the unknown type {reprlib.repr(dtype)}")
    # Limits the product of the shape: that of a million huge integers would take hours.
    if not (isinstance(shape, (tuple, list)) and len(shape) <= 4 and all(_is_integer(n, 0) for n in shape)):
        raise ValueError(f"an array has the invalid shape {reprlib.repr(shape)}")
    if not isinstance(data, bytes) or len(data) != math.prod(shape) * np.dtype(dtype).itemsize:
        raise ValueError("an array's bytes do not fill its shape")
    return np.frombuffer(data, dtype=dtype).reshape(shape).astype(np.dtype(dtype).newbyteorder("="))


def _check(model: Any) -> None:  # noqa: ANN401 - it may be anything at all
    """Raise ValueError unless `model` has the layout in this module's docstring."""
    if not isinstance(model, dict) or not _is_one_of(model.get("format"), [_FORMAT]):
        raise ValueError("not written by inknet")
    version = model.get("version")
    if not _is_integer(version, 1):
        raise ValueError(f"version must be a positive integer, got {reprlib.repr(version)}")
    if version != _VERSION:
        raise ValueError(f"version must be at most {_VERSION}, got {version}; upgrade inknet")
    if not isinstance(model.get("training", ""), (dict, type(None))):
        raise ValueError("the state of the training is not a dictionary")
    check_network(model.get("network"))


def check_network(network: Any) -> None:  # noqa: ANN401 - it may be anything at all
    """Raise ValueError unless `Network.from_dict` accepts it, with no more memory than its parameters take already."""
    keys = {"sizes", "hidden", "output", "bias", "dtype", "parameters", "metadata"}
    if not isinstance(network, dict) or not keys <= network.keys():
        raise ValueError("its network is incomplete")
    sizes, hidden, parameters = network["sizes"], network["hidden"], network["parameters"]
    if not (isinstance(sizes, list) and len(sizes) >= 2 and all(_is_integer(size, 1) for size in sizes)):
        raise ValueError(f"sizes must be at least two positive integers, got {reprlib.repr(sizes)}")
    if not isinstance(hidden, list) or len(hidden) != len(sizes) - 2:
        raise ValueError("its layers do not fit its sizes")
    for name in [*hidden, network["output"]]:
        if not _is_one_of(name, ACTIVATIONS):
            raise ValueError(
                f"unknown activation {reprlib.repr(name)}; add it to inknet.mlp.ACTIVATIONS before loading"
            )
    if any(ACTIVATIONS[name].couples_nodes for name in hidden) or (
        ACTIVATIONS[network["output"]].couples_nodes and sizes[-1] == 1
    ):
        raise ValueError("a softmax must be the output's, with at least two outputs")
    if not (_is_one_of(network["bias"], ["node", "layer"]) and _is_one_of(network["dtype"], ["float32", "float64"])):
        raise ValueError("its bias or dtype is unknown")
    if not isinstance(network["metadata"], dict):
        raise ValueError("its metadata is not a dictionary")
    shape = (parameter_count(sizes, network["bias"]),)
    if not isinstance(parameters, np.ndarray) or parameters.shape != shape or parameters.dtype != network["dtype"]:
        raise ValueError("its parameters do not fit its sizes")
    if not np.isfinite(parameters).all():
        raise ValueError("its parameters are not finite")


def _is_integer(value: Any, least: int) -> TypeGuard[int]:  # noqa: ANN401 - it may be anything at all
    return type(value) is int and least <= value < 1 << 48


def _is_one_of(value: Any, names: Container[str]) -> bool:  # noqa: ANN401 - it may be anything at all
    return isinstance(value, str) and value in names
