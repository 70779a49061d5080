"""``inknet train --from MODEL --drawings FILE``: adapts a model to someone's handwriting."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.exceptions import TyperException

from inknet.cli.output import print_json, print_status, printable

if TYPE_CHECKING:
    from inknet.mlp import EpochReport, RunFolder

__all__ = ["fine_tune"]


def fine_tune(model: Path, drawings: Path, run: Path, data: Path | None, as_json: bool, **changes: Any) -> None:  # noqa: ANN401 - FineTuning checks them
    """Fine-tune a model file, save it in a run folder, and print its accuracy before and after.

    `data` is the folder of MNIST, and `changes` are fields of `FineTuning`.
    """
    from dataclasses import asdict

    from rich.console import Console

    from inknet import __version__
    from inknet.digits import Recognizer, load_mnist, load_pen_digits, split_by_writer
    from inknet.digits.datasets.drawings import ink_drawings, read_drawings
    from inknet.digits.evaluation import evaluate, evaluate_normalized
    from inknet.digits.training.fine_tuning import FineTuning, KnownDigits, split_drawings
    from inknet.mlp.storage.model_file import save_model

    say = partial(print_status, Console(stderr=True))

    def on_epoch(report: "EpochReport") -> None:
        say(f"epoch {report.epoch:3}  loss {report.loss:.4f}  {report.seconds:.1f} s")

    tuning = FineTuning(**changes)
    recognizer = Recognizer.load(model)
    if not recognizer.reads_digits:
        raise TyperException(
            f"{model} does not read digits, so it cannot be fine-tuned; train a new model without --from"
        )
    training, held_out = split_drawings(read_drawings(drawings), tuning.seed)
    known = KnownDigits(*load_mnist("train", data), split_by_writer(load_pen_digits())[0])
    test, own = load_mnist("test", data), ink_drawings(held_out)

    def measure(recognizer: Recognizer) -> dict[str, float]:
        return {
            "mnist": evaluate(recognizer, *test).accuracy,
            "drawings": evaluate_normalized(recognizer, *own).accuracy,
        }

    settings = {
        "from": str(model),
        "from_sha256": recognizer.sha256,
        "drawings": str(drawings),
        "learned": len(training),
        "held_out": len(held_out),
        "fine_tuning": asdict(tuning),
        "data": str(data) if data else None,
        "inknet": __version__,
    }
    with _new_folder(run, settings) as folder:
        say(f"{len(training)} training drawings, {len(held_out)} held out, {tuning.epochs} epochs, in {run}")
        before = measure(recognizer)
        network = tuning.tune(recognizer.network, training, known, on_epoch)
        after = measure(Recognizer(network))
        best = folder.path / "best.pkl"
        save_model(best, network)
    if as_json:
        counts = {"learned": len(training), "held_out": len(held_out)}
        print_json({"model": str(best), "before": before, "after": after, **counts})
        return
    names = {"mnist": f"MNIST test set, {len(test[1]):,} images", "drawings": f"{len(held_out)} held-out drawings"}
    for name, words in names.items():
        print(f"{words}: accuracy {100 * before[name]:.2f} % → {100 * after[name]:.2f} %")
    print(f"Saved {printable(str(best))}")


@contextmanager
def _new_folder(path: Path, settings: dict[str, Any]) -> "Iterator[RunFolder]":
    """Create and lock a run folder; remove it on an error, since a fine-tuning cannot be resumed."""
    from inknet.mlp import RunFolder

    folder = RunFolder.create(path, settings)
    try:
        with folder.lock():
            yield folder
    except BaseException:
        with suppress(OSError):
            (path / "settings.json").unlink()
            path.rmdir()
        raise
