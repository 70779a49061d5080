"""Networks as safetensors, the format of Hugging Face's libraries: named arrays and a dictionary of strings.

The arrays are ``layers.0.weights``, of shape (nodes, inputs), ``layers.0.biases``, of shape (nodes,), or (1,) if the
layer shares one bias, and so on. The strings are the values of `inknet.exchange.description`: names as they are, the
others as JSON. An array in the metadata is stored with the others, and replaced by ``{"tensor": NAME}``.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inknet.exchange.description import FORMAT, Array, describe, read_bytes, rebuild, unusable
from inknet.exchange.state_dict import by_number, from_state_dict
from inknet.extras import import_extra
from inknet.files.atomic_write import write_atomically
from inknet.files.json_text import parse_json
from inknet.mlp import InputError, ModelFileError, Network

__all__ = ["load_safetensors", "save_safetensors"]

#: As for a model file.
_MAX_BYTES = 1 << 30
#: Stored as they are; the other values are stored as JSON.
_NAMES = ("format", "output", "bias", "dtype")


def save_safetensors(path: str | Path, network: Network) -> None:
    """Save a network as safetensors; the module docstring describes the format.

    Raises
    ------
    ModelFileError
        If it could not be loaded again: its weights are not finite, or JSON cannot represent its metadata.
    MissingExtraError
        If the package safetensors is not installed.
    OSError
        If the file cannot be written; an existing file is then unchanged.
    """
    library = import_extra("safetensors.numpy", "a safetensors file")
    tensors: dict[str, Array] = {}
    for index, (weights, biases) in enumerate(network.split(network.parameters)):
        tensors[f"layers.{index}.weights"] = np.ascontiguousarray(weights)
        tensors[f"layers.{index}.biases"] = biases
    own = len(tensors)

    def keep(array: Array) -> dict[str, str]:
        name = f"metadata.{len(tensors) - own}"
        # safetensors ignores strides, so a view must be copied.
        tensors[name] = array.copy()
        return {"tensor": name}

    description = describe(network, keep)
    try:
        texts = {
            name: value if name in _NAMES else json.dumps(value, ensure_ascii=False, allow_nan=False)
            for name, value in description.items()
        }
        data = library.save(tensors, texts)
        # Load it, so that a file that works is never replaced by one that does not.
        _rebuild(_texts(data), tensors)
    except (RecursionError, TypeError, ValueError) as error:
        raise ModelFileError(f"{path} was not saved: it could not be loaded again: {error}") from None
    write_atomically(path, data)


def load_safetensors(
    path: str | Path,
    *,
    hidden: str | Sequence[str] | None = None,
    output: str | None = None,
    layers: Sequence[str] | None = None,
) -> Network:
    """Load a network that `save_safetensors` or PyTorch wrote.

    Parameters
    ----------
    path : str or Path
    hidden : str, or sequence of str with one per hidden layer
    output : str
    layers : sequence of str or None
        The activations, and the names of the layers from the first to the last; see `from_state_dict`. Only for the
        state of a PyTorch `Sequential`, which does not contain them. The order is needed unless the names differ only
        in numbers: a file has none.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, foreign, or newer than this library.
    InputError
        If activations or an order are given for a file that contains them, or missing for one that does not.
    MissingExtraError
        If the package safetensors is not installed.
    """
    library = import_extra("safetensors.numpy", "a safetensors file")
    failure = import_extra("safetensors", "a safetensors file").SafetensorError
    data = read_bytes(path, _MAX_BYTES)
    try:
        tensors: dict[str, Array] = library.load(data)
        texts = _texts(data)
    except KeyError as error:
        raise unusable(path, f"numpy has no dtype {error}; convert the tensors to float32") from None
    except (RecursionError, ValueError, failure) as error:
        raise unusable(path, f"it is not a safetensors file ({error})") from None
    if texts.get("format") != FORMAT:
        return _from_sequential(path, tensors, hidden, output, layers)
    if (hidden, output, layers) != (None, None, None):
        raise InputError(f"{path} contains its activations: leave out hidden, output and layers")
    try:
        return _rebuild(texts, tensors)
    except (RecursionError, ValueError) as error:
        raise unusable(path, error) from None


def _from_sequential(
    path: str | Path,
    tensors: dict[str, Array],
    hidden: str | Sequence[str] | None,
    output: str | None,
    layers: Sequence[str] | None,
) -> Network:
    """Return the network of a PyTorch `Sequential`."""
    if output is None or (hidden is None and len(tensors) > 2):
        raise InputError(
            f"{path} does not contain its activations: pass those of the hidden layers, such as relu, and of the output"
        )
    names = sorted({name.rpartition(".")[0] for name in tensors})
    if layers is None and by_number(names) is None:
        raise InputError(
            f"{path} does not say in which order its layers are: pass layers, {', '.join(names)}, in order"
        )
    try:
        return from_state_dict(tensors, hidden="relu" if hidden is None else hidden, output=output, layers=layers)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _texts(data: bytes) -> dict[str, str]:
    """Return the strings in the header of a safetensors file: the length of the header, then the header as JSON."""
    header = parse_json(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return header.get("__metadata__") or {}


def _rebuild(texts: dict[str, str], tensors: dict[str, Array]) -> Network:
    """Return the network of these strings and arrays, or raise ValueError."""
    description = {name: text if name in _NAMES else parse_json(text) for name, text in texts.items()}

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
