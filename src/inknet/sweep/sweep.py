"""The sweep: one process's part in it, which may be the only one."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
import optuna
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.trial import TrialState
from sqlalchemy.exc import SQLAlchemyError

from inknet import __version__
from inknet.digits.training.recipes import fit_recipe
from inknet.mlp import EpochReport, InknetError, InputError, RunFolder, TrainingError
from inknet.mlp.parameters import parameter_count
from inknet.mlp.training.interrupts import Interrupt, catch_interrupt
from inknet.sweep.finalists import choose_finalists, queue_finalists
from inknet.sweep.plan import Plan
from inknet.sweep.pruning import Median
from inknet.sweep.results import Results, TrialResult, trial_result
from inknet.sweep.space import Value
from inknet.sweep.study import FINISHED, TrialStore, postgresql_address, reason_of
from inknet.sweep.trial import Data, suggest, train
from inknet.sweep.winner import Winner

__all__ = ["Sweep", "Watcher", "open_results"]

#: How long to wait before another look at what other processes have come to.
_PAUSE = 0.5  # seconds
#: The study's name where nobody else's are.
_NAME = "sweep"
#: What others' storages are asked to remember the plan by.
_PLAN, _DATA = "plan", "data_sha256"

Objective = Callable[[optuna.Trial], float]


class Watcher(Protocol):
    """What is told how a sweep goes."""

    def began(self, number: int, settings: dict[str, Value]) -> None:
        """Take note that a trial begins."""

    def epoch(self, report: EpochReport) -> None:
        """Take note of an epoch of it."""

    def ended(self, trial: TrialResult, best: TrialResult | None, finished: int) -> None:
        """Take note of a finished trial, the best so far, and how many are finished, by all processes."""

    def finals(self, settings: list[dict[str, Value]], trainings: int) -> None:
        """Take note that the finalists begin: so many trainings."""

    def final(self, settings: dict[str, Value], accuracy: float, finished: int) -> None:
        """Take note of a finalist's training."""

    def waits(self) -> None:
        """Take note that there is nothing to begin while others are still training."""


