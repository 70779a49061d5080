"""The options of ``inknet train``, as its help shows them; what they come to, `inknet.cli.train_options` says."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from inknet.cli.completion import one_of, several_of

_NETWORK, _TRAINING, _DATA = "The network", "The training", "The data"


def _of_recipe(panel: str, text: str, complete: Callable[[str], list[str]] | None = None) -> Any:  # noqa: ANN401 - Typer's
    """Return an option whose default the recipe decides."""
    return typer.Option(help=text, rich_help_panel=panel, autocompletion=complete, show_default="the recipe's")


Recipe = Annotated[
    str | None,
    typer.Option(
        help="The settings to start from: source, digits, images or drawings.",
        show_default="source; of one's own drawings, drawings",
        autocompletion=one_of("recipe"),
    ),
]
Run = Annotated[Path | None, typer.Option(help="The run folder.", show_default="runs/<time>-<recipe>")]
Resume = Annotated[Path | None, typer.Option(help="Go on with the training in this run folder.")]
Model = Annotated[Path | None, typer.Option("--from", help="Go on from this model, with --drawings: fine-tune it.")]
Drawings = Annotated[
    Path | None,
    typer.Option(help="A file of drawings with their labels, as the page exports it (.jsonl)."),
]
Hidden = Annotated[str | None, _of_recipe(_NETWORK, "Nodes of each hidden layer: 200, or 300,100, or none.")]
Activation = Annotated[str | None, _of_recipe(_NETWORK, "relu, leaky-relu, tanh or sigmoid.", one_of("activation"))]
Output = Annotated[str | None, _of_recipe(_NETWORK, "softmax or sigmoid.", one_of("output"))]
Bias = Annotated[str | None, _of_recipe(_NETWORK, "One bias a node, or one a layer.", one_of("bias"))]
Init = Annotated[str | None, _of_recipe(_NETWORK, "uniform, normal, glorot or he.", one_of("init"))]
Epochs = Annotated[int | None, _of_recipe(_TRAINING, "How often each image is learned from.")]
LearningRate = Annotated[float | None, _of_recipe(_TRAINING, "The size of a step, above 0.")]
BatchSize = Annotated[int | None, _of_recipe(_TRAINING, "Images a step; 1 is row by row.")]
Loss = Annotated[str | None, _of_recipe(_TRAINING, "cross-entropy or mean-squared-error.", one_of("loss"))]
Optimizer = Annotated[
    str | None, _of_recipe(_TRAINING, "gradient-descent, momentum, nesterov or adam.", one_of("optimizer"))
]
Schedule = Annotated[str | None, _of_recipe(_TRAINING, "constant, step, cosine or cosine-warmup.", one_of("schedule"))]
WeightDecay = Annotated[
    float | None, _of_recipe(_TRAINING, "The share of each weight that a step takes away, times the learning rate.")
]
EarlyStopping = Annotated[
    str | None,
    _of_recipe(
        _TRAINING,
        "accuracy-falls, loss-rises, loss-flat, no-improvement, several with commas, or none.",
        several_of("early-stopping"),
    ),
]
Patience = Annotated[int | None, _of_recipe(_TRAINING, "How many epochs in a row, before an early stopping.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same network.", rich_help_panel=_TRAINING)]
Data = Annotated[Path | None, typer.Option(help="The folder with the MNIST files.", rich_help_panel=_DATA)]
Images = Annotated[
    Path | None,
    typer.Option(
        help="An IDX file of images to learn from; or a folder, with a folder of image files for each class.",
        rich_help_panel=_DATA,
    ),
]
Labels = Annotated[Path | None, typer.Option(help="An IDX file of their labels.", rich_help_panel=_DATA)]
Classes = Annotated[Path | None, typer.Option(help="A file with the labels' names, one a line.", rich_help_panel=_DATA)]
HeldOut = Annotated[
    float | None, _of_recipe(_DATA, "How many images, or below 1 which share, to measure on instead of learning.")
]
Log = Annotated[
    str | None,
    typer.Option(
        help="Log the epochs in the run folder: csv, tensorboard, or both with a comma.",
        autocompletion=several_of("log"),
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")]
