"""``inknet report``: a model's report, as a page and pictures."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from inknet.cli.labeled_images import load_labeled_images
from inknet.cli.output import print_json, printable

if TYPE_CHECKING:
    from inknet.digits import PenDigit
    from inknet.mlp import History


def report(
    model: Annotated[Path, typer.Argument(help="A model file, or the folder of a run or of a sweep.", metavar="MODEL")],
    folder: Annotated[
        Path | None, typer.Option("--output", help="The folder to write it to.", show_default="<model>-report")
    ] = None,
    images: Annotated[Path | None, typer.Option(help="An IDX file of images, or a folder of drawings.")] = None,
    labels: Annotated[Path | None, typer.Option(help="An IDX file of their labels.")] = None,
    data: Annotated[Path | None, typer.Option(help="The folder with MNIST's files.")] = None,
    drawings: Annotated[
        int, typer.Option(help="How many pen digits are drawn with other pens, sizes, slants and places.", min=0)
    ] = 300,
    storage: Annotated[str | None, typer.Option(help="Where a sweep's trials are, if not in its folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON document.")] = False,
) -> None:
    """Show what a model can and cannot do: report.html, which needs nothing else, and its pictures.

    Accuracy, confusion matrix, the hardest digits, calibration; accuracy by pen, size, slant and place; the nodes'
    weights; and of a run folder, its best model, and the training.

    Of a sweep: accuracy by size, learning rate and time, what matters, and its trials and finalists as tables.

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
        raise TyperException(f"--storage is for sweeps, and {model} is none")
    from inknet.digits.classifier import Classifier
    from inknet.report import write_report

    classifier = Classifier.load(model / "best.pkl" if model.is_dir() else model)
    rows, wanted = load_labeled_images(classifier, images, labels, data)
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("drawing", total=None)
        result = write_report(
            classifier,
            rows,
            wanted,
            folder,
            drawings=_drawings(drawings),
            history=_history(model) if model.is_dir() else None,
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
        reason = "for the pen digits are not at hand" if classifier.reads_digits else "which is that of drawn digits"
        print(f"Left out: accuracy by pen, size, slant and place, {reason}.")
    print(f"Written: {printable(result['report'])}")


def _is_sweep(path: Path) -> bool:
    """Whether it is a sweep's folder; to know that takes no Optuna."""
    try:
        return "sweep" in json.loads((path / "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return False


def _report_sweep(path: Path, folder: Path, storage: str | None, as_json: bool) -> None:
    """Show what a sweep has found."""
    from inknet.report.sweep_page import write_sweep_report
    from inknet.sweep.sweep import open_results

    result = write_sweep_report(open_results(path, storage), folder)
    if as_json:
        print_json(result)
        return
    best = result["best"]
    found = (
        "none to the end yet" if best is None else f"the best {100 * best['accuracy']:.2f} %, trial {best['number']}"
    )
    print(f"{len(result['trials'])} trials: {found}")
    print(f"Written: {printable(result['report'])}")


def _drawings(count: int) -> "list[PenDigit]":
    """Return so many of the held-out writers' pen digits, evenly chosen; none if they are not at hand."""
    from inknet.digits import DataError, load_pen_digits, split_by_writer

    try:
        digits = split_by_writer(load_pen_digits())[1]
    except DataError:
        return []
    count = min(count, len(digits))
    return [digits[place * len(digits) // count] for place in range(count)]


def _history(run: Path) -> "History":
    """Return the training that a run folder tells of."""
    from inknet.mlp import RunFolder

    return RunFolder.open(run).load_history()
