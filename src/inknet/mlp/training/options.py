"""The options of a training, by name, for those who pass them on."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from numpy.typing import ArrayLike

from inknet.mlp.losses import Loss
from inknet.mlp.optimizers import Optimizer
from inknet.mlp.schedules import Schedule
from inknet.mlp.training.data import Augment
from inknet.mlp.training.early_stopping import EarlyStopping
from inknet.mlp.training.history import EpochReport
from inknet.mlp.training.sample_weights import ClassWeight

if TYPE_CHECKING:
    from inknet.mlp.training.trainer import Trainer

__all__ = ["TrainingOptions"]


class TrainingOptions(TypedDict, total=False):
    """The options of `Network.train`; `Trainer` documents them."""

    sample_weight: ArrayLike | None
    class_weight: ClassWeight | None
    epochs: int
    learning_rate: float
    batch_size: int
    loss: str | Loss | None
    optimizer: str | Optimizer
    schedule: str | Schedule
    weight_decay: float
    label_smoothing: float
    ema_decay: float
    augment: Augment | None
    validation: tuple[ArrayLike, ArrayLike] | tuple[ArrayLike, ArrayLike, ArrayLike | None] | None
    early_stopping: str | EarlyStopping | Sequence[str | EarlyStopping]
    seed: int
    check_scale: bool
    on_epoch: "Callable[[EpochReport, Trainer], None] | None"
    on_step: Callable[[int, int, float], None] | None
    resume: dict[str, Any] | None
