"""``inknet train --log``: the epochs of a run as CSV or for TensorBoard, in its run folder.

A log is rebuilt from the run's history whenever training starts or resumes, and each epoch is added once it is saved.
So every epoch is there exactly once, however often the run was killed. Existing logs are continued without the option.
"""

import csv
import io
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from typer.exceptions import TyperException

if TYPE_CHECKING:
    from inknet.digits.training.run import Run
    from inknet.mlp import EpochReport, RunFolder

__all__ = ["FILES", "log_formats", "open_logs"]

#: The files of each format in a run folder.
FILES = {"csv": "metrics.csv", "tensorboard": "events.out.tfevents.*"}


def log_formats(text: str | None) -> list[str]:
    """Return the formats in the value of --log; raise an error if one is unknown or needs a missing library."""
    from inknet.extras import import_extra

    names = [] if text is None else [name.strip() for name in text.split(",")]
    for name in names:
        if name not in FILES:
            raise TyperException(f"--log must be {', '.join(FILES)} or both, separated by a comma, got {name!r}")
        if name == "tensorboard":
            import_extra("tensorboardX", "a TensorBoard log")
    return names


@contextmanager
def open_logs(run: "Run", names: Sequence[str]) -> "Iterator[Callable[[EpochReport], None]]":
    """Open a run's logs: those of these formats, and those that it has already.

    Yields a function that takes the report of each epoch, once the epoch is saved. Raises `TrainingError` if a log
    cannot be written.
    """
    folder = run.folder
    kept = [name for name, files in FILES.items() if name in names or any(folder.path.glob(files))]
    logs: list[_CsvLog | _TensorBoardLog] = []

    def add(report: "EpochReport") -> None:
        for log in logs:
            with _writing(folder):
                log.add(report)

    if kept:
        with folder.lock(), _writing(folder):
            # After a kill, the history may be one epoch ahead of the saved network; that epoch is trained again.
            epochs = folder.load_history().epochs[: run.epochs_done]
            logs += [_CsvLog(folder, epochs) if name == "csv" else _TensorBoardLog(folder, epochs) for name in kept]
    try:
        yield add
    finally:
        for log in logs:
            log.close()


@contextmanager
def _writing(folder: "RunFolder") -> Iterator[None]:
    """Turn failures to write into a `TrainingError` that says what to do."""
    from inknet.mlp import TrainingError

    try:
        yield
    except OSError as error:
        raise TrainingError(
            f"cannot write the run's log: {error.filename or folder.path}: {error.strerror};"
            f" fix that and continue with --resume {folder.path}"
        ) from None


class _CsvLog:
    """``metrics.csv``: a row per epoch. The file is replaced atomically after each epoch."""

    def __init__(self, folder: "RunFolder", epochs: "Sequence[EpochReport]") -> None:
        self._path = folder.path / FILES["csv"]
        self._rows = [report.as_dict() for report in epochs]
        self._write()

    def add(self, report: "EpochReport") -> None:
        self._rows.append(report.as_dict())
        self._write()

    def close(self) -> None:
        """Do nothing: the file is complete."""

    def _write(self) -> None:
        from inknet.files.atomic_write import write_atomically
        from inknet.mlp import EpochReport

        text = io.StringIO()
        writer = csv.DictWriter(text, [field.name for field in fields(EpochReport)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._rows)
        write_atomically(self._path, text.getvalue().encode())


class _TensorBoardLog:
    """An event file: a point per epoch on each curve, and the settings as text and as hyperparameters."""

    def __init__(self, folder: "RunFolder", epochs: "Sequence[EpochReport]") -> None:
        from inknet.extras import import_extra

        purpose = "this run's TensorBoard log"
        self._summary = import_extra("tensorboardX.summary", purpose)
        self._event = import_extra("tensorboardX.proto.event_pb2", purpose).Event
        writer = import_extra("tensorboardX.event_file_writer", purpose).EventsWriter
        # Events cannot be removed from a file, and the last one of a killed training may be incomplete.
        for path in folder.path.glob(FILES["tensorboard"]):
            path.unlink()
        self._writer = writer(str(folder.path / "events"))
        ended = time.time() - sum(report.seconds for report in epochs)
        self._write_settings(folder.settings, ended)
        for report in epochs:
            ended += report.seconds
            self._write_epoch(report, ended)
        self._writer.flush()

    def add(self, report: "EpochReport") -> None:
        self._write_epoch(report, time.time())
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()

    def _write_settings(self, settings: dict[str, Any], when: float) -> None:
        text = "".join(f"    {line}\n" for line in json.dumps(settings, indent=2, ensure_ascii=False).splitlines())
        self._write(self._summary.text("settings", text), 0, when)
        for summary in self._summary.hparams(_flatten(settings), dict.fromkeys(_CURVES.values())):
            self._write(summary, 0, when)

    def _write_epoch(self, report: "EpochReport", when: float) -> None:
        for name, value in report.as_dict().items():
            if name in _CURVES and value is not None:
                self._write(self._summary.scalar(_CURVES[name], value), report.epoch, when)

    def _write(self, summary: Any, step: int, when: float) -> None:  # noqa: ANN401 - tensorboardX has no types
        self._writer.write_event(self._event(summary=summary, step=step, wall_time=when))


#: TensorBoard's names of the curves, "group/curve".
_CURVES = {
    "loss": "loss/training",
    "validation_loss": "loss/held-out",
    "validation_accuracy": "accuracy/held-out",
    "learning_rate": "learning_rate",
    "seconds": "seconds",
}


def _flatten(settings: dict[str, Any], prefix: str = "") -> dict[str, str | float | bool]:
    """Return settings as TensorBoard's hyperparameters: one level of strings, numbers and booleans."""
    flat: dict[str, str | float | bool] = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            flat[f"{prefix}{name}"] = ", ".join(map(str, value))
        elif value is not None:
            flat[f"{prefix}{name}"] = value
    return flat
