"""Parsing of the options of `inknet train`."""

import time
from pathlib import Path

import typer
from typer.exceptions import TyperException

__all__ = ["new_run", "refuse_other_options", "split_list", "split_sizes"]


def refuse_other_options(context: typer.Context, allowed: set[str], reason: str) -> None:
    """Raise an error if the command line has an option that is not allowed, beside --resume for instance."""
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if option.name not in allowed and source is not None and source.name == "COMMANDLINE":
            raise TyperException(f"{reason}; leave out {option.opts[0]}")


def new_run(name: str) -> Path:
    """Return a run folder named after the current time."""
    return Path("runs") / time.strftime(f"%Y%m%d-%H%M%S-{name}")


def split_list(text: str) -> tuple[str, ...]:
    """Return the items of a comma-separated list; "none" is the empty list."""
    return () if text.strip() in {"", "none"} else tuple(part.strip() for part in text.split(","))


def split_sizes(hidden: str) -> tuple[int, ...]:
    """Return the sizes of a network with these hidden layers; `fit_recipe` sets the first and the last by the data."""
    from inknet.digits.grid import PIXELS

    try:
        return (PIXELS, *(int(size) for size in split_list(hidden)), 10)
    except ValueError:
        raise TyperException(f"--hidden must be comma-separated integers or none, got {hidden!r}") from None
