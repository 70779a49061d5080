"""The plan of a sweep: all that its processes must agree on."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

from inknet.digits.training.recipes import Recipe, find_recipe
from inknet.mlp import InputError
from inknet.sweep.space import PARAMETERS, Choices, Space, Value, parse_space

__all__ = ["Plan"]


@dataclass(frozen=True)
class Plan:
    """What is searched, and how a trial is trained.

    Attributes
    ----------
    space : dict of str to Choices or Range
        What may be chosen; what is not in it is as the recipe has it.
    epochs : int
        Of each trial that is not pruned.
    held_out : int
        So many of the training images, the last ones, are what a trial is judged by.
    prune_after : int
        A trial that is worse than the median of those before it after so many epochs, or later, is ended.
    seed : int
        Decides which settings are tried, and the first weights and the order of the rows in each trial.
    each : str or None
        A setting with several choices: they are tried in turn, so that each gets its share of the trials, and a trial
        is compared only with those of the same choice. It is for questions such as "how many nodes?".
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
                raise InputError(f"{name} is a whole number from {lowest}; got {value!r}")

        if self.each is not None:
            dimension = self.space.get(self.each)
            if not isinstance(dimension, Choices) or len(dimension.values) < 2:
                raise InputError(f"each takes a setting that has several choices, such as hidden; got {self.each!r}")

    @property
    def in_turn(self) -> tuple[Value, ...]:
        """The choices that are tried in turn; none without `each`."""
        dimension = self.space.get(self.each or "")
        return dimension.values if isinstance(dimension, Choices) else ()

    def recipe(self, settings: dict[str, Value]) -> Recipe:
        """Return the recipe of a trial with these settings.

        Every hidden layer has the same size. A trial trains all its epochs, if it is not pruned: early stopping would
        judge it a second time. What is taught after a training, as of what is no digit, is left out.
        """
        recipe = find_recipe(str(settings.get("recipe", "source")))
        hidden = list(recipe.sizes[1:-1])
        depth = int(settings.get("depth", len(hidden)))
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
        # The data decide on the first and the last; see `fit_recipe`.
        sizes = (recipe.sizes[0], *([size] * depth), recipe.sizes[-1])
        return replace(
            recipe,
            **changes,
            sizes=sizes,
            epochs=self.epochs,
            held_out=self.held_out,
            early_stopping=(),
            non_digits=0,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "space": {name: str(dimension) for name, dimension in self.space.items()},
            "epochs": self.epochs,
            "held_out": self.held_out,
            "prune_after": self.prune_after,
            "seed": self.seed,
            "each": self.each,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Make it from what `as_dict` returned, and was in a file meanwhile.

        Raises
        ------
        InputError
            If the values are not whole.
        """
        try:
            return cls(**{**values, "space": parse_space(values["space"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"the plan of the sweep is not whole: {error!r}") from None

    def difference(self, other: "Plan") -> str | None:
        """Say in what another plan is not this one: its name, here and there; None if they are the same."""
        mine, theirs = ({**plan.as_dict(), **plan.as_dict()["space"]} for plan in (self, other))
        for name in (*PARAMETERS, "epochs", "held_out", "prune_after", "seed", "each"):
            if mine.get(name) != theirs.get(name):
                return f"{name} is {theirs.get(name, 'not searched')} there, and {mine.get(name, 'not searched')} here"
        return None
