"""The report as a page: one HTML file that needs nothing else, and each figure as a PNG beside it."""

import base64
import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from inknet.digits import PenDigit, Recognizer
from inknet.digits.classes import DIGITS
from inknet.digits.classifier import Classifier
from inknet.digits.evaluation import Evaluation, evaluate_normalised
from inknet.mlp import History
from inknet.mlp.atomic import write_atomically
from inknet.report.plots import (
    plot_confusion,
    plot_hardest,
    plot_history,
    plot_nodes,
    plot_reliability,
    plot_robustness,
)
from inknet.report.robustness import measure_robustness

__all__ = ["write_report"]


@dataclass(frozen=True)
class _Section:
    name: str
    title: str
    text: str
    figure: Figure


def write_report(
    classifier: Classifier,
    images: NDArray[np.float32],
    labels: NDArray[np.int64],
    folder: Path,
    *,
    drawings: Sequence[PenDigit] = (),
    history: History | None = None,
    on_step: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Measure a classifier, and write ``report.html`` and the figures into a folder.

    Parameters
    ----------
    classifier : Classifier
    images, labels : array
        Images that it has not learnt from, (n, pixels), and what they are.
    folder : Path
        Made if it is not there.
    drawings : sequence of PenDigit
        By writers that it has not learnt from; with none, or if it reads no digits, how accuracy depends on the
        drawing is left out.
    history : History or None
        Its training.
    on_step : function or None
        Called as ``on_step(done, steps)`` from time to time.

    Returns
    -------
    dict
        The figures as plain values, and the paths of what was written.
    """
    # Before the work, so that a folder that cannot be made is said at once.
    folder.mkdir(parents=True, exist_ok=True)
    rows = classifier.make_ready(images)
    evaluation = evaluate_normalised(classifier, rows, labels)
    figures = evaluation.as_dict()
    sections = _evaluation_sections(rows, classifier.shape, evaluation)
    if drawings and classifier.reads_digits:
        robustness = measure_robustness(Recognizer(classifier.network), drawings, on_step)
        figures["robustness"] = robustness.as_dict()
        text = (
            f"The same {robustness.count} drawings of pen digits, by writers that the model has not learnt from, drawn"
            " on a canvas of 280×280 pixels with one thing changed at a time."
        )
        sections.append(_Section("robustness", "How it is drawn", text, plot_robustness(robustness)))
    first = classifier.network.layers[0]
    text = (
        "Each small picture is one node: blue where ink speaks for it, red where ink speaks against it, each node by"
        " its own strongest weight."
    )
    title = "The hidden nodes" if len(classifier.network.layers) > 1 else "The outputs"
    sections.append(_Section("nodes", title, text, plot_nodes(first, classifier.shape)))
    if history is not None and len(history):
        sections.append(_Section("history", "The training", "", plot_history(history)))

    pictures = {section.name: _png(section.figure) for section in sections}
    for name, picture in pictures.items():
        write_atomically(folder / f"{name}.png", picture)
    page = _page(classifier, evaluation, sections, pictures)
    write_atomically(folder / "report.html", page.encode())
    return {
        "model": classifier.name,
        "sha256": classifier.sha256,
        **figures,
        "report": str(folder / "report.html"),
        "pictures": [str(folder / f"{name}.png") for name in pictures],
    }


def _evaluation_sections(rows: NDArray[np.float32], shape: tuple[int, int], evaluation: Evaluation) -> list[_Section]:
    kind, kinds, images = (
        ("digit", "digits", "digits") if evaluation.classes == DIGITS else ("class", "classes", "images")
    )
    return [
        _Section(
            "confusion",
            f"Which {kinds} it mixes up",
            f"A row for each {kind}, a column for what it was read as; the colour counts errors.",
            plot_confusion(evaluation),
        ),
        _Section(
            "hardest",
            f"The hardest {images}",
            f"Those to whose true {kind} it gave the least probability, with its two best guesses; wrong ones are"
            " coloured.",
            plot_hardest(rows, evaluation, shape),
        ),
        _Section(
            "reliability",
            "Whether it is as right as it is sure",
            "Answers by their confidence. On the dashed line, of those that are 90 % sure nine in ten are right; the"
            " bars are two standard errors.",
            plot_reliability(evaluation),
        ),
    ]


def _png(figure: Figure) -> bytes:
    picture = BytesIO()
    # Without the version of matplotlib and the date, the same figures give the same bytes.
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _page(classifier: Classifier, evaluation: Evaluation, sections: list[_Section], pictures: dict[str, bytes]) -> str:
    """Return the report as HTML, with its pictures inside."""
    name = html.escape(classifier.name)
    facts = [
        ("accuracy", f"{100 * evaluation.accuracy:.2f} %"),
        ("errors", f"{evaluation.errors} of {len(evaluation.labels):,}"),
        ("loss", f"{evaluation.loss:.4f}"),
        ("calibration error", f"{100 * evaluation.calibration_error:.2f} %"),
    ]
    figures = "".join(f"<div><dt>{term}</dt><dd>{value}</dd></div>" for term, value in facts)
    parts = "".join(
        f"<section><h2>{section.title}</h2><p>{section.text}</p>"
        f'<img alt="{section.title}: a plot" src="data:image/png;base64,'
        f'{base64.b64encode(pictures[section.name]).decode()}"></section>'
        for section in sections
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}: a report</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; color: #22262e; background: #fff; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }}
h1, h2 {{ line-height: 1.2; }}
dl {{ display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; }}
dt {{ color: #5b6472; }}
dd {{ margin: 0; font-size: 1.6rem; font-weight: 600; }}
section {{ margin-top: 3rem; }}
img {{ max-width: 100%; height: auto; }}
code {{ overflow-wrap: anywhere; }}
</style>
</head>
<body>
<h1>{name}</h1>
<p>{html.escape(repr(classifier.network))}<br>SHA-256 <code>{html.escape(classifier.sha256)}</code></p>
<dl>{figures}</dl>
{parts}
</body>
</html>
"""
