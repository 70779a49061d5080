"""The code in a Markdown file, run, and compared with what the file says that it prints.

A block is promised to print what its lines ``print(…)  # THIS`` say, in order; or, if a block ``output`` follows, that.
``≈ 0.93`` is a number within two hundredths of it: what is learned differs a little from machine to machine. ``…``
is anything.
"""

import contextlib
import io
import re
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

__all__ = ["Block", "compare", "read_blocks", "run_python"]

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<code>.*?)^(?P=indent)```$", flags=re.DOTALL | re.MULTILINE
)
_ABOUT = re.compile(r"≈ (-?[\d.]+)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, what else its first line says, its code, and the line on which it begins."""

    language: str
    words: tuple[str, ...]
    code: str
    line: int
    output: str | None = None

    @property
    def promised(self) -> list[str] | None:
        """The lines that it is to print; None: whatever it likes."""
        if self.output is not None:
            return self.output.splitlines()
        if self.language != "python":
            return None
        return re.findall(r"^.*\bprint\(.*\)  # (.*)$", self.code, flags=re.MULTILINE)


def read_blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a Markdown text; a block ``output`` becomes part of the one before."""
    blocks: list[Block] = []
    for match in _FENCE.finditer(text):
        language, *words = match["info"].split() or [""]
        block = Block(language, tuple(words), dedent(match["code"]), text.count("\n", 0, match.start()) + 1)
        if language == "output" and blocks:
            last = blocks.pop()
            block = Block(last.language, last.words, last.code, last.line, block.code)
        blocks.append(block)
    return blocks


def run_python(block: Block, namespace: dict[str, Any], name: str) -> str:
    """Run a block in a namespace, and return what it prints; a traceback shows the file's own lines."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile("\n" * block.line + block.code, name, "exec"), namespace)  # noqa: S102 - that is what it is for
    return printed.getvalue()


def compare(printed: str, promised: list[str]) -> None:
    """Fail if what was printed is not what was promised."""
    lines = printed.splitlines()
    agree = len(lines) == len(promised) and all(map(_agrees, lines, promised))
    assert agree, f"it printed\n{printed}\nand is said to print\n" + "\n".join(promised)


def _agrees(line: str, promise: str) -> bool:
    numbers = [float(number) for number in _ABOUT.findall(promise)]
    pattern = re.escape(_ABOUT.sub("\0", promise)).replace("\0", r"(-?\d+\.?\d*(?:e-?\d+)?)").replace("…", ".*")
    match = re.fullmatch(pattern, line.rstrip())
    if match is None:
        return False
    return all(
        abs(float(found) - number) <= 0.02 * abs(number) for found, number in zip(match.groups(), numbers, strict=True)
    )
