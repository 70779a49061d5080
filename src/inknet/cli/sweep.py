"""`inknet sweep`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inknet.cli.output import print_json
from inknet.cli.train_options import refuse_other_options

if TYPE_CHECKING:
    from inknet.sweep import Plan, Results, Sweep

_SPACE, _TRIALS, _STORAGE, _DATA = "What is searched", "The trials", "More than one machine", "The data"
#: What may be given beside --resume.
_RESUMING = {"resume", "trials", "finalists", "seeds", "as_json"}


def sweep(
    context: typer.Context,
    run: Annotated[Path | None, typer.Option(help="The run folder.", show_default="runs/<time>-sweep")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the sweep in this run folder.")] = None,
    space: Annotated[
        Path | None, typer.Option(help="A TOML file of settings; options go before it.", rich_help_panel=_SPACE)
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(help="Nodes of each hidden layer: 25,50,100 or 25..800.", rich_help_panel=_SPACE),
    ] = None,
    depth: Annotated[str | None, typer.Option(help="Hidden layers: 1,2 or 1..3.", rich_help_panel=_SPACE)] = None,
    activation: Annotated[
        str | None, typer.Option(help="Of relu, leaky-relu, tanh, sigmoid.", rich_help_panel=_SPACE)
    ] = None,
    init: Annotated[str | None, typer.Option(help="Of uniform, normal, glorot, he.", rich_help_panel=_SPACE)] = None,
    learning_rate: Annotated[str | None, typer.Option(help="0.01,0.1 or 0.001..0.1.", rich_help_panel=_SPACE)] = None,
    batch_size: Annotated[str | None, typer.Option(help="16,32,64 or 8..128.", rich_help_panel=_SPACE)] = None,
    optimizer: Annotated[
        str | None, typer.Option(help="Of gradient-descent, momentum, nesterov, adam.", rich_help_panel=_SPACE)
    ] = None,
    recipe: Annotated[str | None, typer.Option(help="Of source, digits.", rich_help_panel=_SPACE)] = None,
    trials: Annotated[
        int | None, typer.Option(help="How many, by all processes.", show_default="40", min=1, rich_help_panel=_TRIALS)
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Of a trial.", show_default="10", min=1, rich_help_panel=_TRIALS)
    ] = None,
    prune_after: Annotated[
        int | None,
        typer.Option(
            help="End a trial that is worse than the median after so many epochs, or later.",
            show_default="2",
            min=1,
            rich_help_panel=_TRIALS,
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="The same seed tries the same settings.", min=0, rich_help_panel=_TRIALS)
    ] = None,
    finalists: Annotated[
        int, typer.Option(help="Train so many of the best again, from several seeds.", min=0, rich_help_panel=_TRIALS)
    ] = 0,
    seeds: Annotated[int, typer.Option(help="From how many.", min=1, rich_help_panel=_TRIALS)] = 5,
    each: Annotated[
        str | None,
        typer.Option(
            help="Try the choices of this setting in turn, as hidden; compare like with like.", rich_help_panel=_TRIALS
        ),
    ] = None,
    storage: Annotated[
        str | None, typer.Option(help="postgresql://user@host/database.", rich_help_panel=_STORAGE)
    ] = None,
    study: Annotated[
        str, typer.Option(help="The sweep's name there, the same on each machine.", rich_help_panel=_STORAGE)
    ] = "sweep",
    heartbeat: Annotated[
        int,
        typer.Option(
            help="Seconds; who is silent for three of them is taken for dead, and the trial tried again.",
            min=1,
            rich_help_panel=_STORAGE,
        ),
    ] = 20,
    data: Annotated[Path | None, typer.Option(help="The folder with the MNIST files.", rich_help_panel=_DATA)] = None,
    images: Annotated[
        Path | None, typer.Option(help="An IDX file of images to learn from.", rich_help_panel=_DATA)
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="An IDX file of their labels.", rich_help_panel=_DATA)] = None,
    held_out: Annotated[
        int | None,
        typer.Option(help="Images to judge by, the last ones.", show_default="10000", min=1, rich_help_panel=_DATA),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")] = False,
) -> None:
    """Find good settings: train many networks, and end the bad ones early.

    Judged on the last training images; the test set is never read. The best network is best.pkl in the run folder.
    Ctrl-C ends it, and --resume goes on; inknet report shows what was found.

    For example:

      inknet sweep --hidden 25..800 --learning-rate 0.003..0.3 --trials 40 --run runs/sizes

      inknet sweep --resume runs/sizes --finalists 3 --seeds 5

      inknet sweep --storage postgresql://me@db.example/sweeps --study sizes   # on each machine
    """
    from inknet.sweep import Sweep

    if resume is not None:
        refuse_other_options(context, _RESUMING, "--resume goes on with the sweep's own plan")
        found = Sweep.resume(resume, trials)
    else:
        words = {
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
        found = Sweep.start(
            run or _new_run(storage, study),
            _plan(space, words, numbers, each),
            trials=trials or 40,
            data=data,
            images=images,
            labels=labels,
            storage=storage,
            study=study,
            heartbeat=heartbeat,
        )
    _run(found, finalists, seeds, as_json)


def _new_run(storage: str | None, study: str) -> Path:
    """Return a run folder named by the time; with a storage, by the study, to be found again by the same command."""
    return Path("runs") / (time.strftime("%Y%m%d-%H%M%S-sweep") if storage is None else study)


def _plan(file: Path | None, words: dict[str, str | None], numbers: dict[str, int | None], each: str | None) -> "Plan":
    """Return the plan that a file and the options describe; options go before the file."""
    from inknet.mlp import InputError
    from inknet.sweep import Plan, parse_space, read_space_file
    from inknet.sweep.space import DEFAULTS

    told = {} if file is None else read_space_file(file)
    told_each = told.pop("each", None)
    read: dict[str, int] = {}
    for name, number in numbers.items():
        text = told.pop(name.replace("_", "-"), None)
        try:
            value = number if number is not None or text is None else int(text)
        except ValueError:
            raise InputError(f"{file}: {name.replace('_', '-')} is a whole number; got {text!r}") from None
        if value is not None:
            read[name] = value
    given = {name: word for name, word in words.items() if word is not None}
    return Plan(parse_space({**DEFAULTS, **told, **given}), **read, each=each or told_each)


def _run(found: "Sweep", finalists: int, seeds: int, as_json: bool) -> None:
    """Run a sweep, and print the result."""
    from rich.console import Console

    from inknet.cli.sweep_progress import Progress, line

    console = Console(stderr=True)

    def say(text: str) -> None:
        console.print(text, highlight=False, soft_wrap=True, markup=False)

    interrupted = False
    try:
        with Progress(console, found.trials, found.plan.epochs) as progress:
            say(f"{found.trials} trials, in {found.folder.path}")
            results = found.run(progress)
            if finalists:
                results = found.run_finalists(progress, finalists, seeds)
    except KeyboardInterrupt:
        interrupted = True
        results = found.results()
    finally:
        found.close()
    for finalist in results.finalists if finalists and not interrupted else ():
        spread = "" if finalist.sd is None else f" ± {100 * finalist.sd:.2f}"
        say(f"{100 * finalist.mean:.2f}{spread} %  {line(finalist.settings)}  {finalist.seconds:.1f} s")
    if results.best is not None and results.best.accuracy is not None:
        say(f"Best: {100 * results.best.accuracy:.2f} %, trial {results.best.number}, in {found.best_path}")
    if as_json:
        print_json(_document(found, results, interrupted))
    if interrupted:
        shared = found.folder.settings["shared"]
        say(f"Go on with: {'the same command' if shared else f'inknet sweep --resume {found.folder.path}'}")
        raise typer.Exit(130)


def _document(found: "Sweep", results: "Results", interrupted: bool) -> dict[str, object]:
    """Return the result as one document."""
    model = found.best_path
    return {
        "run": str(found.folder.path),
        "model": str(model) if model.exists() else None,
        "stopped": "interrupted" if interrupted else "all trials are done",
        **results.as_dict(),
    }
