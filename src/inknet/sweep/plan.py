"""The plan of a sweep: everything that its processes must agree on."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

from inknet.digits.training.recipes import Recipe, find_recipe
from inknet.errors import InputError
from inknet.sweep.space import SETTINGS, Choices, Space, Value, parse_space

__all__ = ["Plan"]


@dataclass(frozen=True)
class Plan:
    """What a sweep searches, and how it trains a trial.

    Attributes
    ----------
    space : dict of str to Choices or Range
        The searched settings; the recipe decides the others.
    epochs : int
        Per trial.
    held_out : int
        The last images of the training set, by which trials are judged.
    prune_after : int
        From this epoch on, a trial that is worse than the median of the earlier ones is pruned.
    seed : int
        Decides the settings that are tried, and in each trial the first weights and the order of the rows.
    each : str or None
        A setting with several choices, which are tried in turn; a trial is compared only with those of the same choice.
        It answers questions such as "how many nodes?".
    """

    space: Space = field(default_factory=dict)
    epochs: int = 10
    held_out: int = 10_000
    prune_after: int = 2
    seed: int = 0
    each: str | None = None

    def __post_init__(self) -> None:
        for name, lowest in (("epochs", 1), ("held_out", 1), ("prune_after", 1), ("seed", 0)):
            value = getattr(self, name)
            if type(value) is not int or value < lowest:
                raise InputError(f"{name} must be an integer of at least {lowest}, got {value!r}")
        if self.each is not None and len(self.choices_in_turn) < 2:
            raise InputError(f"each must be a setting with several choices, such as hidden, got {self.each!r}")

    @property
    def choices_in_turn(self) -> tuple[Value, ...]:
        """The choices of the setting `each`."""
        dimension = self.space.get(self.each or "")
        return dimension.values if isinstance(dimension, Choices) else ()

    def recipe(self, settings: dict[str, Value]) -> Recipe:
        """Return the recipe of a trial with these settings.

        All hidden layers have the same size. Early stopping and the training on non-digits are left out: trials are
        ended by the pruner only.
        """
        recipe = find_recipe(str(settings.get("recipe", "source")))
        hidden = recipe.sizes[1:-1]
        size = int(settings.get("hidden", hidden[0] if hidden else 1))
        changes: dict[str, Any] = {
            field: settings[name]
            for name, field in (
                ("activation", "hidden"),
                ("init", "init"),
                ("learning-rate", "learning_rate"),
                ("batch-size", "batch_size"),
                ("optimizer", "optimizer"),
            )
            if name in settings
        }
        return replace(
            recipe,
            **changes,
            # The data decide the first and the last size; see `fit_recipe`.
            sizes=(recipe.sizes[0], *[size] * int(settings.get("depth", len(hidden))), recipe.sizes[-1]),
            epochs=self.epochs,
            held_out=self.held_out,
            early_stopping=(),
            non_digits=0,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values."""
        return {**vars(self), "space": {name: str(dimension) for name, dimension in self.space.items()}}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Restore a plan from the values of `as_dict`.

        Raises
        ------
        InputError
            If values are missing or unknown.
        """
        try:
            return cls(**{**values, "space": parse_space(values["space"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"the plan of the sweep is damaged: {error!r}") from None

    def difference(self, other: "Plan") -> str | None:
        """Return the first difference from a stored plan, as text; None if they are equal."""
        mine, theirs = ({**plan.as_dict(), **plan.as_dict()["space"]} for plan in (self, other))
        for name in (*SETTINGS, "epochs", "held_out", "prune_after", "seed", "each"):
            if mine.get(name) != theirs.get(name):
                return f"{name} is {theirs.get(name, 'not searched')} there and {mine.get(name, 'not searched')} here"
        return None
