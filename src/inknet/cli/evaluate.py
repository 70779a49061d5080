"""``inknet evaluate``: the accuracy of a model on images that it was not trained on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inknet.cli.evaluation_data import load_evaluation_data
from inknet.cli.output import print_json, printable

if TYPE_CHECKING:
    from inknet.digits.classifier import Classifier


def evaluate(
    model: Annotated[Path, typer.Argument(help="The model file.", metavar="MODEL")],
    images: Annotated[Path | None, typer.Option(help="An IDX or CSV file of images, or a folder of drawings.")] = None,
    labels: Annotated[Path | None, typer.Option(help="An IDX file of their labels.")] = None,
    data: Annotated[Path | None, typer.Option(help="The folder with the MNIST files, or mnist.npz.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Evaluate a model on the MNIST test set: accuracy, loss, calibration, confusion matrix.

    With --images and --labels, evaluate it on two IDX files instead; with --images alone, on a folder with one
    subfolder of image files per class. A model of classes other than digits needs one of them.

    For example:

      inknet evaluate models/digits-784-200-10.pkl

      inknet evaluate runs/first/best.pkl --images my-images.gz --labels my-labels.gz --json

      inknet evaluate runs/shapes/best.pkl --images more-drawings
    """
    from inknet.digits.classifier import Classifier
    from inknet.digits.evaluation import evaluate as measure

    classifier = Classifier.load(model)
    rows, targets = load_evaluation_data(classifier, images, labels, data)
    result = measure(classifier, rows, targets).as_dict()
    if as_json:
        print_json({"model": str(model), "sha256": classifier.sha256, **result})
    else:
        _print(classifier, result)


def _print(classifier: "Classifier", result: dict[str, Any]) -> None:
    """Print the evaluation as text and a table."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    kind, nothing = ("digit", "no digits") if classifier.reads_digits else ("class", "none of its classes")
    table = Table(title=f"rows: the {kind}; columns: the answer", title_justify="left")
    table.add_column("", justify="right")
    # Names may contain what looks like markup.
    names = [escape(name) for name in classifier.classes]
    for name in names:
        table.add_column(name, justify="right")
    table.add_column("right", justify="right")
    for index, row in enumerate(result["confusion"]):
        total = sum(row)
        cells = [f"[bold]{n}[/]" if column == index else str(n or "·") for column, n in enumerate(row)]
        table.add_row(f"[bold]{names[index]}[/]", *cells, f"{100 * row[index] / total:.2f} %" if total else "–")
    print(f"{printable(classifier.name)}: {100 * result['accuracy']:.2f} % of {result['count']:,} images right")
    print(
        f"{result['errors']} errors, loss {result['loss']:.4f},"
        f" expected calibration error {100 * result['calibration_error']:.2f} %,"
        f" {100 * result['doubted']:.2f} % taken for {nothing}"
    )
    Console().print(table)
