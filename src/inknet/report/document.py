"""A report as a self-contained HTML page, with each figure also as a PNG file."""

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure

from inknet.files.atomic_write import write_atomically

__all__ = ["Section", "table", "write_document"]

_STYLE = """\
body { font: 1rem/1.5 system-ui, sans-serif; color: #22262e; background: #fff; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }
h1, h2 { line-height: 1.2; }
dl { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; }
dt { color: #5b6472; }
dd { margin: 0; font-size: 1.6rem; font-weight: 600; }
section { margin-top: 3rem; overflow-x: auto; }
img { max-width: 100%; height: auto; }
code { overflow-wrap: anywhere; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .75rem .25rem 0; text-align: left; border-bottom: 1px solid #e6e8ec; }
"""
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: a report</title>
<style>
{style}</style>
</head>
<body>
<h1>{title}</h1>
<p>{lead}</p>
<dl>{figures}</dl>
{parts}
</body>
</html>
"""


@dataclass(frozen=True)
class Section:
    """A section of a report: HTML, and a figure whose file has this name, without its suffix."""

    name: str
    title: str
    text: str
    figure: Figure | None = None
    table: str = ""


def write_document(
    folder: Path, title: str, lead: str, facts: Sequence[tuple[str, str]], sections: Sequence[Section]
) -> tuple[str, list[str]]:
    """Write ``report.html`` and the figures into an existing folder.

    The title is plain text; `lead`, the paragraph below it, is HTML; `facts` are the names and values of the key
    figures. Returns the path of the page, and those of the figures.
    """
    files: dict[Path, bytes] = {}
    parts = ""
    for section in sections:
        image = ""
        if section.figure is not None:
            picture = _png(section.figure)
            files[folder / f"{section.name}.png"] = picture
            data = base64.b64encode(picture).decode()
            image = f'<img alt="{section.title}: a plot" src="data:image/png;base64,{data}">'
        parts += f"<section><h2>{section.title}</h2><p>{section.text}</p>{image}{section.table}</section>"
    pictures = list(map(str, files))
    figures = "".join(f"<div><dt>{term}</dt><dd>{value}</dd></div>" for term, value in facts)
    page = _PAGE.format(title=html.escape(title), style=_STYLE, lead=lead, figures=figures, parts=parts)
    files[folder / "report.html"] = page.encode()
    for path, content in files.items():
        write_atomically(path, content)
    return str(folder / "report.html"), pictures


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of plain texts as HTML."""
    top = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _png(figure: Figure) -> bytes:
    picture = BytesIO()
    # Without the version of matplotlib, the same figures give the same bytes.
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()
