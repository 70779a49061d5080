"""The figures of the report on a model show the right numbers."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from inknet.digits.evaluation import Evaluation
from inknet.mlp import EpochReport, History, Network
from inknet.report.model_plots import (
    plot_confusion,
    plot_hardest,
    plot_history,
    plot_nodes,
    plot_reliability,
    plot_robustness,
)
from inknet.report.robustness import Robustness


def an_evaluation() -> Evaluation:
    """Return 30 answers: 3 is read as 5 twice, and the rest is right."""
    labels = np.arange(30) % 10
    probabilities = np.full((30, 10), 0.02)
    probabilities[np.arange(30), labels] = 0.82
    probabilities[[3, 13]] = np.eye(10)[5] * 0.6 + 0.04
    return Evaluation(labels, probabilities, np.ones(30, dtype=bool))


def test_confusion_matrix_shows_counts() -> None:
    axes = plot_confusion(an_evaluation()).axes[0]
    cells = {text.get_position(): text.get_text() for text in axes.texts}
    assert cells[5, 3] == "2"
    assert cells[3, 3] == "1"
    assert (3, 5) not in cells


def test_hardest_digits_come_first_with_two_guesses() -> None:
    figure = plot_hardest(np.zeros((30, 784)), an_evaluation(), count=10)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[:3] == ["3\n5: 64 %, 0: 4 %", "3\n5: 64 %, 0: 4 %", "0\n0: 82 %, 1: 2 %"]
    assert titles[10:] == [""] * 6
    colors = [axes.title.get_color() for axes in figure.axes[:3]]
    assert colors[0] == colors[1] != colors[2]


def test_reliability_diagram_has_each_bin_once() -> None:
    upper, lower = plot_reliability(an_evaluation()).axes
    line = upper.get_lines()[1]
    assert np.asarray(line.get_xdata()) == pytest.approx([0.64, 0.82])
    assert np.asarray(line.get_ydata()) == pytest.approx([0, 1])
    assert [bar.get_height() for bar in lower.patches if isinstance(bar, Rectangle)] == [2, 28]


def test_robustness_shows_all_accuracies() -> None:
    robustness = Robustness(5, {4: 0.9, 8: 1.0}, {0.5: 0.7}, {-10: 0.8, 10: 0.6}, np.arange(9).reshape(3, 3) / 8)
    pens, sizes, slants, places = plot_robustness(robustness).axes
    assert np.asarray(pens.get_lines()[0].get_xydata()).tolist() == [[4, 0.9], [8, 1.0]]
    assert np.asarray(sizes.get_lines()[0].get_xydata()).tolist() == [[0.5, 0.7]]
    assert np.asarray(slants.get_lines()[0].get_xydata()).tolist() == [[-10, 0.8], [10, 0.6]]
    cells = {text.get_position(): text.get_text() for text in places.texts}
    assert cells[2, 0] == "25.0 %"


def test_node_images_show_the_weights() -> None:
    layer = Network([784, 23, 10], seed=2).layers[0]
    sheet = plot_nodes(layer).axes[0].get_images()[0].get_array()
    assert sheet is not None
    # Node 21 is the second in the second row of twenty.
    shown = np.asarray(sheet)[29:57, 29:57]
    weights = layer.nodes[21].weights.reshape(28, 28)
    assert shown == pytest.approx(weights / np.abs(weights).max())


def test_zero_weights_can_be_plotted() -> None:
    layer = Network([784, 2, 10]).layers[0]
    layer.weights = np.zeros((2, 784))
    sheet = plot_nodes(layer).axes[0].get_images()[0].get_array()
    assert np.nanmax(np.abs(np.asarray(sheet))) == 0


@pytest.mark.parametrize("held_out", [None, 0.5])
def test_history_shows_loss_and_accuracy(held_out: float | None) -> None:
    epochs = [EpochReport(number, 1 / number, 0.1, 1.0, held_out, held_out) for number in (1, 2, 3)]
    panels = plot_history(History(epochs)).axes
    assert len(panels) == (1 if held_out is None else 2)
    assert np.asarray(panels[0].get_lines()[0].get_ydata()) == pytest.approx([1, 1 / 2, 1 / 3])
