"""A sweep: many trainings with different settings, by one process or by several that share a storage."""

import hashlib
import json
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import optuna
from optuna.pruners import BasePruner, NopPruner
from optuna.storages import RDBStorage
from optuna.trial import BaseTrial, FixedTrial

from inknet import __version__
from inknet.errors import InputError
from inknet.mlp import EpochReport, Network, RunFolder
from inknet.mlp.scalars import non_negative_integer, positive_integer
from inknet.sweep.plan import Plan
from inknet.sweep.results import Results, TrialResult
from inknet.sweep.space import Settings
from inknet.sweep.storage import open_storage, postgresql_url, storage_session
from inknet.sweep.study_check import check_study, reading
from inknet.sweep.trial import TrialTrainer, assign, new_pruner, suggest
from inknet.sweep.worker import FINISHED, run_trials

__all__ = ["Sweep", "Watcher", "open_results"]


class Watcher(Protocol):
    """The callbacks of a sweep; `finished` counts those of all processes, and `waiting` is for trials of others."""

    def trial_started(self, number: int, settings: Settings) -> None: ...  # noqa: D102 - the names say it
    def epoch_finished(self, report: EpochReport) -> None: ...  # noqa: D102
    def trial_finished(self, trial: TrialResult, best: TrialResult | None, finished: int) -> None: ...  # noqa: D102
    def finalists_started(self, settings: list[Settings], trainings: int) -> None: ...  # noqa: D102
    def finalist_finished(self, settings: Settings, accuracy: float, finished: int) -> None: ...  # noqa: D102
    def waiting(self) -> None: ...  # noqa: D102


class Sweep:
    """A sweep in a run folder, started by `start` or `resume`; `best_path` is the network of the best trial.

    Raises
    ------
    InputError, DataError
        If an argument or the folder does not fit, or the study in the storage has another plan or other images.
    """

    def __init__(self, folder: RunFolder, trainer: TrialTrainer, storage: str | None) -> None:
        self.folder = folder
        self.plan = trainer.plan
        self.trials: int = folder.settings["trials"]
        self.best_path = folder.path / "best.pkl"
        self._trainer = trainer
        with storage_session():
            self._storage = open_storage(folder.path, storage, folder.settings["heartbeat"])
            self._study = self._open_study(folder.settings["study"])

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
        """Start a sweep in a new folder, or join the one in a shared storage, whose folder may exist.

        Parameters
        ----------
        path, trials, data, images, labels
            The run folder, the number of trials by all processes, and the images; see `Run.start` for these.
        storage, study : str
            ``postgresql://…``, and the sweep's name there; None keeps the trials in the folder.
        heartbeat : int
            Seconds between heartbeats; a trial is retried after three missed ones.
        """
        trials, heartbeat = positive_integer("trials", trials), positive_integer("heartbeat", heartbeat)
        if storage is not None:
            postgresql_url(storage)
        files = {name: file and str(file) for name, file in (("data", data), ("images", images), ("labels", labels))}
        trainer = TrialTrainer(plan, files)
        settings: dict[str, Any] = {
            "sweep": plan.as_dict(),
            "trials": trials,
            **files,
            # Not the URL, which may hold a password.
            "shared": storage is not None,
            "study": study,
            "heartbeat": heartbeat,
            "inknet": __version__,
            "numpy": np.__version__,
        }
        if storage is not None and (Path(path) / "settings.json").exists():
            folder = RunFolder.open(path)
            if (folder.settings.get("shared"), folder.settings.get("study")) != (True, study):
                raise InputError(f"{path} is the folder of another run; choose another one with --run")
            folder.settings.update(settings)
        else:
            folder = RunFolder.create(path, settings)
        return cls(folder, trainer, storage)

    @classmethod
    def resume(cls, path: str | Path, trials: int | None = None) -> "Sweep":
        """Continue the sweep in a folder, alone or beside another process; `trials` changes their number."""
        folder, plan = _open_folder(path)
        if folder.settings["shared"]:
            raise InputError(f"the trials of {path} are in a shared storage; run the command that started the sweep")
        if trials is not None:
            folder.settings["trials"] = positive_integer("trials", trials)
        return cls(folder, TrialTrainer(plan, folder.settings), None)

    def run(self, watcher: Watcher, finalists: int = 0, seeds: int = 5) -> Results:
        """Run until all trials are finished, by any process; keep the best network; train the finalists.

        Finalists are that many of the best settings, with `Plan.each` at most one per choice, trained again from as
        many `seeds` that no trial used.

        Raises
        ------
        KeyboardInterrupt
            After Ctrl-C; the interrupted trial is queued again.
        InputError, TrainingError
            If a network cannot be trained, or the storage fails.
        """
        finalists, seeds = non_negative_integer("finalists", finalists), positive_integer("seeds", seeds)
        with storage_session() as self._check_interrupt:
            self._run_trials(watcher)
            if finalists:
                self._run_finalists(watcher, finalists, seeds)
        return self.results()

    def _run_trials(self, watcher: Watcher) -> None:
        def objective(trial: BaseTrial) -> float:
            settings = suggest(self.plan, self._study, trial)
            watcher.trial_started(trial.number, settings)
            network, accuracy = self._train(settings, self.plan.seed, trial, watcher)
            best = Results.read(self._study, self.plan).best
            if best is None or best.number == trial.number or accuracy > (best.accuracy or 0.0):
                network.metadata["trial"] = trial.number
                network.save(self.best_path)
            return accuracy

        waiting = watcher.waiting
        for trial in run_trials(self._study, self._storage, self.trials, objective, self._check_interrupt, waiting):
            results = Results.read(self._study, self.plan)
            (result,) = (result for result in results.trials if result.number == trial.number)
            watcher.trial_finished(result, results.best, len(results.trials))
        best = Results.read(self._study, self.plan).best
        saved = Network.load(self.best_path).metadata.get("trial") if self.best_path.exists() else None
        if best is not None and best.number != saved:
            # It was trained on another machine. The same seed makes the same network.
            objective(FixedTrial(best.settings, best.number))

    def _run_finalists(self, watcher: Watcher, count: int, seeds: int) -> None:
        settings = Results.read(self._study, self.plan).choose_finalists(count)
        digest = hashlib.sha256(json.dumps([settings, seeds]).encode()).hexdigest()[:12]
        finals = _create_study(f"{self._study.study_name}-finalists-{digest}", self._storage, NopPruner())
        finals.set_user_attr("settings", settings)
        self._study.set_user_attr("finalists", finals.study_name)
        trainings = len(settings) * seeds
        watcher.finalists_started(settings, trainings)

        def objective(trial: optuna.Trial) -> float:
            finalist, seed = assign(trial, len(settings), seeds)
            return self._train(settings[finalist], self.plan.seed + seed, trial, watcher)[1]

        for trial in run_trials(finals, self._storage, trainings, objective, self._check_interrupt, watcher.waiting):
            finished = len(finals.get_trials(deepcopy=False, states=FINISHED))
            watcher.finalist_finished(settings[trial.params["finalist"]], trial.value or 0.0, finished)

    def _train(self, settings: Settings, seed: int, trial: BaseTrial, watcher: Watcher) -> tuple[Network, float]:
        def on_epoch(report: EpochReport) -> None:
            watcher.epoch_finished(report)
            self._check_interrupt()

        self._check_interrupt()
        return self._trainer.train(settings, seed, trial, on_epoch)

    def _open_study(self, name: str) -> optuna.Study:
        """Open or create a study; refuse one with another plan or other images."""
        digest = self._trainer.dataset.digest
        with reading(name):
            study = _create_study(name, self._storage, new_pruner(self.plan))
            if "plan" not in study.user_attrs:
                study.set_user_attr("data_sha256", digest)
                study.set_user_attr("plan", self.plan.as_dict())
            difference = self.plan.difference(Plan.from_dict(study.user_attrs["plan"]))
        if difference is not None:
            raise InputError(f"the study {name!r} has another plan: {difference}; choose another name with --study")
        if study.user_attrs.get("data_sha256") != digest:
            raise InputError(f"the study {name!r} was started with other images")
        check_study(study, self.plan, self._storage)
        return study

    def results(self) -> Results:
        """Return the results so far."""
        with storage_session():
            return Results.read(self._study, self.plan, self._storage)

    def close(self) -> None:
        """Close the storage."""
        self._storage.remove_session()
        self._storage.engine.dispose()


