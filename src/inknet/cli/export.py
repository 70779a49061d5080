"""``inknet export``: a model as a file for other tools."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from inknet.cli.completion import one_of
from inknet.cli.output import print_json, printable

if TYPE_CHECKING:
    from inknet.mlp import Network

#: The formats, and how their files' names end by default. A model's card has its name and .json already.
ENDINGS = {"onnx": ".onnx", "safetensors": ".safetensors", "json": ".network.json"}


def export(
    model: Annotated[Path, typer.Argument(help="The model file.", metavar="MODEL")],
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="onnx, safetensors or json.",
            show_default="by the output's ending",
            autocompletion=one_of("format"),
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="The file to write.", show_default="the model's name and the format's ending")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Write a model for other tools: as ONNX, safetensors or JSON.

    ONNX holds all that there is between an image of 28×28 pixels, as MNIST has them, and the probabilities. From
    safetensors and JSON, inknet import makes the same model again.

    For example:

      inknet export models/digits-784-200-10.pkl --format onnx

      inknet export runs/first/best.pkl --output first.safetensors
    """
    from inknet.exchange import save_json, save_onnx, save_safetensors
    from inknet.mlp import Network

    file_format = _format(file_format, output)
    output = output or Path(f"{model.stem}{ENDINGS[file_format]}")
    if output.absolute() in {model.absolute(), model.absolute().with_suffix(".json")}:
        raise TyperException(f"{output} is the model itself, or where its card is: choose another --output")
    network = Network.load(model)
    if file_format == "onnx":
        save_onnx(output, network, _properties(model, network))
    elif file_format == "safetensors":
        save_safetensors(output, network)
    else:
        save_json(output, network)
    if as_json:
        print_json({"model": str(model), "format": file_format, "output": str(output), "bytes": output.stat().st_size})
    else:
        print(f"Written: {printable(str(output))}")


def _format(name: str | None, output: Path | None) -> str:
    """Return the format that was asked for, or that the output's ending asks for."""
    if name is None and output is None:
        raise TyperException(f"say what to write: --format {', '.join(ENDINGS)}, or an --output that ends in one")
    if name is None and output is not None:
        name = output.suffix.removeprefix(".")
        if name not in ENDINGS:
            raise TyperException(f"{output} ends in no format; give --format, one of {', '.join(ENDINGS)}")
    if name not in ENDINGS:
        raise TyperException(f"there is no format {name!r}; there are {', '.join(ENDINGS)}")
    return name


def _properties(model: Path, network: "Network") -> dict[str, str]:
    """Return what an ONNX file tells of its model, by the model's file and card."""
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
