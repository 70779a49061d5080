"""The state of a training: everything that is saved with an epoch and restored from it."""

import copy
from typing import Any

import numpy as np

from inknet.errors import InputError
from inknet.mlp.optimizers import OPTIMIZERS
from inknet.mlp.parameters import FloatArray
from inknet.mlp.perceptron import MultilayerPerceptron
from inknet.mlp.training.history import EpochReport, History
from inknet.mlp.training.options import TrainingOptions

__all__ = ["TrainingState"]

#: The layout of the vectors in a saved state; see `split_parameters`.
_LAYOUT = "input by input"


class TrainingState:
    """The parameters, the optimizer's state and the history of a training.

    Steps change the network's parameters, `optimizer_state` and `average`. An interrupted epoch does not count, so a
    snapshot of the last finished epoch is kept beside them, and every epoch begins from it.

    Attributes
    ----------
    history : History
        The finished epochs.
    optimizer_state : dict of array
        Arrays that the optimizer keeps from step to step.
    average : array, shape (parameter_count,), or None
        The moving average of the parameters, if `ema_decay` asks for one.
    current, best : array, shape (parameter_count,)
        The parameters after the last finished epoch, and those measured in the best epoch.
    """

    def __init__(self, network: MultilayerPerceptron, options: TrainingOptions) -> None:
        self.network = network
        self.history = History()
        self.optimizer_state = OPTIMIZERS.find(options.optimizer).start(network.parameters)
        self.average: FloatArray | None = network.parameters.copy() if options.ema_decay else None
        self.current = network.parameters.copy()
        self.best = network.parameters.copy()
        self._snapshot = self._copy()

    def begin_epoch(self) -> None:
        """Return to the state after the last finished epoch."""
        self.network.parameters[...] = self.current
        # In place, since steppers hold references.
        optimizer, average = copy.deepcopy(self._snapshot)
        self.optimizer_state.clear()
        self.optimizer_state.update(optimizer)
        if self.average is not None:
            self.average[...] = average

    def finish_epoch(self, report: EpochReport, current: FloatArray) -> None:
        """Take over the state after an epoch.

        `current` holds the parameters to continue from, shape (parameter_count,); the network has those measured.
        """
        self.history.epochs.append(report)
        self.current[...] = current
        if self.history.best is report:
            self.best[...] = self.network.parameters
        self._snapshot = self._copy()

    def as_dict(self) -> dict[str, Any]:
        """Return the state after the last finished epoch as plain values and copies of the arrays."""
        optimizer, average = copy.deepcopy(self._snapshot)
        return {
            "layout": _LAYOUT,
            "current": self.current.copy(),
            "best": self.best.copy(),
            "average": average,
            "optimizer_state": optimizer,
            "history": [report.as_dict() for report in self.history],
        }

    def restore(self, values: dict[str, Any]) -> None:
        """Continue from the values that `as_dict` returned.

        Raises
        ------
        InputError
            If they are not a state, or that of a training with another network or other options.
        """
        if "history" in values and (values.get("layout") != _LAYOUT or "optimizer_state" not in values):
            raise InputError("this training was begun by an older inknet and cannot be resumed; start it again")
        try:
            epochs = [EpochReport.from_dict(report) for report in values["history"]]
            saved = {name: values[name] for name in ("current", "best", "average")} | values["optimizer_state"]
        except (KeyError, TypeError) as error:
            raise InputError(f"not the state of a training: {error!r}") from None
        mine = {"current": self.current, "best": self.best, "average": self.average, **self.optimizer_state}
        if mine.keys() != saved.keys() or any(_form(mine[name]) != _form(saved[name]) for name in mine):
            raise InputError("a training cannot be resumed with another network, optimizer or ema_decay")
        for name, array in mine.items():
            if array is not None:
                array[...] = saved[name]
        self.history = History(epochs)
        self._snapshot = self._copy()

    def _copy(self) -> tuple[dict[str, FloatArray], FloatArray | None]:
        return copy.deepcopy((self.optimizer_state, self.average))


def _form(array: FloatArray | None) -> tuple[tuple[int, ...], np.dtype[Any]] | None:
    """Return the shape and type, which a saved array must share with the one that it replaces."""
    return None if array is None else (np.shape(array), np.asarray(array).dtype)
