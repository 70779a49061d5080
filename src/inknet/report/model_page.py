"""The report on a model: its errors, its calibration, its robustness and its weights."""

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
from inknet.report.model_plots import (
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
    """Evaluate a classifier, and write ``report.html`` and its figures.

    Parameters
    ----------
    classifier : Classifier
    images, labels : array
        Images that it was not trained on, (n, pixels), and their labels, (n,).
    folder : Path
        Created if it does not exist.
    drawings : sequence of PenDigit
        By writers that it was not trained on. Without them, or if it does not read digits, the section on robustness
        is omitted.
    history : History or None
        Of its training.
    on_step : function or None
        Called as ``on_step(done, steps)`` during the evaluation.

    Returns
    -------
    dict
        The results as plain values, and the paths of the files.
    """
    # First, so that an error comes before the work.
    folder.mkdir(parents=True, exist_ok=True)
    rows = classifier.normalize_many(images)
    evaluation = evaluate_normalized(classifier, rows, labels)
    figures = evaluation.as_dict()
    sections = _evaluation_sections(rows, classifier.shape, evaluation)
    if drawings and classifier.reads_digits:
        robustness = measure_robustness(Recognizer(classifier.network), drawings, on_step)
        figures["robustness"] = robustness.as_dict()
        text = (
            f"The same {robustness.count} pen digits, by writers that the model was not trained on, with one property"
            " changed at a time, on a canvas of 280×280 pixels."
        )
        sections.append(Section("robustness", "Robustness", text, plot_robustness(robustness)))
    first = classifier.network.layers[0]
    text = (
        "Each image shows the weights of one node: positive ones blue, negative ones red, scaled by its strongest"
        " weight."
    )
    title = "Hidden nodes" if len(classifier.network.layers) > 1 else "Outputs"
    sections.append(Section("nodes", title, text, plot_nodes(first, classifier.shape)))
    if history is not None and len(history):
        sections.append(Section("history", "Training", "", plot_history(history)))

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
    kind, images = ("digit", "digits") if evaluation.classes == DIGITS else ("class", "images")
    return [
        Section(
            "confusion",
            "Confusion matrix",
            f"Rows: the {kind}; columns: the answer. The color counts errors.",
            plot_confusion(evaluation),
        ),
        Section(
            "hardest",
            f"Hardest {images}",
            f"The {images} whose true {kind} got the lowest probability, with the two best guesses; errors are"
            " colored.",
            plot_hardest(rows, evaluation, shape),
        ),
        Section(
            "reliability",
            "Calibration",
            "Accuracy by confidence. On the dashed line, nine of ten answers with a confidence of 90 % are right; the"
            " bars are two standard errors.",
            plot_reliability(evaluation),
        ),
    ]