class Sweep:
    """A sweep in a run folder.

    Parameters
    ----------
    folder : RunFolder
        Whose settings say what to do.
    plan : Plan
    data : Data
    store : TrialStore
    study : optuna.Study
    """

    def __init__(self, folder: RunFolder, plan: Plan, data: Data, store: TrialStore, study: optuna.Study) -> None:
        self.folder = folder
        self.plan = plan
        self.data = data
        self.trials = int(folder.settings["trials"])
        self.winner = Winner(folder.path)
        self._store = store
        self._study = study
        self._interrupt = Interrupt()

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
        study: str = _NAME,
        heartbeat: int = 20,
    ) -> "Sweep":
        """Begin a sweep in a new folder, or join the one that others have begun in a storage.

        Parameters
        ----------
        path : str or Path
            The folder. With a storage it may be there from before.
        plan : Plan
        trials : int
            So many are finished when the sweep is, by all processes together.
        data, images, labels : Path or None
            What to learn from; see `inknet.digits.training.run.Run.start`.
        storage : str or None
            ``postgresql://…``; None keeps the trials in the folder.
        study : str
            The sweep's name in the storage.
        heartbeat : int
            See `TrialStore`.

        Raises
        ------
        InputError, DataError
            If something does not fit, or the study in the storage has another plan.
        """
        if type(trials) is not int or trials < 1:
            raise InputError(f"trials is a whole number from 1; got {trials!r}")
        # What is wrong is said before a folder is made.
        if storage is not None:
            postgresql_address(storage)
        read = Data(plan, data, images, labels)
        settings = {
            "sweep": plan.as_dict(),
            "trials": trials,
            "data": str(data) if data else None,
            "images": str(images) if images else None,
            "labels": str(labels) if labels else None,
            # Not the address: it may hold a password.
            "shared": storage is not None,
            "study": study,
            "heartbeat": heartbeat,
            "inknet": __version__,
            "numpy": np.__version__,
        }
        path = Path(path)
        if storage is not None and (path / "settings.json").exists():
            folder = RunFolder.open(path)
            there = {name: folder.settings.get(name) for name in ("shared", "study")}
            if there != {"shared": True, "study": study}:
                raise InputError(f"{path} is the folder of something else; choose another one with --run")
            folder.settings.update(settings)
        else:
            folder = RunFolder.create(path, settings)
        return cls._open(folder, plan, read, TrialStore(storage, path, heartbeat))

    @classmethod
    def resume(cls, path: str | Path, trials: int | None = None) -> "Sweep":
        """Go on with the sweep in a folder, or help another process that is at it.

        Parameters
        ----------
        path : str or Path
        trials : int or None
            How many there are to be instead.

        Raises
        ------
        InputError, DataError
            If the folder is no sweep's, or its trials are in a storage.
        """
        folder, plan = _open_folder(path)
        if folder.settings["shared"]:
            raise InputError(
                f"the trials of the sweep in {path} are in a storage: go on with the command that began it"
            )
        if trials is not None:
            if trials < 1:
                raise InputError(f"trials is a whole number from 1; got {trials!r}")
            folder.settings["trials"] = trials
        places = (Path(value) if (value := folder.settings[name]) else None for name in ("data", "images", "labels"))
        return cls._open(
            folder, plan, Data(plan, *places), TrialStore(None, folder.path, int(folder.settings["heartbeat"]))
        )

    @classmethod
    def _open(cls, folder: RunFolder, plan: Plan, data: Data, store: TrialStore) -> "Sweep":
        """Open the study, and make sure that it is this plan's."""
        name = str(folder.settings["study"])
        # The first few trials tell little about those after them.
        pruner = Median(plan.prune_after, plan.each, enough=3 if plan.each else 5)
        digest = data.images.digest
        with _storage_errors(), store.exclusive():
            study = store.study(name, pruner)
            if _PLAN not in study.user_attrs:
                study.set_user_attr(_DATA, digest)
                study.set_user_attr(_PLAN, plan.as_dict())
            other = plan.difference(Plan.from_dict(study.user_attrs[_PLAN]))
            if other is not None:
                raise InputError(f"the study {name!r} has another plan: {other}; choose another name with --study")
            if study.user_attrs[_DATA] != digest:
                raise InputError(f"the study {name!r} learns from other images than these")
        return cls(folder, plan, data, store, study)

    def run(self, watcher: Watcher) -> Results:
        """Train until all trials are finished, by whichever process, and keep the winner's network.

        Raises
        ------
        KeyboardInterrupt
            If Ctrl-C was pressed; the trial that it interrupted is tried again by whoever goes on.
        InputError, TrainingError
            If a setting cannot be trained, or the storage fails.
        """

        def objective(trial: optuna.Trial) -> float:
            settings = suggest(self.plan, trial)
            watcher.began(trial.number, settings)
            return self._train(trial, settings, watcher)

        def ended(number: int) -> None:
            trial = self._study.trials[number]
            if trial.state not in FINISHED:
                return
            results = self.results()
            if results.best is not None and results.best.number == number:
                self._settle(number)
            watcher.ended(trial_result(self.plan, trial), results.best, len(results.trials))

        with _storage_errors(), self._catch_interrupt():
            self._work(self._study, self.trials, objective, ended, watcher.waits)
            results = self.results()
            if results.best is not None:
                self._keep(results.best, watcher)
            return results

    def run_finalists(self, watcher: Watcher, count: int, seeds: int = 5) -> Results:
        """Train the best settings again, from several seeds; see `choose_finalists`.

        Raises
        ------
        KeyboardInterrupt, InputError, TrainingError
            See `run`.
        """
        for name, number in (("finalists", count), ("seeds", seeds)):
            if number < 1:
                raise InputError(f"{name} is a whole number from 1; got {number!r}")

        def on_epoch(report: EpochReport) -> None:
            watcher.epoch(report)
            self._go_on()

        with _storage_errors(), self._catch_interrupt():
            settings = choose_finalists(self.results().trials, count, self.plan.each)
            with self._store.exclusive():
                finals, trainings = queue_finalists(self._store, self._study, settings, seeds)
            watcher.finals(settings, trainings)

            def objective(trial: optuna.Trial) -> float:
                finalist = trial.suggest_int("finalist", 0, max(1, len(settings) - 1))
                seed = self.plan.seed + trial.suggest_int("seed", 1, max(2, seeds))
                training = train(self.plan, self.data, settings[finalist], seed, on_epoch)
                _remember(trial, training.history.epochs, training.network.parameter_count)
                return training.accuracy

            def ended(number: int) -> None:
                trial = finals.trials[number]
                if trial.state in FINISHED:
                    finished = len(finals.get_trials(deepcopy=False, states=FINISHED))
                    watcher.final(settings[trial.params["finalist"]], float(trial.value or 0.0), finished)

            # All of them are queued: there is none to begin beside these.
            self._work(finals, 0, objective, ended, watcher.waits)
            return self.results()

    def results(self) -> Results:
        """Return what has been found by now."""
        return Results.read(self._store, self._study, self.plan)

    def close(self) -> None:
        """Close the storage."""
        self._store.dispose()

    @contextmanager
    def _catch_interrupt(self) -> Iterator[None]:
        """Let Ctrl-C wait for `_go_on`: in the middle of a transaction it would leave the file locked, by ourselves."""
        with catch_interrupt() as self._interrupt:
            yield
        self._go_on()

    def _go_on(self) -> None:
        """Raise `KeyboardInterrupt` if Ctrl-C was pressed."""
        if self._interrupt.requested:
            raise KeyboardInterrupt

    def _work(
        self,
        study: optuna.Study,
        wanted: int,
        objective: Objective,
        ended: Callable[[int], None],
        waits: Callable[[], None],
    ) -> None:
        """Take trial by trial, until there are as many as wanted and all are finished."""
        waiting = False
        while True:
            self._go_on()
            number, left = self._take(study, wanted, objective)
            if number is not None:
                waiting = False
                ended(number)
            elif left == 0:
                return
            else:
                # What another process is at may yet have to be tried again, by us.
                if not waiting:
                    waits()
                waiting = True
                time.sleep(_PAUSE)

    def _take(self, study: optuna.Study, wanted: int, objective: Objective) -> tuple[int | None, int]:
        """Run one trial, if there is one to run; return its number, or None, and how many others are running."""
        number = None
        with ExitStack() as held:
            held.enter_context(self._store.exclusive())
            self._store.revive(study)
            trials = study.get_trials(deepcopy=False)
            states = [trial.state for trial in trials]
            if TrialState.WAITING not in states and len(trials) - states.count(TrialState.FAIL) >= wanted:
                return None, states.count(TrialState.RUNNING)
            if TrialState.WAITING not in states and study is self._study and self.plan.in_turn:
                choices = self.plan.in_turn
                study.enqueue_trial({str(self.plan.each): choices[len(trials) % len(choices)]})
            # A sampler a trial: what a trial is depends on those before it, and not on which process ran them.
            seed = int(np.random.SeedSequence([self.plan.seed, len(trials)]).generate_state(1)[0])
            study.sampler = optuna.samplers.TPESampler(seed=seed)

            def begun(trial: optuna.Trial) -> float:
                nonlocal number
                number = trial.number
                trial.set_user_attr("process", f"{socket.gethostname()}:{os.getpid()}")
                self._store.wait_for_heartbeat(trial)
                held.close()
                self._go_on()
                return objective(trial)

            try:
                study.optimize(begun, n_trials=1)
            except KeyboardInterrupt:
                held.close()
                if number is not None:
                    self._give_back(study, number)
                raise
            except (UpdateFinishedTrialError, ValueError) as error:
                # This process was taken for dead, as when a laptop sleeps; somebody else has the trial now.
                taken = number is not None and study.trials[number].state == TrialState.FAIL
                if isinstance(error, InknetError) or not taken:
                    raise
        return number, 0

    def _give_back(self, study: optuna.Study, number: int) -> None:
        """Queue an interrupted trial, to be tried again."""
        with self._store.exclusive():
            trial = study.trials[number]
            if trial.state == TrialState.FAIL:
                self._store.retry(study, trial)

    def _train(self, trial: optuna.Trial, settings: dict[str, Value], watcher: Watcher) -> float:
        """Train a trial's settings, or prune it."""
        reports: list[EpochReport] = []

        def on_epoch(report: EpochReport) -> None:
            reports.append(report)
            trial.report(report.validation_accuracy or 0.0, report.epoch)
            watcher.epoch(report)
            self._go_on()
            if report.epoch < self.plan.epochs and trial.should_prune():
                raise optuna.TrialPruned

        try:
            training = train(self.plan, self.data, settings, self.plan.seed, on_epoch)
        except TrainingError:
            # The loss is not finite any more: it learns too fast. That is a finding, not an accident.
            trial.set_user_attr("diverged", True)
            raise optuna.TrialPruned from None
        finally:
            recipe = fit_recipe(self.plan.recipe(settings), self.data.images)
            _remember(trial, reports, parameter_count(recipe.sizes, recipe.bias))
        best = Results.read(self._store, self._study, self.plan).best
        if best is None or training.accuracy >= (best.accuracy or 0.0):
            self.winner.save(training.network, trial.number)
        return training.accuracy

    def _settle(self, number: int) -> bool:
        with self._store.exclusive():
            results = self.results()
            best = results.best
            # Another process may have found a better one meanwhile.
            if best is None or best.number != number:
                return True
            there = self.winner.settle(number)
            if there:
                self.winner.clear({trial.number for trial in results.trials})
            return there

    def _keep(self, best: TrialResult, watcher: Watcher) -> None:
        """Keep the winner's network; if it was trained on another machine, train it here again."""
        if not self._settle(best.number):
            watcher.began(best.number, best.settings)
            training = train(self.plan, self.data, best.settings, self.plan.seed, watcher.epoch)
            self.winner.save(training.network, best.number)
            self._settle(best.number)


