"""`inknet sweep`."""

import reprlib
import tomllib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inknet.cli.output import print_json, print_status
from inknet.cli.train_options import new_run, refuse_other_options

if TYPE_CHECKING:
    from inknet.sweep import Plan, Results, Sweep

_SPACE, _TRIALS, _STORAGE, _DATA = "Search space", "Trials", "Several machines", "Data"
#: Searched by default; the recipe decides the other settings.
_DEFAULTS = {"hidden": "25..800", "learning-rate": "0.003..0.3", "batch-size": "16,32,64"}
#: Allowed beside --resume.
_WITH_RESUME = {"resume", "trials", "finalists", "seeds", "as_json"}


def _option(panel: str, text: str, default: str | bool = True, lowest: int | None = None) -> Any:  # noqa: ANN401 - Typer's
    """Return an option, with the default that its help shows if its own is None, and its lowest value."""
    return typer.Option(help=text, rich_help_panel=panel, show_default=default, min=lowest)


def sweep(
    context: typer.Context,
    run: Annotated[Path | None, typer.Option(help="The run folder.", show_default="runs/<time>-sweep")] = None,
    resume: Annotated[Path | None, typer.Option(help="Continue the sweep in this run folder.")] = None,
    space: Annotated[Path | None, _option(_SPACE, "A TOML file of settings; options override it.")] = None,
    hidden: Annotated[str | None, _option(_SPACE, "Nodes per hidden layer: 25,50,100 or 25..800.")] = None,
    depth: Annotated[str | None, _option(_SPACE, "Number of hidden layers: 1,2 or 1..3.")] = None,
    activation: Annotated[str | None, _option(_SPACE, "Any of relu, leaky-relu, tanh, sigmoid.")] = None,
    init: Annotated[str | None, _option(_SPACE, "Any of uniform, normal, glorot, he.")] = None,
    learning_rate: Annotated[str | None, _option(_SPACE, "Step size: 0.01,0.1 or 0.001..0.1.")] = None,
    batch_size: Annotated[str | None, _option(_SPACE, "Images per step: 16,32,64 or 8..128.")] = None,
    optimizer: Annotated[str | None, _option(_SPACE, "Any of gradient-descent, momentum, nesterov, adam.")] = None,
    recipe: Annotated[str | None, _option(_SPACE, "The other settings: source, digits or both.")] = None,
    trials: Annotated[int | None, _option(_TRIALS, "Number of trials, by all processes.", "40", 1)] = None,
    epochs: Annotated[int | None, _option(_TRIALS, "Epochs per trial.", "10", 1)] = None,
    prune_after: Annotated[
        int | None, _option(_TRIALS, "Prune trials that are worse than the median, from this epoch on.", "2", 1)
    ] = None,
    seed: Annotated[
        int | None, _option(_TRIALS, "Seed of the suggested settings and of the trainings.", lowest=0)
    ] = None,
    finalists: Annotated[
        int, _option(_TRIALS, "Number of best settings to train again from several seeds.", lowest=0)
    ] = 0,
    seeds: Annotated[int, _option(_TRIALS, "Number of seeds per finalist.", lowest=1)] = 5,
    each: Annotated[
        str | None, _option(_TRIALS, "Give each choice of this setting, such as hidden, the same share of the trials.")
    ] = None,
    storage: Annotated[
        str | None, _option(_STORAGE, "The URL of a shared database: postgresql://user@host/database.")
    ] = None,
    study: Annotated[str, _option(_STORAGE, "The sweep's name in the storage.")] = "sweep",
    heartbeat: Annotated[
        int, _option(_STORAGE, "Seconds between heartbeats; a trial is retried after three missed ones.", lowest=1)
    ] = 20,
    data: Annotated[Path | None, _option(_DATA, "The folder with the MNIST files, or mnist.npz.")] = None,
    images: Annotated[Path | None, _option(_DATA, "An IDX or CSV file of training images.")] = None,
    labels: Annotated[Path | None, _option(_DATA, "An IDX file of their labels.")] = None,
    held_out: Annotated[
        int | None, _option(_DATA, "Number of images, the last ones, to evaluate trials on.", "10000", 1)
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
        # With a shared storage, the folder is named by the study, so that the same command continues it.
        search = Sweep.start(
            run or (new_run("sweep") if storage is None else Path("runs") / study),
            _plan(space, context.params),
            trials=trials or 40,
            data=data,
            images=images,
            labels=labels,
            storage=storage,
            study=study,
            heartbeat=heartbeat,
        )
    _run(search, finalists, seeds, as_json)


def _plan(file: Path | None, options: dict[str, Any]) -> "Plan":
    """Return the plan of a file and the options, which override the file."""
    from inknet.mlp import InputError
    from inknet.sweep import Plan, parse_space
    from inknet.sweep.space import SETTINGS

    texts = _DEFAULTS | ({} if file is None else read_space_file(file))
    texts |= {name: text for name in SETTINGS if (text := options[name.replace("-", "_")]) is not None}
    plan: dict[str, Any] = {"each": options["each"] or texts.pop("each", None)}
    for name in ("epochs", "held_out", "prune_after", "seed"):
        text = texts.pop(name.replace("_", "-"), None)
        try:
            value = options[name] if options[name] is not None or text is None else int(text)
        except ValueError:
            raise InputError(f"{file}: {name.replace('_', '-')} must be an integer, got {text!r}") from None
        if value is not None:
            plan[name] = value
    return Plan(parse_space(texts), **plan)


def read_space_file(path: Path) -> dict[str, str]:
    """Return the texts in a TOML file, whose values are strings, numbers, or lists of them."""
    from inknet.mlp import InputError

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise InputError(f"cannot read {path}: it is nested too deeply") from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    texts = {}
    for name, value in content.items():
        values = value if isinstance(value, list) else [value]
        if not values or not all(type(item) in (str, int, float) for item in values):
            raise InputError(f"{path}: {name} must be a string, a number, or a list of them, got {reprlib.repr(value)}")
        texts[name] = ",".join(map(str, values))
    return texts


def _run(search: "Sweep", finalists: int, seeds: int, as_json: bool) -> None:
    from rich.console import Console

    from inknet.cli.sweep_progress import SweepProgress, format_settings

    console = Console(stderr=True)
    say = partial(print_status, console)
    interrupted = False
    try:
        with SweepProgress(console, search.trials, search.plan.epochs) as progress:
            say(f"{search.trials} trials, in {search.folder.path}")
            results = search.run(progress, finalists, seeds)
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
    return {
        "run": str(search.folder.path),
        "model": str(search.best_path) if search.best_path.exists() else None,
        "stopped": "interrupted" if interrupted else "all trials are done",
        **results.as_dict(),
    }
