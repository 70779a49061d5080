"""The report on a model, as a page and its pictures."""

import html
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inknet.digits import PenDigit, Recognizer
from inknet.digits.classes import DIGITS
from inknet.digits.classifier import Classifier
from inknet.digits.evaluation import Evaluation, evaluate_normalized
from inknet.mlp import History
from inknet.report.document import Section, write_document
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
        Images that it has not learned from, (n, pixels), and what they are.
    folder : Path
        Made if it is not there.
    drawings : sequence of PenDigit
        By writers that it has not learned from; with none, or if it reads no digits, how accuracy depends on the
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
    rows = classifier.normalize_many(images)
    evaluation = evaluate_normalized(classifier, rows, labels)
    figures = evaluation.as_dict()
    sections = _evaluation_sections(rows, classifier.shape, evaluation)
    if drawings and classifier.reads_digits:
        robustness = measure_robustness(Recognizer(classifier.network), drawings, on_step)
        figures["robustness"] = robustness.as_dict()
        text = (
            f"The same {robustness.count} drawings of pen digits, by writers that the model has not learned from, drawn"
            " on a canvas of 280×280 pixels with one thing changed at a time."
        )
        sections.append(Section("robustness", "How it is drawn", text, plot_robustness(robustness)))
    first = classifier.network.layers[0]
    text = (
        "Each small picture is one node: blue where ink speaks for it, red where ink speaks against it, each node by"
        " its own strongest weight."
    )
    title = "The hidden nodes" if len(classifier.network.layers) > 1 else "The outputs"
    sections.append(Section("nodes", title, text, plot_nodes(first, classifier.shape)))
    if history is not None and len(history):
        sections.append(Section("history", "The training", "", plot_history(history)))

    facts = [
        ("accuracy", f"{100 * evaluation.accuracy:.2f} %"),
        ("errors", f"{evaluation.errors} of {len(evaluation.labels):,}"),
        ("loss", f"{evaluation.loss:.4f}"),
        ("calibration error", f"{100 * evaluation.calibration_error:.2f} %"),
    ]
    lead = f"{html.escape(repr(classifier.network))}<br>SHA-256 <code>{html.escape(classifier.sha256)}</code>"
    report, pictures = write_document(folder, classifier.name, lead, facts, sections)
    return {
        "model": classifier.name,
        "sha256": classifier.sha256,
        **figures,
        "report": report,
        "pictures": pictures,
    }


def _evaluation_sections(rows: NDArray[np.float32], shape: tuple[int, int], evaluation: Evaluation) -> list[Section]:
    kind, kinds, images = (
        ("digit", "digits", "digits") if evaluation.classes == DIGITS else ("class", "classes", "images")
    )
    return [
        Section(
            "confusion",
            f"Which {kinds} it mixes up",
            f"A row for each {kind}, a column for what it was read as; the color counts errors.",
            plot_confusion(evaluation),
        ),
        Section(
            "hardest",
            f"The hardest {images}",
            f"Those to whose true {kind} it gave the least probability, with its two best guesses; wrong ones are"
            " colored.",
            plot_hardest(rows, evaluation, shape),
        ),
        Section(
            "reliability",
            "Whether it is as right as it is sure",
            "Answers by their confidence. On the dashed line, of those that are 90 % sure nine in ten are right; the"
            " bars are two standard errors.",
            plot_reliability(evaluation),
        ),
    ]
