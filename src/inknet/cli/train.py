"""`inknet train`."""

import time
from dataclasses import fields
from typing import TYPE_CHECKING

import typer
from typer.exceptions import TyperException

from inknet.cli import train_flags as flags
from inknet.cli.evaluation_data import warn_unreadable
from inknet.cli.fine_tune import fine_tune
from inknet.cli.output import print_json, print_status
from inknet.cli.run_log import log_formats, open_logs
from inknet.cli.train_options import new_run, refuse_other_options, split_list, split_sizes

if TYPE_CHECKING:
    from rich.console import Console

    from inknet.digits.training.run import Run
    from inknet.mlp import EpochReport, History

#: Options allowed beside --resume, and beside --from.
_WITH_RESUME = {"resume", "log", "as_json"}
_WITH_FROM = {"model", "drawings", "run", "seed", "epochs", "learning_rate", "data", "as_json"}


def train(
    context: typer.Context,
    recipe: flags.Recipe = None,
    run: flags.Run = None,
    resume: flags.Resume = None,
    model: flags.Model = None,
    drawings: flags.Drawings = None,
    hidden: flags.Hidden = None,
    activation: flags.Activation = None,
    output: flags.Output = None,
    bias: flags.Bias = None,
    init: flags.Init = None,
    epochs: flags.Epochs = None,
    learning_rate: flags.LearningRate = None,
    batch_size: flags.BatchSize = None,
    loss: flags.Loss = None,
    optimizer: flags.Optimizer = None,
    schedule: flags.Schedule = None,
    weight_decay: flags.WeightDecay = None,
    early_stopping: flags.EarlyStopping = None,
    patience: flags.Patience = None,
    seed: flags.Seed = 0,
    data: flags.Data = None,
    images: flags.Images = None,
    labels: flags.Labels = None,
    classes: flags.Classes = None,
    held_out: flags.HeldOut = None,
    log: flags.Log = None,
    as_json: flags.AsJson = False,
) -> None:
    """Train a network on handwritten digits, or on your own images and classes.

    By default it is 784-200-10, trained on MNIST row by row as in the blog "Learning about neural networks with Go".
    Ctrl-C stops after the current step; --resume continues after the last finished epoch, with the same result.

    With --images, the network has an input per pixel and an output per class.

    With --from and --drawings, a model is fine-tuned on someone's handwriting, in about a minute.

    For example:

      inknet train

      inknet train --recipe digits --run runs/digits

      inknet train --hidden 300,100 --batch-size 32 --learning-rate 0.1 --epochs 10

      inknet train --resume runs/digits

      inknet train --recipe digits --log csv,tensorboard

      inknet train --images my-drawings

      inknet train --recipe images --images i.gz --labels l.gz --classes names.txt

      inknet train --from runs/digits/best.pkl --drawings mine.jsonl
    """
    from inknet.digits.training.recipes import Recipe, find_recipe
    from inknet.digits.training.run import Run

    options = context.params | {
        "sizes": None if hidden is None else split_sizes(hidden),
        "hidden": activation,
        "early_stopping": None if early_stopping is None else split_list(early_stopping),
    }
    changes = {field.name: options[field.name] for field in fields(Recipe) if options.get(field.name) is not None}
    logs = log_formats(log)
    if resume is not None:
        refuse_other_options(context, _WITH_RESUME, "--resume uses the run's own settings")
        training = Run.resume(resume)
    elif model is not None and drawings is not None:
        refuse_other_options(context, _WITH_FROM, "--from keeps the model as it is")
        changes = {name: changes[name] for name in ("seed", "epochs", "learning_rate") if name in changes}
        fine_tune(model, drawings, run or new_run("fine-tuned"), data, as_json, **changes)
        return
    elif model is not None:
        raise TyperException("--from and --drawings belong together: pass both a model and a file of drawings")
    else:
        are_drawings = drawings is not None or (images is not None and images.is_dir())
        chosen = find_recipe(recipe or ("drawings" if are_drawings else "source")).change(**changes)
        training = Run.start(
            run or new_run(chosen.name),
            chosen,
            seed=seed,
            data=data,
            images=images,
            labels=labels,
            drawings=drawings,
            classes=classes,
        )
        warn_unreadable(training.unreadable)
    _run(training, logs, as_json)


def _run(training: "Run", logs: list[str], as_json: bool) -> None:
    from rich.console import Console

    console = Console(stderr=True)
    history = _train(training, logs, console)
    best, folder = history.best, training.folder.path
    found = f" Best: epoch {best.epoch}, {folder / 'best.pkl'}" if best else ""
    print_status(console, f"Ended: {history.stopped}.{found}")
    if as_json:
        print_json(
            {
                "run": str(folder),
                "model": str(folder / "best.pkl") if best else None,
                "stopped": history.stopped,
                "best": best.as_dict() if best else None,
                "epochs": [report.as_dict() for report in history],
            }
        )
    if history.stopped == "interrupted":
        print_status(console, f"Continue with: inknet train --resume {folder}")
        raise typer.Exit(130)


def _train(training: "Run", logs: list[str], console: "Console") -> "History":
    """Train, with a progress bar and a line per epoch."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    rows, epochs = len(training.training_set.inputs), training.recipe.epochs
    print_status(console, f"{training.network!r}: {rows:,} images, up to {epochs} epochs, in {training.folder.path}")
    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        TextColumn("{task.fields[speed]:,.0f} rows/s  loss {task.fields[loss]:.4f}"),
        TimeRemainingColumn(),
    )
    with (
        open_logs(training, logs) as log,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        done = training.epochs_done * rows
        task = progress.add_task("", total=epochs * rows, completed=done, epoch=1, speed=0.0, loss=0.0)
        started, shown = time.perf_counter(), 0.0

        def on_step(epoch: int, epoch_rows: int, loss: float) -> None:
            nonlocal shown
            now = time.perf_counter()
            # Updating at every step would take longer than the step.
            if now - shown < 0.1:
                return
            shown = now
            completed = (epoch - 1) * rows + epoch_rows
            speed = (completed - done) / (now - started)
            progress.update(task, completed=completed, epoch=epoch, speed=speed, loss=loss)

        def on_epoch(report: "EpochReport") -> None:
            log(report)
            print_status(console, _line(report))

        return training.train(on_epoch, on_step)


def _line(report: "EpochReport") -> str:
    line = f"epoch {report.epoch:3}  loss {report.loss:.4f}"
    if report.validation_loss is not None:
        line += f"  held-out loss {report.validation_loss:.4f}"
    if report.validation_accuracy is not None:
        line += f"  accuracy {100 * report.validation_accuracy:.2f} %"
    return f"{line}  learning rate {report.learning_rate:.4g}  {report.seconds:.1f} s"
