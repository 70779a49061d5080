"""Quotes the source: a fence ``quote`` in a page of the book becomes the current text of the lines that it names.

A line of the fence is a dotted name, such as ``inknet.mlp.layer.Layer.logits``, and stands for that function or class
without its docstring. ``NAME | FIRST … LAST`` is a part of it: from the line that begins with FIRST to the next one
that begins with LAST. A missing name or line is an error, so that no page quotes code that has changed or moved.
"""

import ast
import inspect
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from typing import Any

from pymdownx.superfences import SuperFencesException

__all__ = ["QuoteError", "format_formula", "format_quote", "quote"]

ROOT = Path(__file__).resolve().parents[2]


class QuoteError(SuperFencesException):  # type: ignore[misc]  # it has no types
    """A page quotes what is not there: of all that a formatter can raise, only this ends the building."""


def quote(text: str) -> tuple[str, str]:
    """Return where the lines are that a fence names, and the lines.

    Parameters
    ----------
    text : str
        What is in the fence: all of one file.

    Raises
    ------
    QuoteError
        If the name or the line does not exist.
    """
    parts = [_part(line) for line in text.strip().splitlines()]
    files = {file for file, _ in parts}
    if len(files) != 1:
        raise QuoteError(f"a quotation is of one file; this one is of {len(files)}:\n{text}")
    return files.pop(), "\n\n".join(lines for _, lines in parts)


def format_quote(source: str, language: str, css_class: str, options: dict[str, Any], md: Any, **_: Any) -> str:  # noqa: ANN401, ARG001
    """Return the HTML of a fence ``quote``; its form is what pymdownx.superfences asks of a formatter."""
    file, lines = quote(source)
    fences = md.preprocessors["fenced_code_block"]
    html: str = fences.highlight(
        src=lines, language="python", options={"title": file}, md=md, classes=["quote"], id_value="", attrs={}
    )
    return html


def format_formula(source: str, language: str, css_class: str, options: dict[str, Any], md: Any, **_: Any) -> str:  # noqa: ANN401, ARG001
    """Return the HTML of a fence ``formula``: Unicode says it all, and needs no script.

    Where a line is indented it stands below something, as the rows of a matrix do; that needs letters of one width.
    """
    lines = source.splitlines()
    aligned = " aligned" if any(line.startswith("  ") for line in lines) else ""
    spans = "".join(f"<span>{_escape(line)}</span>" for line in lines)
    return f'<div class="formula{aligned}" role="math">{spans}</div>'


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _part(line: str) -> tuple[str, str]:
    """Return the file and the lines that one line of a fence names."""
    name, _, ends = (part.strip() for part in line.partition("|"))
    module, path = _module(name)
    file = inspect.getsourcefile(module)
    if file is None:
        raise QuoteError(f"{name}: {module.__name__} has no source")
    source = Path(file).read_text(encoding="utf-8")
    lines = source.splitlines()
    node = _find(ast.parse(source), path)
    if node is None:
        raise QuoteError(f"{name}: {module.__name__} has no {'.'.join(path)}")
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    wanted = range(first, (node.end_lineno or first) + 1)
    docstring = node.body[0] if ast.get_docstring(node) is not None else None
    if docstring is not None:
        without = set(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
        # A blank line that parted the docstring from the code goes with it.
        after = max(without) + 1
        if not lines[after - 1].strip():
            without.add(after)
        chosen = [lines[number - 1] for number in wanted if number not in without]
    else:
        chosen = [lines[number - 1] for number in wanted]
    if ends:
        chosen = _between(chosen, ends, name)
    return _shown(Path(file).resolve()), dedent("\n".join(chosen))


def _module(name: str) -> tuple[Any, list[str]]:
    """Return the module that a dotted name begins with, and the rest of it."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            return import_module(".".join(parts[:length])), parts[length:]
        except ModuleNotFoundError:
            continue
    raise QuoteError(f"unknown module {name}")


def _find(tree: ast.AST, path: list[str]) -> ast.FunctionDef | ast.ClassDef | None:
    """Return the definition that a path of names leads to."""
    found: ast.AST = tree
    for name in path:
        inside = ast.iter_child_nodes(found)
        following = (n for n in inside if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and n.name == name)
        step = next(following, None)
        if step is None:
            return None
        found = step
    return found if isinstance(found, (ast.FunctionDef, ast.ClassDef)) else None


def _between(lines: list[str], ends: str, name: str) -> list[str]:
    """Return the lines from one that begins with the first text to the next that begins with the second."""
    first, _, last = (end.strip() for end in ends.partition("…"))
    start = next((i for i, line in enumerate(lines) if line.strip().startswith(first)), None)
    if start is None:
        raise QuoteError(f"{name} has no line that begins with {first!r}")
    if not last:
        return [lines[start]]
    end = next((i for i in range(start, len(lines)) if lines[i].strip().startswith(last)), None)
    if end is None:
        raise QuoteError(f"{name} has no line after {first!r} that begins with {last!r}")
    return lines[start : end + 1]


def _shown(file: Path) -> str:
    """Return a file's path as a reader of the repository knows it."""
    return file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file.name
