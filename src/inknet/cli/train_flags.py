"""The options of ``inknet train`` and their help; `inknet.cli.train_options` parses their values."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from inknet.cli.completion import WORDS, one_of, several_of

_NETWORK, _TRAINING, _DATA = "Network", "Training", "Data"


def _by_recipe(panel: str, text: str, complete: Callable[[str], list[str]] | None = None) -> Any:  # noqa: ANN401 - Typer's
    """Return an option whose default depends on the recipe."""
    return typer.Option(help=text, rich_help_panel=panel, autocompletion=complete, show_default="the recipe's")


def _choice(panel: str, text: str, option: str) -> Any:  # noqa: ANN401 - Typer's
    """Return an option that takes one of its words, with a default by the recipe."""
    *others, last = WORDS[option]
    return _by_recipe(panel, f"{text}: {', '.join(others)} or {last}.", one_of(option))


Recipe = Annotated[
    str | None,
    typer.Option(
        help="The settings to start from: source, digits, images or drawings.",
        show_default="drawings for a folder of images or --drawings, otherwise source",
        autocompletion=one_of("recipe"),
    ),
]
Run = Annotated[Path | None, typer.Option(help="The run folder.", show_default="runs/<time>-<recipe>")]
Resume = Annotated[Path | None, typer.Option(help="Continue the training in this run folder.")]
Model = Annotated[Path | None, typer.Option("--from", help="Fine-tune this model on --drawings.")]
Drawings = Annotated[Path | None, typer.Option(help="A file of labeled drawings, exported from the page (.jsonl).")]
Hidden = Annotated[str | None, _by_recipe(_NETWORK, "Nodes per hidden layer: 200, or 300,100, or none.")]
Activation = Annotated[str | None, _choice(_NETWORK, "Activation of hidden layers", "activation")]
Output = Annotated[str | None, _choice(_NETWORK, "Activation of the output", "output")]
Bias = Annotated[str | None, _by_recipe(_NETWORK, "One bias per node, or one per layer.", one_of("bias"))]
Init = Annotated[str | None, _choice(_NETWORK, "Initializer of the weights", "init")]
Epochs = Annotated[int | None, _by_recipe(_TRAINING, "Number of passes over the training images.")]
LearningRate = Annotated[float | None, _by_recipe(_TRAINING, "Step size.")]
BatchSize = Annotated[int | None, _by_recipe(_TRAINING, "Images per step.")]
Loss = Annotated[str | None, _choice(_TRAINING, "Loss", "loss")]
Optimizer = Annotated[str | None, _choice(_TRAINING, "Optimizer", "optimizer")]
Schedule = Annotated[str | None, _choice(_TRAINING, "Schedule of the learning rate", "schedule")]
WeightDecay = Annotated[
    float | None, _by_recipe(_TRAINING, "Share of each weight, times the learning rate, that a step subtracts.")
]
EarlyStopping = Annotated[
    str | None,
    _by_recipe(
        _TRAINING,
        f"Comma-separated rules for stopping early: {', '.join(WORDS['early-stopping'])}; or none.",
        several_of("early-stopping"),
    ),
]
Patience = Annotated[int | None, _by_recipe(_TRAINING, "Epochs in a row for which a rule must hold.")]
Seed = Annotated[
    int, typer.Option(help="Seed of the first weights and the order of images.", rich_help_panel=_TRAINING)
]
Data = Annotated[
    Path | None, typer.Option(help="The folder with the MNIST files, or mnist.npz.", rich_help_panel=_DATA)
]
Images = Annotated[
    Path | None,
    typer.Option(help="An IDX or CSV file of images, or a folder with a subfolder per class.", rich_help_panel=_DATA),
]
Labels = Annotated[Path | None, typer.Option(help="An IDX file of their labels.", rich_help_panel=_DATA)]
Classes = Annotated[Path | None, typer.Option(help="A file with the class names, one per line.", rich_help_panel=_DATA)]
HeldOut = Annotated[
    float | None, _by_recipe(_DATA, "Number of images to hold out and measure after each epoch; below 1, their share.")
]
Log = Annotated[
    str | None,
    typer.Option(help="Log epochs in the run folder: csv, tensorboard or both.", autocompletion=several_of("log")),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")]
