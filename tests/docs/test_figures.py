"""The figures in the book are the measured ones, and its plots are up to date."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from docs.tools import figures, source_findings
from docs.tools.quote import QuoteError, quote
from experiments.ship_model import ablation
from PIL import Image

from tests.docs.pages import DOCS, ROOT

pytestmark = pytest.mark.slow

CARD = json.loads((ROOT / "models" / "digits-784-200-10.json").read_text(encoding="utf-8"))
FINDINGS = json.loads((DOCS / "data" / "source-findings.json").read_text(encoding="utf-8"))


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def part(name: str, mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n(.*?)\n<!-- /{mark} -->", page(name), flags=re.DOTALL)
    assert found is not None
    return found[1].strip()


def test_ablation_matches_the_model_card() -> None:
    assert part("from-96-to-99.md", "ablation") == ablation(CARD).strip()


def test_figures_in_the_text_are_in_the_table() -> None:
    story = page("from-96-to-99.md").partition("<!-- /ablation -->")[2].partition("## The end")[0]
    quoted = set(re.findall(r"\d\d\.\d\d %", story))
    assert len(quoted) >= 8
    assert quoted <= set(re.findall(r"\d\d\.\d\d %", ablation(CARD)))


def test_findings_match_the_measurements() -> None:
    table = source_findings.table(FINDINGS)
    assert part("from-96-to-99.md", "findings") == table
    told = page("from-96-to-99.md").partition("<!-- /findings -->")[2].partition("\n## ")[0]
    quoted = set(re.findall(r"\d\d\.\d\d %|[+−]\d\.\d\d ± \d\.\d\d", told))
    assert len(quoted) == 6
    assert [figure for figure in quoted if figure not in table] == []


def test_accuracy_on_drawings_matches_the_model_card() -> None:
    table = part("real-drawings.md", "figures")
    for name in ("pen_accuracy", "canvas_accuracy"):
        assert f"{100 * CARD[name]:.2f} %" in table
    alone = CARD["ablation"]["variants"]["no pen strokes, MNIST alone"]
    for name in ("pen", "canvas"):
        assert f"{100 * alone[name]['mean']:.2f} %" in page("real-drawings.md")


def test_recipe_matches_the_manual_loop() -> None:
    accuracies = [0.90, 0.92, 0.91, 0.95, 0.96, 0.94, 0.99]
    assert source_findings.kept_epochs(accuracies) == 3
    assert source_findings.kept(accuracies) == 0.92
    assert source_findings.best_of_six(accuracies) == 0.96
    rows = [
        {"init": init, "output": output, "seed": seed, "accuracies": [0.5 + 0.1 * (output == "sigmoid") + 0.01 * seed]}
        for init in source_findings.INITS
        for output in source_findings.OUTPUTS
        for seed in range(2)
    ]
    assert source_findings.differences(rows, source_findings.kept, "output") == pytest.approx([0.1] * 4)
    assert source_findings.differences(rows, source_findings.kept, "init") == pytest.approx([0.0] * 4)


@pytest.mark.parametrize("name", ["by-hand", "learning-rates", "ablation", "source-findings"])
def test_figure_is_what_its_script_draws(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.png"
    figures.save(figures.draw(name), path)
    with Image.open(path) as drawn, Image.open(DOCS / "images" / path.name) as shown:
        assert drawn.size == shown.size
        apart = np.abs(np.asarray(drawn.convert("L"), dtype=int) - np.asarray(shown.convert("L"), dtype=int))
    # Another machine rounds otherwise, and another matplotlib sets a letter otherwise; another figure differs by far.
    assert apart.mean() < 6


def test_quotation_is_the_source_without_its_docstring() -> None:
    assert quote("inknet.mlp.layer.Layer.forward") == (
        "src/inknet/mlp/layer.py",
        "def forward(self, inputs: FloatArray) -> FloatArray:\n    return self.activation.forward(self.logits(inputs))",
    )
    assert quote("inknet.mlp.layer.Layer.logits | sums: … return")[1].splitlines() == [
        "sums: FloatArray = np.dot(inputs, self._weights.T)",
        "sums += self._biases",
        "return sums",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("inknet.mlp.layer.Layer.sideways", "has no Layer.sideways"),
        ("inknot.mlp.layer", "unknown module"),
        ("inknet.mlp.layer.Layer.logits | nothing … return", "begins with 'nothing'"),
        ("inknet.mlp.layer.Layer.logits | return … sums:", "after 'return'"),
        ("inknet.mlp.layer.Layer.logits\ninknet.mlp.losses.CrossEntropy.check", "of one file"),
    ],
)
def test_missing_objects_cannot_be_quoted(text: str, reason: str) -> None:
    with pytest.raises(QuoteError, match=reason):
        quote(text)
