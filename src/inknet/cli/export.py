"""``inknet export``: write a model to a file for other tools."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from inknet.cli.completion import one_of
from inknet.cli.output import print_json, printable

if TYPE_CHECKING:
    from inknet.mlp import Network

#: The formats and their default file endings; a model's card already has the ending .json.
SUFFIXES = {"onnx": ".onnx", "safetensors": ".safetensors", "json": ".network.json"}


def export(
    model: Annotated[Path, typer.Argument(help="The model file.", metavar="MODEL")],
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="onnx, safetensors or json.",
            show_default="from the suffix of --output",
            autocompletion=one_of("format"),
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option(help="The file to write.", show_default="<model>.<format>")] = None,
    opset: Annotated[
        int | None,
        typer.Option(help="The operator set of an ONNX file.", show_default="the lowest, for the most runtimes"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Export a model to ONNX, safetensors or JSON.

    The ONNX graph takes images of 28×28 pixels, as in MNIST, and returns probabilities. inknet import restores the
    same model from safetensors and JSON.

    For example:

      inknet export models/digits-784-200-10.pkl --format onnx

      inknet export runs/first/best.pkl --output first.safetensors
    """
    from inknet.exchange import save_json, save_onnx, save_safetensors
    from inknet.mlp import Network

    file_format = _format(file_format, output)
    output = output or Path(f"{model.stem}{SUFFIXES[file_format]}")
    if output.absolute() in {model.absolute(), model.absolute().with_suffix(".json")}:
        raise TyperException(f"{output} is the model itself or its card; choose another --output")
    if opset is not None and file_format != "onnx":
        raise TyperException(f"--opset is for ONNX, got --format {file_format}; leave it out")
    network = Network.load(model)
    if file_format == "onnx":
        save_onnx(output, network, _properties(model, network), opset=opset)
    elif file_format == "safetensors":
        save_safetensors(output, network)
    else:
        save_json(output, network)
    if as_json:
        print_json({"model": str(model), "format": file_format, "output": str(output), "bytes": output.stat().st_size})
    else:
        print(f"Written: {printable(str(output))}")


def _format(name: str | None, output: Path | None) -> str:
    """Return the format of the option, or of the output's suffix."""
    known = ", ".join(SUFFIXES)
    if name is None and output is None:
        raise TyperException(f"pass --format, one of {known}, or an --output with such a suffix")
    if name is None and output is not None and (name := output.suffix.removeprefix(".")) not in SUFFIXES:
        raise TyperException(f"{output} does not end in a known format; pass --format, one of {known}")
    if name not in SUFFIXES:
        raise TyperException(f"format must be one of {known}, got {name!r}")
    return name


def _properties(model: Path, network: "Network") -> dict[str, str]:
    """Return the metadata of an ONNX file, from the model's file and card."""
    import hashlib
    import json

    from inknet.digits.classifier import read_card

    card = read_card(model)
    values = {
        "name": model.stem,
        "sizes": list(network.sizes),
        "recipe": network.metadata.get("recipe"),
        "accuracy": card.get("accuracy"),
        "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "license": card.get("license"),
    }
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
        if value is not None
    }
