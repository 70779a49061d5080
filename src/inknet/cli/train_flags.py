"""The options of ``inknet train``, as its help shows them; what they come to, `inknet.cli.train_options` says."""

from pathlib import Path
from typing import Annotated

import typer

from inknet.cli.completion import one_of, several_of

_NETWORK, _TRAINING, _DATA = "The network", "The training", "The data"
#: The default of what a recipe decides.
_RECIPES = "the recipe's"

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
Hidden = Annotated[
    str | None,
    typer.Option(
        help="Nodes of each hidden layer: 200, or 300,100, or none.",
        show_default=_RECIPES,
        rich_help_panel=_NETWORK,
    ),
]
Activation = Annotated[
    str | None,
    typer.Option(
        help="relu, leaky-relu, tanh or sigmoid.",
        rich_help_panel=_NETWORK,
        autocompletion=one_of("activation"),
        show_default=_RECIPES,
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        help="softmax or sigmoid.", rich_help_panel=_NETWORK, autocompletion=one_of("output"), show_default=_RECIPES
    ),
]
Bias = Annotated[
    str | None,
    typer.Option(
        help="One bias a node, or one a layer.",
        rich_help_panel=_NETWORK,
        autocompletion=one_of("bias"),
        show_default=_RECIPES,
    ),
]
Init = Annotated[
    str | None,
    typer.Option(
        help="uniform, normal, glorot or he.",
        rich_help_panel=_NETWORK,
        autocompletion=one_of("init"),
        show_default=_RECIPES,
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(help="How often each image is learnt from.", show_default=_RECIPES, rich_help_panel=_TRAINING),
]
LearningRate = Annotated[
    float | None,
    typer.Option(help="The size of a step, above 0.", show_default=_RECIPES, rich_help_panel=_TRAINING),
]
BatchSize = Annotated[
    int | None,
    typer.Option(help="Images a step; 1 is row by row.", show_default=_RECIPES, rich_help_panel=_TRAINING),
]
Loss = Annotated[
    str | None,
    typer.Option(
        help="cross-entropy or mean-squared-error.",
        rich_help_panel=_TRAINING,
        autocompletion=one_of("loss"),
        show_default=_RECIPES,
    ),
]
Optimiser = Annotated[
    str | None,
    typer.Option(
        help="gradient-descent, momentum, nesterov or adam.",
        rich_help_panel=_TRAINING,
        autocompletion=one_of("optimiser"),
        show_default=_RECIPES,
    ),
]
Schedule = Annotated[
    str | None,
    typer.Option(
        help="constant, step, cosine or cosine-warmup.",
        rich_help_panel=_TRAINING,
        autocompletion=one_of("schedule"),
        show_default=_RECIPES,
    ),
]
WeightDecay = Annotated[
    float | None,
    typer.Option(
        help="The share of each weight that a step takes away, times the learning rate.",
        show_default=_RECIPES,
        rich_help_panel=_TRAINING,
    ),
]
EarlyExit = Annotated[
    str | None,
    typer.Option(
        help="accuracy-falls, loss-rises, loss-flat, no-improvement, several with commas, or none.",
        rich_help_panel=_TRAINING,
        autocompletion=several_of("early-exit"),
        show_default=_RECIPES,
    ),
]
Patience = Annotated[
    int | None,
    typer.Option(
        help="How many epochs in a row, before an early exit.", show_default=_RECIPES, rich_help_panel=_TRAINING
    ),
]
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
    float | None,
    typer.Option(
        help="How many images, or below 1 which share, to measure on instead of learning.",
        show_default=_RECIPES,
        rich_help_panel=_DATA,
    ),
]
Log = Annotated[
    str | None,
    typer.Option(
        help="Log the epochs in the run folder: csv, tensorboard, or both with a comma.",
        autocompletion=several_of("log"),
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")]
