"""The help pages: of ``inknet`` itself, and of each command with its options, examples and exit statuses.

A command's docstring describes it in paragraphs, and ends with "For example:" and one example per paragraph.
"""

import inspect
import shutil
import textwrap
from collections.abc import Callable
from itertools import groupby
from typing import Any, Literal

from typer.core import TyperCommand, TyperGroup

__all__ = ["MAIN_EPILOG", "STYLE", "CommandGroup", "command_help"]

_EXAMPLES = "\n\nFor example:\n\n"
_WIDTH = 74
#: Rich's tables need a wide terminal: in a narrow one they truncate the names of options.
STYLE: Literal["rich"] | None = "rich" if shutil.get_terminal_size().columns >= 70 else None

_COMMAND_EPILOG = """\
Exit status:

  0    success
  1    the reader of the output has closed it, as head does
  2    an invalid argument or file; one line on standard error explains it
  130  interrupted by Ctrl-C (inknet serve: 0)

Environment variables and documentation: inknet --help"""

_EPILOG = """\
Environment:

  INKNET_DATA           the folder with the MNIST files, the default of --data
  INKNET_PORT, …        settings of the service: see inknet serve --help
  OPENBLAS_NUM_THREADS  the number of threads; the last bits of a trained
                        network depend on it
  NO_COLOR              if set, the output has no colors

Examples:

  inknet predict seven.png
  inknet serve --port 9000
  inknet train --help

Documentation: README.md and docs/ in the repository; a running service
documents itself at /docs."""


class CommandGroup(TyperGroup):
    """The `inknet` command. Its help is plain text: loading Rich takes longer than everything else on that page."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - as its base class
        super().__init__(**(options | {"rich_markup_mode": None}))

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 - Typer exports no type for them
        """Write each command with the first sentence of its help, under the name of its group."""
        commands = [command for command in self.commands.values() if isinstance(command, TyperCommand)]
        width = max(map(len, self.commands))
        for group, members in groupby(commands, key=lambda command: command.rich_help_panel):
            with formatter.section(group or "Commands"):
                formatter.write_dl(
                    [(f"{member.name:{width}}", member.get_short_help_str(limit=200)) for member in members]
                )


def command_help(command: Callable[..., None]) -> tuple[str, str]:
    """Return a command's help, and the epilog below its options."""
    text, _, examples = inspect.cleandoc(command.__doc__ or "").partition(_EXAMPLES)
    # Typer would keep the line breaks of a paragraph and wrap in between.
    paragraphs = [paragraph.replace("\n", " ") for paragraph in text.split("\n\n")]
    epilog = f"Examples:\n\n{_format_examples(examples)}\n\n{_COMMAND_EPILOG}"
    return _escape("\n\n".join(paragraphs)), _escape(epilog) if STYLE else _keep_lines(epilog)


def _format_examples(examples: str) -> str:
    r"""Return examples, one per paragraph, as lines; long ones are continued after a backslash.

    >>> print(_format_examples("inknet train\n\n  inknet predict seven.png"))
      inknet train
      inknet predict seven.png
    """
    lines = []
    for example in examples.split("\n\n"):
        parts = textwrap.wrap(example.strip(), _WIDTH, break_long_words=False, break_on_hyphens=False)
        lines.append("  " + " \\\n      ".join(parts))
    return "\n".join(lines)


def _escape(text: str) -> str:
    """Escape brackets, which Rich would interpret as markup."""
    return text.replace("[", r"\[") if STYLE else text


def _keep_lines(text: str) -> str:
    r"""Mark indented paragraphs with ``\b``, so that they are not rewrapped where Rich is not used."""
    return text.replace("\n\n  ", "\n\n\b\n  ")


MAIN_EPILOG = _keep_lines(_EPILOG)