def open_results(path: Path, storage: str | None = None) -> Results:
    """Return the results of the sweep in a folder; `storage` is the URL of its shared storage, if it has one."""
    folder, plan = _open_folder(path)
    if folder.settings["shared"] and storage is None:
        raise InputError(f"the trials of {path} are in a shared storage; pass its URL with --storage")
    if storage is not None and not folder.settings["shared"]:
        raise InputError(f"the trials of {path} are in the folder; leave out --storage")
    name = folder.settings["study"]
    with storage_session():
        opened = open_storage(folder.path, storage)
        try:
            with reading(name):
                if name not in optuna.get_all_study_names(opened):
                    raise InputError(f"the storage does not contain the study {name!r}")
                study = optuna.load_study(study_name=name, storage=opened)
            check_study(study, plan, opened)
            return Results.read(study, plan, opened)
        finally:
            opened.engine.dispose()


def _open_folder(path: str | Path) -> tuple[RunFolder, Plan]:
    folder = RunFolder.open(path)
    if not {"sweep", "trials", "data", "images", "labels", "shared", "study", "heartbeat"} <= set(folder.settings):
        raise InputError(f"{path} is not the folder of a sweep; start one there with inknet sweep --run {path}")
    settings = folder.settings
    for name in ("trials", "heartbeat"):
        positive_integer(f"{name} in {path}/settings.json", settings[name])
    for name in ("data", "images", "labels", "study"):
        if not (isinstance(settings[name], str) or (settings[name] is None and name != "study")):
            raise InputError(f"{name} in {path}/settings.json must be text, got {settings[name]!r}")
    return folder, Plan.from_dict(settings["sweep"])


def _create_study(name: str, storage: RDBStorage, pruner: BasePruner) -> optuna.Study:
    return optuna.create_study(
        study_name=name, storage=storage, direction="maximize", pruner=pruner, load_if_exists=True
    )
