"""``inknet import``: a model from another tool's file."""

from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from inknet.cli.output import print_json, printable


def import_(
    file: Annotated[Path, typer.Argument(help="A .safetensors or a .json file.", metavar="FILE")],
    output: Annotated[
        Path | None, typer.Option(help="The model file to write.", show_default="the file's name and .pkl")
    ] = None,
    activation: Annotated[
        str | None,
        typer.Option(help="PyTorch's hidden layers': relu, leaky-relu, tanh, sigmoid; or one for each, with commas."),
    ] = None,
    output_activation: Annotated[
        str | None, typer.Option(help="PyTorch's output's: softmax, sigmoid or identity.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Make a model of what inknet export wrote, or of a PyTorch Sequential of linear layers.

    From what inknet export wrote, safetensors or JSON, the same model comes, bit for bit. PyTorch's file is
    safetensors.torch.save_file(model.state_dict(), FILE), which does not say the activations: give them. Where the
    Sequential ends in logits, softmax makes probabilities of them.

    For example:

      inknet import digits-784-200-10.safetensors --output digits.pkl

      inknet import torch.safetensors --activation relu --output-activation softmax
    """
    from inknet.exchange import load_json, load_safetensors

    if file.suffix == ".json":
        if activation is not None or output_activation is not None:
            raise TyperException(f"{file} names its own activations: leave yours out")
        network = load_json(file)
    elif file.suffix == ".safetensors":
        hidden = None if activation is None else _one_or_more(activation)
        network = load_safetensors(file, hidden=hidden, output=output_activation)
    else:
        raise TyperException(f"{file} cannot be imported; what can is .safetensors and .json")
    if output is None:
        output = Path(f"{file.name.removesuffix(file.suffix).removesuffix('.network')}.pkl")
        # It may be the very model that was exported, and be worth more.
        if output.exists():
            raise TyperException(f"{output} is there already; say with --output where the model shall go")
    network.save(output)
    if as_json:
        print_json({"file": str(file), "model": str(output), "network": repr(network), "sizes": list(network.sizes)})
    else:
        print(printable(repr(network)))
        print(f"Written: {printable(str(output))}")


def _one_or_more(text: str) -> str | list[str]:
    """Return one activation for all hidden layers, or a list of one for each."""
    names = [name.strip() for name in text.split(",")]
    return names[0] if len(names) == 1 else names
