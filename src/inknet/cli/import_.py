"""``inknet import``: read a model from another tool's file."""

from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from inknet.cli.output import print_json, printable


def import_(
    file: Annotated[Path, typer.Argument(help="A .safetensors or .json file.", metavar="FILE")],
    output: Annotated[Path | None, typer.Option(help="The model file to write.", show_default="<file>.pkl")] = None,
    activation: Annotated[
        str | None,
        typer.Option(help="The hidden activation of a PyTorch model, or one per layer, comma-separated."),
    ] = None,
    output_activation: Annotated[
        str | None, typer.Option(help="The output activation of a PyTorch model: softmax, sigmoid or identity.")
    ] = None,
    layers: Annotated[
        str | None,
        typer.Option(
            help="The names of a PyTorch model's layers in order, comma-separated.",
            show_default="by the numbers in their names",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Import a model from a file of inknet export, or from a PyTorch Sequential of linear layers.

    A file of inknet export (safetensors or JSON) gives the same model, bit for bit. A PyTorch model is saved with
    safetensors.torch.save_file(model.state_dict(), FILE); this file does not contain the activations, so pass them.
    If the Sequential returns logits, use softmax.

    For example:

      inknet import digits-784-200-10.safetensors --output digits.pkl

      inknet import torch.safetensors --activation relu --output-activation softmax
    """
    from inknet.exchange import load_json, load_safetensors

    if file.suffix == ".json":
        if (activation, output_activation, layers) != (None, None, None):
            raise TyperException(
                f"{file} contains its activations; leave out --activation, --output-activation and --layers"
            )
        network = load_json(file)
    elif file.suffix == ".safetensors":
        hidden = None if activation is None else _one_or_more(activation)
        order = None if layers is None else _split(layers)
        network = load_safetensors(file, hidden=hidden, output=output_activation, layers=order)
    else:
        raise TyperException(f"{file} must be a .safetensors or .json file")
    if output is None:
        output = Path(f"{file.name.removesuffix(file.suffix).removesuffix('.network')}.pkl")
        # It may be the model that was exported, with more metadata.
        if output.exists():
            raise TyperException(f"{output} already exists; choose another file with --output")
    network.save(output)
    if as_json:
        print_json({"file": str(file), "model": str(output), "network": repr(network), "sizes": list(network.sizes)})
    else:
        print(printable(repr(network)))
        print(f"Written: {printable(str(output))}")


def _one_or_more(text: str) -> str | list[str]:
    """Return one activation for all hidden layers, or a list with one per layer."""
    names = _split(text)
    return names[0] if len(names) == 1 else names


def _split(text: str) -> list[str]:
    """Return the items of a comma-separated list."""
    return [name.strip() for name in text.split(",")]
