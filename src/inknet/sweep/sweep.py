"""A sweep: many trainings with different settings, by one process or by several that share a storage."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, Protocol

import numpy as np
import optuna
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial

from inknet import __version__
from inknet.digits.training.recipes import fit_recipe
from inknet.errors import InputError, ModelFileError, TrainingError
from inknet.mlp import EpochReport, Network, RunFolder
from inknet.mlp.parameters import parameter_count
from inknet.mlp.training.interrupts import catch_interrupt
from inknet.sweep.finalists import choose_finalists, queue_finalists
from inknet.sweep.plan import Plan
from inknet.sweep.results import Results, TrialResult
from inknet.sweep.space import Value
from inknet.sweep.storage import open_storage, postgresql_url, storage_errors
from inknet.sweep.trial import Data, new_pruner, suggest, train
from inknet.sweep.worker import FINISHED, Worker

__all__ = ["Sweep", "Watcher", "open_results"]

Settings = dict[str, Value]


class Watcher(Protocol):
    """The callbacks of a sweep."""

    def trial_started(self, number: int, settings: Settings) -> None:
        """Take note that a trial starts."""

    def epoch_finished(self, report: EpochReport) -> None:
        """Take note of an epoch."""

    def trial_finished(self, trial: TrialResult, best: TrialResult | None, finished: int) -> None:
        """Take note of a trial, the best so far, and how many all processes have finished."""

    def finalists_started(self, settings: list[Settings], trainings: int) -> None:
        """Take note that the finalists start."""

    def finalist_finished(self, settings: Settings, accuracy: float, finished: int) -> None:
        """Take note of one training of a finalist."""

    def waiting(self) -> None:
        """Take note that only other processes are still training."""


class Sweep:
    """A sweep in a run folder; see `start` and `resume`.

    Attributes
    ----------
    folder : RunFolder
    plan : Plan
    trials : int
        The number of trials, by all processes.
    best_path : Path
        The best trial's network.
    """

    def __init__(self, folder: RunFolder, plan: Plan, data: Data, storage: RDBStorage) -> None:
        self.folder = folder
        self.plan = plan
        self.trials = int(folder.settings["trials"])
        self.best_path = folder.path / "best.pkl"
        self._data = data
        self._storage = storage
        self._interrupt = Event()
        with storage_errors():
            self._study = _open_study(str(folder.settings["study"]), plan, data.images.digest, storage)

    @classmethod
    def start(
        cls,
        path: str | Path,
        plan: Plan,
        *,
        trials: int = 40,
        data: Path | None = None,
        images: Path | None = None,
        labels: Path | None = None,
        storage: str | None = None,
        study: str = "sweep",
        heartbeat: int = 20,
    ) -> "Sweep":
        """Start a sweep in a new folder, or join the one in a shared storage.

        Parameters
        ----------
        path : str or Path
            The run folder. With `storage`, it may be the folder of the same sweep.
        plan : Plan
        trials : int
            The number of trials, by all processes.
        data, images, labels : Path or None
            The training data; see `inknet.digits.training.run.Run.start`.
        storage : str or None
            ``postgresql://…``; None keeps the trials in the folder.
        study : str
            The sweep's name in the storage.
        heartbeat : int
            See `open_storage`.

        Raises
        ------
        InputError, DataError
            If an argument is invalid, or the study in the storage has another plan or other images.
        """
        _check_positive("trials", trials)
        if storage is not None:
            postgresql_url(storage)
        read = Data(plan, data, images, labels)
        settings: dict[str, Any] = {
            "sweep": plan.as_dict(),
            "trials": trials,
            **{name: file and str(file) for name, file in (("data", data), ("images", images), ("labels", labels))},
            # Not the URL, which may hold a password.
            "shared": storage is not None,
            "study": study,
            "heartbeat": heartbeat,
            "inknet": __version__,
            "numpy": np.__version__,
        }
        path = Path(path)
        if storage is not None and (path / "settings.json").exists():
            folder = RunFolder.open(path)
            if (folder.settings.get("shared"), folder.settings.get("study")) != (True, study):
                raise InputError(f"{path} is the folder of another run; choose another one with --run")
            folder.settings.update(settings)
        else:
            folder = RunFolder.create(path, settings)
        return cls(folder, plan, read, open_storage(path, storage, heartbeat))

    @classmethod
    def resume(cls, path: str | Path, trials: int | None = None) -> "Sweep":
        """Continue the sweep in a folder, alone or beside another process.

        Parameters
        ----------
        path : str or Path
        trials : int or None
            The new number of trials; None leaves it as it is.

        Raises
        ------
        InputError, DataError
            If the folder does not hold a sweep, or its trials are in a shared storage.
        """
        folder, plan = _open_folder(path)
        if folder.settings["shared"]:
            raise InputError(f"the trials of {path} are in a shared storage; run the command that started the sweep")
        if trials is not None:
            _check_positive("trials", trials)
            folder.settings["trials"] = trials
        files = (folder.settings[name] for name in ("data", "images", "labels"))
        data = Data(plan, *(Path(file) if file else None for file in files))
        return cls(folder, plan, data, open_storage(folder.path, None, int(folder.settings["heartbeat"])))

    def run(self, watcher: Watcher) -> Results:
        """Run until all trials are finished, by any process, and keep the best network.

        Raises
        ------
        KeyboardInterrupt
            After Ctrl-C; the interrupted trial is queued again.
        InputError, TrainingError
            If a network cannot be trained, or the storage fails.
        """
        networks: dict[int, Network] = {}

        def objective(trial: optuna.Trial) -> float:
            settings = suggest(self.plan, trial)
            watcher.trial_started(trial.number, settings)
            networks.clear()
            networks[trial.number], accuracy = self._train(trial, settings, self.plan.seed, watcher)
            return accuracy

        def finished(trial: FrozenTrial) -> None:
            results = Results.read_trials(self._study, self.plan)
            if results.best is not None and results.best.number == trial.number:
                self._save(networks[trial.number], trial.number)
            watcher.trial_finished(TrialResult.read(self.plan, trial), results.best, len(results.trials))

        with storage_errors(), self._catch_interrupt():
            worker = Worker(self._study, self._storage, self._check_interrupt, self.trials)
            worker.run(objective, finished, watcher.waiting)
            results = self.results()
            if results.best is not None and self._saved_trial() != results.best.number:
                # It was trained on another machine. The same seed makes the same network.
                watcher.trial_started(results.best.number, results.best.settings)
                network, _ = train(self.plan, self._data, results.best.settings, self.plan.seed, watcher.epoch_finished)
                self._save(network, results.best.number)
            return results

    def run_finalists(self, watcher: Watcher, count: int, seeds: int = 5) -> Results:
        """Train the best settings again, from several seeds; see `choose_finalists`.

        Raises
        ------
        KeyboardInterrupt, InputError, TrainingError
            See `run`.
        """
        _check_positive("finalists", count)
        _check_positive("seeds", seeds)
        with storage_errors(), self._catch_interrupt():
            settings = choose_finalists((trial.settings for trial in self.results().complete), count, self.plan.each)
            finals = queue_finalists(self._storage, self._study, settings, seeds)
            watcher.finalists_started(settings, len(settings) * seeds)

            def objective(trial: optuna.Trial) -> float:
                seed = self.plan.seed + trial.params["seed"]
                return self._train(trial, settings[trial.params["finalist"]], seed, watcher)[1]

            def finished(trial: FrozenTrial) -> None:
                count = len(finals.get_trials(deepcopy=False, states=FINISHED))
                watcher.finalist_finished(settings[trial.params["finalist"]], float(trial.value or 0.0), count)

            Worker(finals, self._storage, self._check_interrupt).run(objective, finished, watcher.waiting)
            return self.results()

    def results(self) -> Results:
        """Return the results so far."""
        return Results.read(self._storage, self._study, self.plan)

    def close(self) -> None:
        """Close the storage."""
        self._storage.remove_session()
        self._storage.engine.dispose()

    def _train(self, trial: optuna.Trial, settings: Settings, seed: int, watcher: Watcher) -> tuple[Network, float]:
        """Train a trial's network; raise `optuna.TrialPruned` if it falls behind or its loss diverges."""
        reports: list[EpochReport] = []

        def on_epoch(report: EpochReport) -> None:
            reports.append(report)
            trial.report(report.validation_accuracy or 0.0, report.epoch)
            watcher.epoch_finished(report)
            self._check_interrupt()
            if report.epoch < self.plan.epochs and trial.should_prune():
                raise optuna.TrialPruned

        try:
            return train(self.plan, self._data, settings, seed, on_epoch)
        except TrainingError as error:
            raise optuna.TrialPruned from error
        finally:
            recipe = fit_recipe(self.plan.recipe(settings), self._data.images)
            trial.set_user_attr("seconds", sum(report.seconds for report in reports))
            trial.set_user_attr("parameters", parameter_count(recipe.sizes, recipe.bias))

    def _save(self, network: Network, number: int) -> None:
        network.metadata["trial"] = number
        network.save(self.best_path)

    def _saved_trial(self) -> object:
        """Return the number of the trial whose network is saved, if there is one."""
        try:
            return Network.load(self.best_path).metadata.get("trial")
        except ModelFileError:
            return None

    @contextmanager
    def _catch_interrupt(self) -> Iterator[None]:
        """Defer Ctrl-C to `_check_interrupt`: within a transaction it would leave the storage locked."""
        with catch_interrupt() as self._interrupt:
            yield
        self._check_interrupt()

    def _check_interrupt(self) -> None:
        if self._interrupt.is_set():
            raise KeyboardInterrupt


