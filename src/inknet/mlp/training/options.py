"""The options of a training: the one place that states their names, defaults, meaning and limits."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any, Self

from inknet.mlp.losses import LOSSES, Loss
from inknet.mlp.optimizers import OPTIMIZERS, Optimizer
from inknet.mlp.scalars import (
    convert,
    non_negative_number,
    positive_integer,
    positive_number,
    seed_or_random,
    share_below_one,
)
from inknet.mlp.schedules import SCHEDULES, Schedule
from inknet.mlp.training.early_stopping import EarlyStopping, find_early_stopping

__all__ = ["TrainingOptions"]


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """How a network is trained; `inknet.mlp.Trainer` and `Network.train` take the data.

    Raises
    ------
    InputError
        If a value is out of range, or a name is unknown.

    References
    ----------
    .. [1] I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", 2019.
    .. [2] C. Szegedy et al., "Rethinking the Inception architecture for computer vision", 2016, section 7.
    .. [3] B. Polyak, A. Juditsky, "Acceleration of stochastic approximation by averaging", 1992.
    """

    epochs: int = 10
    """Number of passes over the training data."""

    learning_rate: float = 0.01
    """Step size."""

    batch_size: int = 32
    """Rows per step; 1 trains row by row."""

    loss: str | Loss | None = None
    """"cross-entropy", "mean-squared-error", "mean-absolute-error" or "huber"; None chooses by the output's activation.
    """

    optimizer: str | Optimizer = "gradient-descent"
    """"gradient-descent", "momentum", "nesterov" or "adam"."""

    schedule: str | Schedule = "constant"
    """Factor on the learning rate over time: "constant", "step", "cosine" or "cosine-warmup"."""

    weight_decay: float = 0.0
    """Share of each weight, times the learning rate, that a step subtracts; biases do not decay [1]_."""

    label_smoothing: float = 0.0
    """Share of each target that is spread evenly over all classes [2]_."""

    ema_decay: float = 0.0
    """Decay per step of a moving average of the parameters, which is then measured and kept; 0 keeps none [3]_."""

    early_stopping: str | EarlyStopping | Sequence[str | EarlyStopping] | None = None
    """"accuracy-falls", "loss-rises", "loss-flat", "no-improvement", or rule objects."""

    patience: int | None = None
    """Epochs in a row for which a rule given by name must hold; None means the rule's own number."""

    seed: int = 0
    """Seed of the order of rows and of `augment`; None draws one, which is then the option's value."""

    check_scale: bool = True
    """Whether to refuse inputs that look unscaled."""

    def __post_init__(self) -> None:
        convert(
            self,
            epochs=positive_integer,
            learning_rate=positive_number,
            batch_size=positive_integer,
            weight_decay=non_negative_number,
            label_smoothing=share_below_one,
            ema_decay=share_below_one,
            seed=seed_or_random,
        )
        if self.patience is not None:
            convert(self, patience=positive_integer)
        if self.loss is not None:
            LOSSES.find(self.loss)
        OPTIMIZERS.find(self.optimizer)
        SCHEDULES.find(self.schedule)
        _ = self.stopping_rules

    @property
    def stopping_rules(self) -> list[EarlyStopping]:
        """The rules of `early_stopping`."""
        rules = self.early_stopping
        if rules is None:
            rules = ()
        elif isinstance(rules, str) or not isinstance(rules, Sequence):
            rules = (rules,)
        return [find_early_stopping(rule, self.patience) for rule in rules]

    def change(self, **changes: Any) -> Self:  # noqa: ANN401 - checked below
        """Return these options with changes.

        Raises
        ------
        InputError
            If a value is out of range.
        TypeError
            If an option is unknown; the message suggests the nearest name.
        """
        names = [field.name for field in fields(self)]
        for name in changes:
            if name not in names:
                close = get_close_matches(name, names, n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"choose from {', '.join(names)}"
                raise TypeError(f"unknown training option {name!r}; {hint}")
        return replace(self, **changes)
