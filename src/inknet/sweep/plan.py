"""The plan of a sweep: everything that its processes must agree on."""

from dataclasses import dataclass, field
from typing import Any, Self

from inknet.digits.training.recipes import Recipe, find_recipe
from inknet.errors import InputError
from inknet.mlp.scalars import convert, positive_integer, seed_or_random
from inknet.sweep.space import SETTINGS, Settings, Space, format_space, parse_space

__all__ = ["Plan"]


@dataclass(frozen=True)
class Plan:
    """What a sweep searches, and how it trains a trial."""

    space: Space = field(default_factory=dict)
    """The searched settings; see `parse_space`. The recipe decides the others."""
    epochs: int = 10
    """Per trial."""
    held_out: int = 10_000
    """The last images of the training set, by which trials are judged."""
    prune_after: int = 2
    """From this epoch on, a trial that is worse than the median of the earlier ones is pruned."""
    seed: int = 0
    """Decides the settings that are tried, and in each trial the first weights and the order of the rows."""
    each: str | None = None
    """A setting whose choices are tried in turn; a trial is compared only with those of the same choice."""

    def __post_init__(self) -> None:
        counts = dict.fromkeys(("epochs", "held_out", "prune_after"), positive_integer)
        convert(self, **counts, seed=seed_or_random)
        if self.each is not None and len(self.choices_in_turn) < 2:
            raise InputError(f"each must be a setting with several choices, such as hidden, got {self.each!r}")

    @property
    def choices_in_turn(self) -> tuple[Any, ...]:
        """The choices of the setting `each`."""
        return getattr(self.space.get(self.each or ""), "choices", ())

    def settings(self, params: Settings) -> Settings:
        """Return a trial's settings, in the space's order: its parameters, and the choices that are fixed."""
        fixed: dict[str, Any] = {
            name: getattr(dimension, "choices", (None,))[0] for name, dimension in self.space.items()
        }
        return {name: params.get(name, fixed[name]) for name in self.space}

    def recipe(self, settings: Settings) -> Recipe:
        """Return the recipe of a trial with these settings, all hidden layers of one size.

        Only the pruner ends a trial early, and the outlier detector is not trained.
        """
        options: dict[str, Any] = {name.replace("-", "_"): value for name, value in settings.items()}
        recipe = find_recipe(options.pop("recipe", "source"))
        # The data decide the first and the last size; see `fit_recipe`.
        first, *layers, last = recipe.sizes
        layers = [options.pop("hidden", layers[0])] * options.pop("depth", len(layers))
        if "activation" in options:
            options["hidden"] = options.pop("activation")
        options |= {"sizes": (first, *layers, last), "epochs": self.epochs, "held_out": self.held_out}
        return recipe.change(**options, early_stopping=(), non_digits=0)

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values."""
        return {**vars(self), "space": format_space(self.space)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Restore a plan from the values of `as_dict`; raise `InputError` if some are missing or unknown."""
        try:
            return cls(**{**values, "space": parse_space(values["space"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"the plan of the sweep is damaged: {error!r}") from None

    def difference(self, other: "Plan") -> str | None:
        """Return the first difference from a stored plan, as text; None if they are equal."""
        mine, theirs = ({**plan.as_dict(), **format_space(plan.space)} for plan in (self, other))
        for name in (*SETTINGS, *mine):
            if mine.get(name) != theirs.get(name):
                return f"{name} is {theirs.get(name, 'not searched')} there and {mine.get(name, 'not searched')} here"
        return None