def open_results(path: Path, storage: str | None = None) -> Results:
    """Return what the sweep in a folder has found.

    Parameters
    ----------
    path : Path
    storage : str or None
        Where its trials are, if they are not in the folder.

    Raises
    ------
    InputError
        If the folder is no sweep's, or its trials are elsewhere.
    """
    folder, plan = _open_folder(path)
    if folder.settings["shared"] != (storage is not None):
        raise InputError(
            f"the trials of the sweep in {path} are in a storage: name it with --storage"
            if storage is None
            else f"the trials of the sweep in {path} are in the folder; leave out --storage"
        )
    store = TrialStore(storage, folder.path)
    try:
        with _storage_errors():
            study = store.find(str(folder.settings["study"]))
            if study is None:
                raise InputError(f"the storage has no study {folder.settings['study']!r}")
            return Results.read(store, study, plan)
    finally:
        store.dispose()


def _remember(trial: optuna.Trial, reports: list[EpochReport], parameters: int) -> None:
    trial.set_user_attr("seconds", sum(report.seconds for report in reports))
    trial.set_user_attr("parameters", parameters)


@contextmanager
def _storage_errors() -> Iterator[None]:
    """Say in one sentence that the storage has failed."""
    try:
        yield
    except (StorageInternalError, SQLAlchemyError) as error:
        raise TrainingError(
            f"the storage has failed: {reason_of(error)}; go on with the same command, once it is back"
        ) from None


def _open_folder(path: str | Path) -> tuple[RunFolder, Plan]:
    folder = RunFolder.open(path)
    needed = {"sweep", "trials", "data", "images", "labels", "shared", "study", "heartbeat"}
    if not needed <= set(folder.settings):
        raise InputError(f"{path} is no sweep's folder; begin a sweep there with inknet sweep --run {path}")
    return folder, Plan.from_dict(folder.settings["sweep"])
