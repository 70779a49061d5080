"""The options of `inknet train`: what they come to, and which of them belong together."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.exceptions import TyperException

if TYPE_CHECKING:
    from inknet.digits.training.recipes import Recipe

__all__ = ["change_recipe", "new_run", "refuse_other_options", "split_list", "split_sizes"]


def refuse_other_options(context: typer.Context, allowed: set[str], reason: str) -> None:
    """Refuse what was given beside --resume or --from, and would change what goes on: its bits, or its layers."""
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if option.name not in allowed and source is not None and source.name == "COMMANDLINE":
            raise TyperException(f"{reason}; leave out {option.opts[0]}")


def new_run(name: str) -> Path:
    """Return a run folder named by the time."""
    return Path("runs") / time.strftime(f"%Y%m%d-%H%M%S-{name}")


def change_recipe(name: str, changes: dict[str, Any]) -> "Recipe":
    """Return the recipe of that name, with changes."""
    from dataclasses import replace

    from inknet.digits.training.recipes import find_recipe

    return replace(find_recipe(name), **changes)


def split_list(text: str) -> tuple[str, ...]:
    """Return the parts of a list with commas; "none" has none."""
    return () if text.strip() in {"", "none"} else tuple(part.strip() for part in text.split(","))


def split_sizes(hidden: str | None) -> tuple[int, ...] | None:
    """Return the sizes of a network with these hidden ones; the data decide on the first and the last."""
    from inknet.digits.grid import PIXELS

    if hidden is None:
        return None
    try:
        return (PIXELS, *(int(size) for size in split_list(hidden)), 10)
    except ValueError:
        raise TyperException(f"hidden sizes are whole numbers with commas between; got {hidden!r}") from None
