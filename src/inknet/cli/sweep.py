"""`inknet sweep`."""

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inknet.cli.output import print_json, print_status
from inknet.cli.train_options import refuse_other_options

if TYPE_CHECKING:
    from inknet.sweep import Plan, Results, Sweep

_SPACE, _TRIALS, _STORAGE, _DATA = "Search space", "Trials", "Several machines", "Data"
#: Allowed beside --resume.
_WITH_RESUME = {"resume", "trials", "finalists", "seeds", "as_json"}


def sweep(
    context: typer.Context,
    run: Annotated[Path | None, typer.Option(help="The run folder.", show_default="runs/<time>-sweep")] = None,
    resume: Annotated[Path | None, typer.Option(help="Continue the sweep in this run folder.")] = None,
    space: Annotated[
        Path | None, typer.Option(help="A TOML file of settings; options override it.", rich_help_panel=_SPACE)
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(help="Nodes per hidden layer: 25,50,100 or 25..800.", rich_help_panel=_SPACE),
    ] = None,
    depth: Annotated[
        str | None, typer.Option(help="Number of hidden layers: 1,2 or 1..3.", rich_help_panel=_SPACE)
    ] = None,
    activation: Annotated[
        str | None, typer.Option(help="Any of relu, leaky-relu, tanh, sigmoid.", rich_help_panel=_SPACE)
    ] = None,
    init: Annotated[
        str | None, typer.Option(help="Any of uniform, normal, glorot, he.", rich_help_panel=_SPACE)
    ] = None,
    learning_rate: Annotated[
        str | None, typer.Option(help="Step size: 0.01,0.1 or 0.001..0.1.", rich_help_panel=_SPACE)
    ] = None,
    batch_size: Annotated[
        str | None, typer.Option(help="Images per step: 16,32,64 or 8..128.", rich_help_panel=_SPACE)
    ] = None,
    optimizer: Annotated[
        str | None, typer.Option(help="Any of gradient-descent, momentum, nesterov, adam.", rich_help_panel=_SPACE)
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="The other settings: source, digits or both.", rich_help_panel=_SPACE)
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(help="Number of trials, by all processes.", show_default="40", min=1, rich_help_panel=_TRIALS),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Epochs per trial.", show_default="10", min=1, rich_help_panel=_TRIALS)
    ] = None,
    prune_after: Annotated[
        int | None,
        typer.Option(
            help="Prune trials that are worse than the median, from this epoch on.",
            show_default="2",
            min=1,
            rich_help_panel=_TRIALS,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="Seed of the suggested settings and of the trainings.", min=0, rich_help_panel=_TRIALS),
    ] = None,
    finalists: Annotated[
        int,
        typer.Option(help="Number of best settings to train again from several seeds.", min=0, rich_help_panel=_TRIALS),
    ] = 0,
    seeds: Annotated[int, typer.Option(help="Number of seeds per finalist.", min=1, rich_help_panel=_TRIALS)] = 5,
    each: Annotated[
        str | None,
        typer.Option(
            help="Give each choice of this setting, such as hidden, the same share of the trials.",
            rich_help_panel=_TRIALS,
        ),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(help="The URL of a shared database: postgresql://user@host/database.", rich_help_panel=_STORAGE),
    ] = None,
    study: Annotated[str, typer.Option(help="The sweep's name in the storage.", rich_help_panel=_STORAGE)] = "sweep",
    heartbeat: Annotated[
        int,
        typer.Option(
            help="Seconds between heartbeats; a trial is retried after three missed ones.",
            min=1,
            rich_help_panel=_STORAGE,
        ),
    ] = 20,
    data: Annotated[Path | None, typer.Option(help="The folder with the MNIST files.", rich_help_panel=_DATA)] = None,
    images: Annotated[Path | None, typer.Option(help="An IDX file of training images.", rich_help_panel=_DATA)] = None,
    labels: Annotated[Path | None, typer.Option(help="An IDX file of their labels.", rich_help_panel=_DATA)] = None,
    held_out: Annotated[
        int | None,
        typer.Option(
            help="Number of images, the last ones, to evaluate trials on.",
            show_default="10000",
            min=1,
            rich_help_panel=_DATA,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Search for good settings: train many networks, and stop bad ones early.

    Networks are evaluated on the last training images, never on the test set. The best one is saved as best.pkl in the
    run folder. Ctrl-C stops the sweep and --resume continues it; inknet report shows the results.

    For example:

      inknet sweep --hidden 25..800 --learning-rate 0.003..0.3 --trials 40 --run runs/sizes

      inknet sweep --resume runs/sizes --finalists 3 --seeds 5

      inknet sweep --storage postgresql://me@db.example/sweeps --study sizes
    """
    from inknet.sweep import Sweep

    if resume is not None:
        refuse_other_options(context, _WITH_RESUME, "--resume continues the sweep's own plan")
        search = Sweep.resume(resume, trials)
    else:
        texts = {
            "recipe": recipe,
            "hidden": hidden,
            "depth": depth,
            "activation": activation,
            "init": init,
            "learning-rate": learning_rate,
            "batch-size": batch_size,
            "optimizer": optimizer,
        }
        numbers = {"epochs": epochs, "held_out": held_out, "prune_after": prune_after, "seed": seed}
        search = Sweep.start(
            run or _new_run(storage, study),
            _plan(space, texts, numbers, each),
            trials=trials or 40,
            data=data,
            images=images,
            labels=labels,
            storage=storage,
            study=study,
            heartbeat=heartbeat,
        )
    _run(search, finalists, seeds, as_json)


def _new_run(storage: str | None, study: str) -> Path:
    """Return a run folder named by the time; with a storage, by the study, so that the same command continues it."""
    return Path("runs") / (time.strftime("%Y%m%d-%H%M%S-sweep") if storage is None else study)


def _plan(file: Path | None, texts: dict[str, str | None], numbers: dict[str, int | None], each: str | None) -> "Plan":
    """Return the plan of a file and the options, which override the file."""
    from inknet.mlp import InputError
    from inknet.sweep import Plan, parse_space, read_space_file
    from inknet.sweep.space import DEFAULTS

    settings = {} if file is None else read_space_file(file)
    file_each = settings.pop("each", None)
    read: dict[str, int] = {}
    for name, number in numbers.items():
        text = settings.pop(name.replace("_", "-"), None)
        try:
            value = number if number is not None or text is None else int(text)
        except ValueError:
            raise InputError(f"{file}: {name.replace('_', '-')} must be an integer, got {text!r}") from None
        if value is not None:
            read[name] = value
    given = {name: text for name, text in texts.items() if text is not None}
    return Plan(parse_space({**DEFAULTS, **settings, **given}), **read, each=each or file_each)


def _run(search: "Sweep", finalists: int, seeds: int, as_json: bool) -> None:
    """Run a sweep and print its results."""
    from rich.console import Console

    from inknet.cli.sweep_progress import SweepProgress, format_settings

    console = Console(stderr=True)
    say = partial(print_status, console)
    interrupted = False
    try:
        with SweepProgress(console, search.trials, search.plan.epochs) as progress:
            say(f"{search.trials} trials, in {search.folder.path}")
            results = search.run(progress)
            if finalists:
                results = search.run_finalists(progress, finalists, seeds)
    except KeyboardInterrupt:
        interrupted = True
        results = search.results()
    finally:
        search.close()
    for finalist in results.finalists if finalists and not interrupted else ():
        spread = "" if finalist.sd is None else f" ± {100 * finalist.sd:.2f}"
        say(f"{100 * finalist.mean:.2f}{spread} %  {format_settings(finalist.settings)}  {finalist.seconds:.1f} s")
    if results.best is not None and results.best.accuracy is not None:
        say(f"Best: {100 * results.best.accuracy:.2f} %, trial {results.best.number}, in {search.best_path}")
    if as_json:
        print_json(_document(search, results, interrupted))
    if interrupted:
        shared = search.folder.settings["shared"]
        say(f"Continue with: {'the same command' if shared else f'inknet sweep --resume {search.folder.path}'}")
        raise typer.Exit(130)


def _document(search: "Sweep", results: "Results", interrupted: bool) -> dict[str, object]:
    """Return the results as one JSON document."""
    model = search.best_path
    return {
        "run": str(search.folder.path),
        "model": str(model) if model.exists() else None,
        "stopped": "interrupted" if interrupted else "all trials are done",
        **results.as_dict(),
    }
