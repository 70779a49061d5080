"""``inknet evaluate``: how good a model is, on images that it has not seen."""

from pathlib import Path
from typing import Annotated, Any

import typer

from inknet.cli.labelled_images import load_labelled_images
from inknet.cli.output import print_json, printable


def evaluate(
    model: Annotated[Path, typer.Argument(help="The model file.", metavar="MODEL")],
    images: Annotated[Path | None, typer.Option(help="An IDX file of images, instead of MNIST's test set.")] = None,
    labels: Annotated[Path | None, typer.Option(help="An IDX file of their labels.")] = None,
    data: Annotated[Path | None, typer.Option(help="The folder with MNIST's files.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Measure a model on the MNIST test set: accuracy, loss, calibration, confusion matrix.

    With --images and --labels, which belong together, on other images of 28×28 pixels.

    For example:

      inknet evaluate models/digits-784-200-10.pkl

      inknet evaluate runs/first/best.pkl --images my-images.gz --labels my-labels.gz --json
    """
    from inknet.digits import Recognizer
    from inknet.digits.evaluation import evaluate as measure

    rows, wanted = load_labelled_images(images, labels, data)
    recognizer = Recognizer.load(model)
    result = measure(recognizer, rows, wanted).as_dict()
    if as_json:
        print_json({"model": str(model), "sha256": recognizer.sha256, **result})
    else:
        _print(recognizer.name, result)


def _print(name: str, result: dict[str, Any]) -> None:
    """Print the figures for a person."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="a row for each digit, a column for what it was read as", title_justify="left")
    table.add_column("", justify="right")
    for digit in range(10):
        table.add_column(str(digit), justify="right")
    table.add_column("right", justify="right")
    for digit, row in enumerate(result["confusion"]):
        total = sum(row)
        cells = [f"[bold]{n}[/]" if column == digit else str(n or "·") for column, n in enumerate(row)]
        table.add_row(f"[bold]{digit}[/]", *cells, f"{100 * row[digit] / total:.2f} %" if total else "–")
    print(f"{printable(name)}: {100 * result['accuracy']:.2f} % of {result['count']:,} images right")
    print(
        f"{result['errors']} errors, loss {result['loss']:.4f},"
        f" expected calibration error {100 * result['calibration_error']:.2f} %,"
        f" {100 * result['doubted']:.2f} % taken for no digits"
    )
    Console().print(table)
