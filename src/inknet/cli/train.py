"""`inknet train`."""

import json
import time
from typing import TYPE_CHECKING

import typer
from typer.exceptions import TyperException

from inknet.cli import train_flags as flags
from inknet.cli.evaluation_data import warn_unreadable
from inknet.cli.fine_tune import fine_tune
from inknet.cli.run_log import log_formats, open_logs
from inknet.cli.train_options import change_recipe, new_run, refuse_other_options, split_list, split_sizes

if TYPE_CHECKING:
    from rich.console import Console

    from inknet.digits.training.run import Run
    from inknet.mlp import EpochReport, History

#: What may be given beside --resume, and beside --from.
_RESUMING = {"resume", "log", "as_json"}
_FINE_TUNING = {"model", "drawings", "run", "seed", "epochs", "learning_rate", "data", "as_json"}


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
    """Train a network on handwritten digits, or on any other images of any classes.

    With no option: 784-200-10 on MNIST, row by row, as the blog "Learning about neural networks with Go" did it.
    Ctrl-C ends it after the current step; what was saved stays, and --resume goes on exactly there.

    With --images, it learns what these are: as many inputs as they have pixels, an output for each class.

    With --from and --drawings, a model learns to read the hand that drew these as well: about a minute.

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
    from inknet.digits.training.run import Run

    changes = {
        "sizes": split_sizes(hidden),
        "hidden": activation,
        "output": output,
        "bias": bias,
        "init": init,
        "epochs": epochs,
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "loss": loss,
        "optimizer": optimizer,
        "schedule": schedule,
        "weight_decay": weight_decay,
        "early_stopping": None if early_stopping is None else split_list(early_stopping),
        "patience": patience,
        "held_out": held_out,
    }
    changes = {name: value for name, value in changes.items() if value is not None}
    logs = log_formats(log)
    if resume is not None:
        refuse_other_options(context, _RESUMING, "--resume goes on with the run's own settings")
        training = Run.resume(resume)
    elif model is not None and drawings is not None:
        refuse_other_options(context, _FINE_TUNING, "--from goes on with the model as it is")
        changes = {"seed": seed} | {name: changes[name] for name in ("epochs", "learning_rate") if name in changes}
        fine_tune(model, drawings, run or new_run("fine-tuned"), data, as_json, **changes)
        return
    elif model is not None:
        raise TyperException("--from and --drawings belong together: give a model and a file of drawings, or no model")
    else:
        own = drawings is not None or (images is not None and images.is_dir())
        chosen = change_recipe(recipe or ("drawings" if own else "source"), changes)
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
    """Train, and print the result."""
    from rich.console import Console

    console = Console(stderr=True)
    history = _train(training, logs, console)
    best = history.best
    best_file = training.folder.path / "best.pkl"
    console.print(
        f"Ended: {history.stopped}." + (f" Best: epoch {best.epoch}, in {best_file}" if best else ""),
        highlight=False,
        soft_wrap=True,
    )
    if as_json:
        result = {
            "run": str(training.folder.path),
            "model": str(best_file) if best else None,
            "stopped": history.stopped,
            "best": best.as_dict() if best else None,
            "epochs": [report.as_dict() for report in history],
        }
        print(json.dumps(result))
    if history.stopped == "interrupted":
        console.print(f"Go on with: inknet train --resume {training.folder.path}", highlight=False, soft_wrap=True)
        raise typer.Exit(130)


def _train(training: "Run", logs: list[str], console: "Console") -> "History":
    """Train, with a live progress bar and a line an epoch."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    rows, epochs = len(training.training_set.inputs), training.recipe.epochs
    console.print(
        f"{training.network!r}: {rows:,} images, up to {epochs} epochs, in {training.folder.path}",
        highlight=False,
        soft_wrap=True,
    )
    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        TextColumn("{task.fields[speed]:,.0f} rows/s  loss {task.fields[loss]:.4f}"),
        TimeRemainingColumn(),
    )
    quiet = not console.is_terminal
    with (
        open_logs(training, logs) as log,
        Progress(*columns, console=console, transient=True, disable=quiet) as progress,
    ):
        done = training.epochs_done * rows
        task = progress.add_task("", total=epochs * rows, completed=done, epoch=1, speed=0.0, loss=0.0)
        started, shown = time.perf_counter(), 0.0

        def on_step(epoch: int, epoch_rows: int, loss: float) -> None:
            nonlocal shown
            now = time.perf_counter()
            # Ten times a second is live; at every step it would cost more than the step.
            if now - shown < 0.1:
                return
            shown = now
            completed = (epoch - 1) * rows + epoch_rows
            speed = (completed - done) / (now - started)
            progress.update(task, completed=completed, epoch=epoch, speed=speed, loss=loss)

        def on_epoch(report: "EpochReport") -> None:
            log(report)
            console.print(_line(report), highlight=False, soft_wrap=True)

        return training.train(on_epoch, on_step)


def _line(report: "EpochReport") -> str:
    """Return an epoch as a line."""
    line = f"epoch {report.epoch:3}  loss {report.loss:.4f}"
    if report.validation_loss is not None:
        line += f"  held-out loss {report.validation_loss:.4f}"
    if report.validation_accuracy is not None:
        line += f"  accuracy {100 * report.validation_accuracy:.2f} %"
    return f"{line}  learning rate {report.learning_rate:.4g}  {report.seconds:.1f} s"
