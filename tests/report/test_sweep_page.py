"""The report on a sweep with made-up results."""

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

from inknet.report.sweep_page import write_sweep_report
from inknet.report.sweep_plots import plot_finalists, plot_settings, plot_time
from inknet.sweep import Finalist, Plan, Results, TrialResult, parse_space

TRIALS = [
    TrialResult(0, "complete", {"hidden": 25, "learning-rate": 0.1}, 0.95, 3, 10.0, 19_885),
    TrialResult(1, "complete", {"hidden": 50, "learning-rate": 0.02}, 0.97, 3, 20.0, 39_760),
    TrialResult(2, "pruned", {"hidden": 100, "learning-rate": 0.3}, 0.9, 2, 15.0, 79_510, retry_of=1),
    TrialResult(4, "pruned", {"hidden": 100, "learning-rate": 0.5}, None, 0, 0.0, 79_510),
]
FINALISTS = [
    Finalist({"hidden": 50, "learning-rate": 0.02}, [0.97, 0.98, 0.96], 20.0, 39_760, mean=0.97, sd=0.01),
    Finalist({"hidden": 25, "learning-rate": 0.1}, [0.95], 10.0, 19_885, mean=0.95, sd=None),
]
PLAN = Plan(parse_space({"hidden": "25,50,100", "learning-rate": "0.01..0.5"}), epochs=3, held_out=1000)
RESULTS = Results("<b>", PLAN, TRIALS, {"learning-rate": 0.75, "hidden": 0.25}, FINALISTS)


def points(axes: Axes) -> dict[str, list[tuple[float, float]]]:
    """Return the plotted points by label."""
    return {
        str(line.get_label()): [(float(x), float(y)) for x, y in np.asarray(line.get_xydata())]
        for line in axes.get_lines()
    }


def test_each_trial_is_one_mark() -> None:
    sizes, rates = plot_settings(RESULTS).axes
    assert points(sizes) == {"complete": [(25, 0.95), (50, 0.97)], "pruned": [(100, 0.9)]}
    assert points(rates) == {"complete": [(0.1, 0.95), (0.02, 0.97)], "pruned": [(0.3, 0.9)]}
    (time,) = plot_time(RESULTS).axes
    # The time of a pruned trial is not comparable.
    assert points(time) == {"complete": [(10.0, 0.95), (20.0, 0.97)], "pruned": []}


def test_finalists_are_plotted_by_size() -> None:
    accuracy, time = plot_finalists(FINALISTS).axes
    assert np.asarray(accuracy.get_lines()[0].get_xydata()).tolist() == pytest.approx(
        np.array([[25, 0.95], [50, 0.97]])
    )
    assert np.asarray(time.get_lines()[0].get_xydata()).tolist() == [[25, 10], [50, 20]]


@pytest.mark.slow
def test_page_shows_tables_and_figures(tmp_path: Path) -> None:
    result = write_sweep_report(RESULTS, tmp_path / "new" / "report")
    assert json.loads(json.dumps(result))["finalists"][0]["sd"] == pytest.approx(0.01)
    page = Path(result["report"]).read_text(encoding="utf-8")
    assert [Path(path).name for path in result["pictures"]] == [
        "finalists.png",
        "settings.png",
        "time.png",
        "importances.png",
    ]
    assert page.count("data:image/png;base64,") == 4
    assert "<h1>Sweep &lt;b&gt;</h1>" in page
    row = "<td>97.00 %</td><td>1.00</td><td>3</td><td>50</td><td>0.02</td><td>39,760</td><td>20.0</td>"
    assert f"<tr>{row}</tr>" in page
    assert (
        "<td>2</td><td>90.00 %</td><td>100</td><td>0.3</td><td>2</td><td>15.0</td><td>pruned, retry of 1</td>" in page
    )
    assert "<td>4</td><td>–</td>" in page
    # The best come first.
    assert page.index("<td>1</td><td>97.00 %</td>") < page.index("<td>0</td><td>95.00 %</td>")


def test_empty_sweep(tmp_path: Path) -> None:
    result = write_sweep_report(Results("empty", PLAN, []), tmp_path)
    assert result["pictures"] == []
    assert result["best"] is None
    assert "All trials" in (tmp_path / "report.html").read_text(encoding="utf-8")
