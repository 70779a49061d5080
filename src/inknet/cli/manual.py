"""The help of each command, as a page of a manual: what it does, its options, examples, exit statuses.

A command's docstring says what it does, in paragraphs, and ends with "For example:" and its examples, one a paragraph.
"""

import inspect
import shutil
import textwrap
from collections.abc import Callable
from typing import Literal

__all__ = ["MANUAL_END", "STYLE", "manual"]

_EXAMPLES = "\n\nFor example:\n\n"
#: The longest line of an example; longer ones go on in the next, as a shell takes it.
_WIDTH = 74
#: Rich's tables, where they have the room; in a narrower terminal they would cut the options' names off.
STYLE: Literal["rich"] | None = "rich" if shutil.get_terminal_size().columns >= 70 else None

_COMMAND_END = """\
Exit status:

  0    done
  1    whoever was to read the output has gone, as head does
  2    an argument or a file is wrong; one line on standard error says what
  130  ended by Ctrl-C; only for inknet serve that is an end like any: 0

Environment variables, and where the documentation is: inknet --help"""

_END = """\
Environment:

  INKNET_DATA           the folder with MNIST's files, where --data names none
  INKNET_PORT, …        settings of the service: see inknet serve --help
  OPENBLAS_NUM_THREADS  how many threads may compute; a training's last bits
                        depend on it
  NO_COLOR              set to anything, there are no colors

Examples:

  inknet predict seven.png
  inknet serve --port 9000
  inknet train --help

Documentation: README.md and docs/ in the repository; a service that runs has its own at /docs."""


def manual(command: Callable[..., None]) -> tuple[str, str]:
    """Return a command's help, and what stands below its options."""
    text, _, examples = inspect.cleandoc(command.__doc__ or "").partition(_EXAMPLES)
    # Of a paragraph, typer would keep the line ends, and wrap in between.
    paragraphs = [paragraph.replace("\n", " ") for paragraph in text.split("\n\n")]
    below = f"Examples:\n\n{_lines(examples)}\n\n{_COMMAND_END}"
    return _literal("\n\n".join(paragraphs)), _literal(below) if STYLE else _unfilled(below)


def _lines(examples: str) -> str:
    r"""Return examples, a paragraph each, as lines; long ones end in a backslash and go on.

    >>> print(_lines("inknet train\n\n  inknet predict seven.png"))
      inknet train
      inknet predict seven.png
    """
    lines = []
    for example in examples.split("\n\n"):
        parts = textwrap.wrap(example.strip(), _WIDTH, break_long_words=False, break_on_hyphens=False)
        lines.append("  " + " \\\n      ".join(parts))
    return "\n".join(lines)


def _literal(text: str) -> str:
    """Keep rich from taking what stands in brackets for its markup."""
    return text.replace("[", r"\[") if STYLE else text


def _unfilled(text: str) -> str:
    """Keep the lines of indented paragraphs, which would be filled where there is no Rich, but for this sign."""
    return text.replace("\n\n  ", "\n\n\b\n  ")


#: The end of the help of `inknet` itself, which is plain text.
MANUAL_END = _unfilled(_END)