def open_results(path: Path, storage: str | None = None) -> Results:
    """Return the results of the sweep in a folder.

    Parameters
    ----------
    path : Path
    storage : str or None
        The URL of the shared storage, if the sweep has one.

    Raises
    ------
    InputError
        If the folder does not hold a sweep, or the trials are elsewhere.
    """
    folder, plan = _open_folder(path)
    if folder.settings["shared"] and storage is None:
        raise InputError(f"the trials of {path} are in a shared storage; pass its URL with --storage")
    if storage is not None and not folder.settings["shared"]:
        raise InputError(f"the trials of {path} are in the folder; leave out --storage")
    opened = open_storage(folder.path, storage)
    try:
        with storage_errors():
            study = optuna.load_study(study_name=str(folder.settings["study"]), storage=opened)
            return Results.read(opened, study, plan)
    except KeyError:
        raise InputError(f"the storage does not contain the study {folder.settings['study']!r}") from None
    finally:
        opened.remove_session()
        opened.engine.dispose()


def _open_folder(path: str | Path) -> tuple[RunFolder, Plan]:
    folder = RunFolder.open(path)
    needed = {"sweep", "trials", "data", "images", "labels", "shared", "study", "heartbeat"}
    if not needed <= set(folder.settings):
        raise InputError(f"{path} is not the folder of a sweep; start one there with inknet sweep --run {path}")
    return folder, Plan.from_dict(folder.settings["sweep"])


def _open_study(name: str, plan: Plan, digest: str, storage: RDBStorage) -> optuna.Study:
    """Open or create a study; refuse one with another plan or other images."""
    study = optuna.create_study(
        study_name=name, storage=storage, direction="maximize", pruner=new_pruner(plan), load_if_exists=True
    )
    if "plan" not in study.user_attrs:
        study.set_user_attr("data_sha256", digest)
        study.set_user_attr("plan", plan.as_dict())
    difference = plan.difference(Plan.from_dict(study.user_attrs["plan"]))
    if difference is not None:
        raise InputError(f"the study {name!r} has another plan: {difference}; choose another name with --study")
    if study.user_attrs["data_sha256"] != digest:
        raise InputError(f"the study {name!r} was started with other images")
    return study


def _check_positive(name: str, value: int) -> None:
    if type(value) is not int or value < 1:
        raise InputError(f"{name} must be a positive integer, got {value!r}")
