"""Networks as safetensors, the format of Hugging Face's libraries: named arrays, and texts about them.

The arrays are ``layers.0.weights``, of shape (nodes, inputs), ``layers.0.biases``, of shape (nodes,), or (1,) where the
layer shares one, and so on. The texts are what `inknet.exchange.document` has, each as JSON but for format and names;
where an array was in the metadata there is ``{"tensor": NAME}``, and the array has its place among the others.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inknet.exchange.document import FORMAT, Array, describe, read_bytes, rebuild, unusable
from inknet.exchange.state_dict import from_state_dict
from inknet.extras import import_extra
from inknet.files.atomic_write import write_atomically
from inknet.mlp import InputError, ModelFileError, Network

__all__ = ["load_safetensors", "save_safetensors"]

#: As of a model file.
_MAX_BYTES = 1 << 30
#: What is a text of its own; of anything else the text is JSON.
_TEXTS = ("format", "output", "bias", "dtype")


def save_safetensors(path: str | Path, network: Network) -> None:
    """Save a network as safetensors; the names are in this module's docstring.

    Raises
    ------
    ModelFileError
        If it could not be loaded again: weights that are not finite, metadata that JSON has no word for.
    InknetError
        If the library safetensors is not installed.
    OSError
        If the file cannot be written; an older file of that name is then untouched.
    """
    library = import_extra("safetensors.numpy", "a safetensors file")
    tensors: dict[str, Array] = {}
    for index, (weights, biases) in enumerate(network.split(network.parameters)):
        tensors[f"layers.{index}.weights"] = np.ascontiguousarray(weights)
        tensors[f"layers.{index}.biases"] = biases
    own = len(tensors)

    def keep(array: Array) -> dict[str, str]:
        name = f"metadata.{len(tensors) - own}"
        # The library takes the bytes as they lie in memory; a view may have gaps.
        tensors[name] = array.copy()
        return {"tensor": name}

    description = describe(network, keep)
    try:
        texts = {
            name: value if name in _TEXTS else json.dumps(value, ensure_ascii=False, allow_nan=False)
            for name, value in description.items()
        }
        data = library.save(tensors, texts)
        # What cannot be loaded must not replace what can.
        _rebuild(_texts(data), tensors)
    except (RecursionError, TypeError, ValueError) as error:
        raise ModelFileError(f"{path} was not saved, because it could not be loaded again: {error}") from None
    write_atomically(path, data)


def load_safetensors(
    path: str | Path, *, hidden: str | Sequence[str] | None = None, output: str | None = None
) -> Network:
    """Return the network in a file that `save_safetensors` wrote, or in one of PyTorch's.

    Parameters
    ----------
    path : str or Path
    hidden : str, or a sequence with one for each hidden layer
    output : str
        The activations; see `from_state_dict`. Only for a file with the state of a PyTorch `Sequential`, which does
        not name them.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, foreign, or newer than this library.
    InputError
        If activations are given for a file that names its own, or are missing for one that doesn't.
    InknetError
        If the library safetensors is not installed.
    """
    library = import_extra("safetensors.numpy", "a safetensors file")
    failure = import_extra("safetensors", "a safetensors file").SafetensorError
    data = read_bytes(path, _MAX_BYTES)
    try:
        tensors: dict[str, Array] = library.load(data)
        texts = _texts(data)
    except KeyError as error:
        raise unusable(path, f"it holds numbers of the type {error}, which numpy has not; float32 would do") from None
    except (RecursionError, ValueError, failure) as error:
        raise unusable(path, f"it is no safetensors file ({error})") from None
    if texts.get("format") != FORMAT:
        return _from_sequential(path, tensors, hidden, output)
    if hidden is not None or output is not None:
        raise InputError(f"{path} names its own activations: leave yours out")
    try:
        return _rebuild(texts, tensors)
    except (RecursionError, ValueError) as error:
        raise unusable(path, error) from None


def _from_sequential(
    path: str | Path, tensors: dict[str, Array], hidden: str | Sequence[str] | None, output: str | None
) -> Network:
    """Return the network of a PyTorch `Sequential`, whose file says nothing of activations."""
    if output is None or (hidden is None and len(tensors) > 2):
        raise InputError(
            f"{path} does not say its activations: give the hidden layers', such as relu, and the output's"
        )
    try:
        return from_state_dict(tensors, hidden="relu" if hidden is None else hidden, output=output)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _texts(data: bytes) -> dict[str, str]:
    """Return the texts in a safetensors file, which begins with its header's length and its header, in JSON."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return header.get("__metadata__") or {}


def _rebuild(texts: dict[str, str], tensors: dict[str, Array]) -> Network:
    """Return the network that texts and arrays make; raise ValueError if they are not whole."""
    description = {name: text if name in _TEXTS else json.loads(text) for name, text in texts.items()}

    def restore(value: dict[str, Any]) -> Array | None:
        if value.keys() != {"tensor"}:
            return None
        name = value["tensor"]
        if not isinstance(name, str) or name not in tensors:
            raise ValueError("an array of its metadata is missing")
        return tensors[name]

    layers: list[tuple[Array, Array]] = []
    while f"layers.{len(layers)}.weights" in tensors:
        name = f"layers.{len(layers)}"
        layers.append((tensors[f"{name}.weights"], tensors.get(f"{name}.biases", np.zeros(0))))
    return rebuild(description, layers, restore)
