"""``inknet report``: a report on a model or a sweep, as an HTML page and figures."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from inknet.cli.evaluation_data import load_evaluation_data
from inknet.cli.output import print_json, printable

if TYPE_CHECKING:
    from inknet.digits import PenDigit


def report(
    model: Annotated[Path, typer.Argument(help="A model file, or the folder of a run or a sweep.", metavar="MODEL")],
    folder: Annotated[
        Path | None, typer.Option("--output", help="The folder of the report.", show_default="<model>-report")
    ] = None,
    images: Annotated[Path | None, typer.Option(help="An IDX or CSV file of images, or a folder of drawings.")] = None,
    labels: Annotated[Path | None, typer.Option(help="An IDX file of their labels.")] = None,
    data: Annotated[Path | None, typer.Option(help="The folder with the MNIST files, or mnist.npz.")] = None,
    drawings: Annotated[
        int, typer.Option(help="Number of pen digits, redrawn with various pens, sizes, slants and positions.", min=0)
    ] = 300,
    storage: Annotated[str | None, typer.Option(help="The URL of a sweep's shared storage.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Write a report on a model: report.html, a self-contained page, and its figures.

    It shows the accuracy, confusion matrix, hardest images and calibration; the accuracy by pen, size, slant and
    position; and the weights of the nodes. For a run folder, it describes the best model and the training.

    For a sweep: accuracy by size, learning rate and time, the importance of the settings, all trials and finalists.

    For example:

      inknet report models/digits-784-200-10.pkl

      inknet report runs/first --output runs/first-report

      inknet report runs/sizes
    """
    folder = folder or Path(f"{model.absolute().name.removesuffix('.pkl')}-report")
    if _is_sweep(model):
        _report_sweep(model, folder, storage, as_json)
        return
    if storage is not None:
        raise TyperException(f"--storage needs the folder of a sweep, got {model}")
    from inknet.digits.classifier import Classifier
    from inknet.mlp import RunFolder
    from inknet.report import write_report

    classifier = Classifier.load(model / "best.pkl" if model.is_dir() else model)
    rows, targets = load_evaluation_data(classifier, images, labels, data)
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("drawing", total=None)
        result = write_report(
            classifier,
            rows,
            targets,
            folder,
            drawings=_drawings(drawings),
            history=RunFolder.open(model).load_history() if model.is_dir() else None,
            on_step=lambda done, steps: progress.update(task, completed=done, total=steps),
        )
    if as_json:
        print_json(result)
        return
    print(
        f"{printable(classifier.name)}: {100 * result['accuracy']:.2f} % of {result['count']:,} images right,"
        f" expected calibration error {100 * result['calibration_error']:.2f} %"
    )
    if drawings and "robustness" not in result:
        reason = "the pen digits were not found" if classifier.reads_digits else "it needs a model of digits"
        print(f"Omitted: accuracy by pen, size, slant and position ({reason}).")
    print(f"Written: {printable(result['report'])}")


def _is_sweep(path: Path) -> bool:
    """Whether a path is the folder of a sweep, without importing Optuna."""
    from inknet.files.json_text import parse_json

    try:
        return "sweep" in parse_json((path / "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return False


def _report_sweep(path: Path, folder: Path, storage: str | None, as_json: bool) -> None:
    from inknet.report.sweep_page import write_sweep_report
    from inknet.sweep.sweep import open_results

    result = write_sweep_report(open_results(path, storage), folder)
    if as_json:
        print_json(result)
        return
    best = result["best"]
    found = "none complete" if best is None else f"best {100 * best['accuracy']:.2f} % (trial {best['number']})"
    print(f"{len(result['trials'])} trials, {found}")
    print(f"Written: {printable(result['report'])}")


def _drawings(count: int) -> "list[PenDigit]":
    """Return up to `count` pen digits of the held-out writers, evenly spaced; none if the data set is missing."""
    from inknet.digits import DataError, load_pen_digits, split_by_writer

    try:
        digits = split_by_writer(load_pen_digits())[1]
    except DataError:
        return []
    count = min(count, len(digits))
    return [digits[index * len(digits) // count] for index in range(count)]
