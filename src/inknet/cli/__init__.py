"""The ``inknet`` command. Its commands import what they need when they run, so that ``inknet --help`` is instant."""

import io
import os
import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from inknet import __version__
from inknet.cli.evaluate import evaluate
from inknet.cli.export import export
from inknet.cli.import_ import import_
from inknet.cli.inspect import inspect
from inknet.cli.manual import MANUAL_END, STYLE, manual
from inknet.cli.output import printable
from inknet.cli.overview import Overview
from inknet.cli.predict import predict
from inknet.cli.report import report
from inknet.cli.serve import serve
from inknet.cli.sweep import sweep
from inknet.cli.train import train

__all__ = ["app", "main"]

app = typer.Typer(
    name="inknet",
    cls=Overview,
    help="A neural network from scratch, and the digit recognizer that proves it.",
    epilog=MANUAL_END,
    rich_markup_mode=STYLE,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
#: The commands, as their help groups them.
_GROUPS = {
    "Make a network": (train, sweep),
    "Judge a network": (evaluate, report, inspect),
    "Use a network": (predict, serve),
    "Take a network elsewhere": (export, import_),
}
for group, commands in _GROUPS.items():
    for command in commands:
        text, below = manual(command)
        app.command(command.__name__.strip("_"), help=text, epilog=below, rich_help_panel=group)(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"inknet {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command; without a command, say which there are."""
    if context.invoked_subcommand is None:
        print(context.get_help())


def main() -> None:
    """Run the command; whatever goes wrong is one line on standard error, and exit status 2."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # An arrow must not crash where the output's encoding has none; standard error does so of itself.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        # Named, so that `python -m inknet` calls itself so too, and completes.
        status = app(prog_name="inknet", standalone_mode=False)
        # Now, and not when Python exits, where it could only complain about a full disk or a reader that has gone.
        print(end="", flush=True)
    except TyperException as error:
        status = _complain(error.format_message())
    except (typer.Abort, KeyboardInterrupt):
        status = 130
    except BrokenPipeError:
        # Whoever read the output has gone, as `head` does. Typer answers so too, where a command still prints.
        status = 1
    except MemoryError:
        status = _complain("there is not enough memory for this")
    except OSError as error:
        status = _complain(f"{error.filename or 'the output'}: {error.strerror or error}")
    except Exception as error:
        # Imported only now: with it comes numpy, which `inknet --help` has no need of.
        from inknet.mlp import InknetError

        if not isinstance(error, InknetError):
            raise
        status = _complain(str(error))
    if status:
        _discard_output()
    sys.exit(status)


def _discard_output() -> None:
    """Drop what could not be printed, so that Python does not try again, and complain, when it exits."""
    try:
        print(end="", flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str) -> int:
    """Print a message as one line on standard error, and return the exit status."""
    print(f"inknet: {printable(' '.join(message.split()))}", file=sys.stderr)
    return 2
