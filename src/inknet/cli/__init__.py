"""The ``inknet`` command. Each subcommand imports what it needs when it runs, so that ``inknet --help`` is instant."""

import os
import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from inknet import __version__
from inknet.cli.evaluate import evaluate
from inknet.cli.export import export
from inknet.cli.help import MAIN_EPILOG, STYLE, CommandGroup, command_help
from inknet.cli.import_ import import_
from inknet.cli.inspect import inspect
from inknet.cli.output import printable
from inknet.cli.predict import predict
from inknet.cli.report import report
from inknet.cli.serve import serve
from inknet.cli.streams import prepare_streams
from inknet.cli.sweep import sweep
from inknet.cli.train import train

__all__ = ["app", "main"]

app = typer.Typer(
    name="inknet",
    cls=CommandGroup,
    help="A neural network from scratch, and the digit recognizer built on it.",
    epilog=MAIN_EPILOG,
    rich_markup_mode=STYLE,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
#: The commands, grouped as in the help.
_GROUPS = {
    "Train a network": (train, sweep),
    "Evaluate a network": (evaluate, report, inspect),
    "Use a network": (predict, serve),
    "Exchange a network": (export, import_),
}
for group, commands in _GROUPS.items():
    for command in commands:
        text, epilog = command_help(command)
        app.command(command.__name__.strip("_"), help=text, epilog=epilog, rich_help_panel=group)(command)


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
    """Handle the options before a command; without a command, print the help."""
    if context.invoked_subcommand is None:
        print(context.get_help())


def main() -> None:
    """Run the command; print any error as one line on standard error and exit with status 2."""
    prepare_streams()
    try:
        # The name is needed by the completion, and by `python -m inknet`.
        status = app(prog_name="inknet", standalone_mode=False)
        # Flush here: errors while Python exits could not be handled.
        print(end="", flush=True)
    except TyperException as error:
        status = _complain(error.format_message())
    except (typer.Abort, KeyboardInterrupt):
        status = 130
    except BrokenPipeError:
        # The reader has closed the output, as `head` does. Typer exits with the same status.
        status = 1
    except MemoryError:
        status = _complain("not enough memory")
    except OSError as error:
        status = _complain(f"{error.filename or 'the output'}: {error.strerror or error}")
    except Exception as error:
        from inknet.errors import InknetError

        if not isinstance(error, InknetError):
            raise
        status = _complain(str(error))
    if status:
        _discard_output()
    sys.exit(status)


def _discard_output() -> None:
    """Discard the unprinted output, which Python would otherwise try to print again when it exits."""
    try:
        print(end="", flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str) -> int:
    """Print a message as one line on standard error, and return the exit status."""
    print(f"inknet: {printable(' '.join(message.split()))}", file=sys.stderr)
    return 2
