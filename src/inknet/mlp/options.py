"""The options of a training, by name, for those who pass them on."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from numpy.typing import ArrayLike

from inknet.mlp.early_exit import EarlyExit
from inknet.mlp.history import EpochReport
from inknet.mlp.lessons import Augment
from inknet.mlp.losses import Loss
from inknet.mlp.network import Network
from inknet.mlp.optimisers import Optimiser
from inknet.mlp.row_weights import ClassWeight
from inknet.mlp.schedules import Schedule

if TYPE_CHECKING:
    from inknet.mlp.training import Trainer

__all__ = ["TrainingOptions"]


class TrainingOptions(TypedDict, total=False):
    """The options of `Network.train`; `Trainer` documents them."""

    sample_weight: ArrayLike | None
    class_weight: ClassWeight | None
    epochs: int
    learning_rate: float
    batch_size: int
    loss: str | Loss | None
    optimiser: str | Optimiser
    schedule: str | Schedule
    weight_decay: float
    label_smoothing: float
    average: float
    augment: Augment | None
    teacher: Network | None
    teacher_share: float
    validation: tuple[ArrayLike, ArrayLike] | tuple[ArrayLike, ArrayLike, ArrayLike | None] | None
    early_exit: str | EarlyExit | Sequence[str | EarlyExit]
    seed: int
    check_scale: bool
    on_epoch: "Callable[[EpochReport, Trainer], None] | None"
    on_step: Callable[[int, int, float], None] | None
    resume: dict[str, Any] | None
