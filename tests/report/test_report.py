"""The report on a real model."""

import base64
import json
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inknet import Network, Recognizer
from inknet.digits import load_mnist, load_pen_digits, split_by_writer
from inknet.mlp import EpochReport, History
from inknet.report import write_report
from inknet.report.robustness import PENS, PLACES, SIZES, SLANTS, measure_robustness

pytestmark = pytest.mark.slow


def test_report_on_the_shipped_model(tmp_path: Path) -> None:
    images, labels = load_mnist("train")
    drawings = split_by_writer(load_pen_digits())[1][::300]
    steps: list[tuple[int, int]] = []
    history = History([EpochReport(1, 0.5, 0.1, 1.0)])
    result = write_report(
        Recognizer.load(),
        images[-200:],
        labels[-200:],
        tmp_path / "new" / "report",
        drawings=drawings,
        history=history,
        on_step=lambda done, of: steps.append((done, of)),
    )
    assert json.loads(json.dumps(result))["count"] == 200
    assert result["accuracy"] > 0.95
    assert result["robustness"]["count"] == len(drawings) == 5
    assert steps == [(step, 30) for step in range(1, 31)]
    page = Path(result["report"]).read_text(encoding="utf-8")
    # It needs nothing else: every picture is inside, and is the one beside it.
    sources = re.findall(r'src="([^"]*)"', page)
    assert len(sources) == len(result["pictures"]) == 6
    for source, picture in zip(sources, result["pictures"], strict=True):
        inside = base64.b64decode(source.removeprefix("data:image/png;base64,"))
        assert inside == Path(picture).read_bytes()
        with Image.open(BytesIO(inside)) as image:
            assert image.format == "PNG"
            assert np.ptp(np.asarray(image.convert("L"))) > 100
    assert "<script" not in page
    assert "http" not in page
    assert f"{100 * result['accuracy']:.2f} %" in page


def test_missing_parts_are_omitted(tmp_path: Path) -> None:
    images, labels = load_mnist("train")
    result = write_report(Recognizer(Network([784, 10]), "<b>"), images[:20], labels[:20], tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "report.html",
        "confusion.png",
        "hardest.png",
        "nodes.png",
        "reliability.png",
    }
    assert "robustness" not in result
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<h1>&lt;b&gt;</h1>" in page
    assert ">Outputs<" in page


def test_robustness_changes_one_property_at_a_time() -> None:
    drawings = split_by_writer(load_pen_digits())[1][:12]
    network = Network([784, 10])
    network.parameters[:] = 0
    network.layers[0].nodes[drawings[0].label].bias = 5
    share = sum(digit.label == drawings[0].label for digit in drawings) / 12
    robustness = measure_robustness(Recognizer(network), drawings)
    assert (tuple(robustness.pens), tuple(robustness.sizes), tuple(robustness.slants)) == (PENS, SIZES, SLANTS)
    assert robustness.places.shape == (len(PLACES), len(PLACES))
    every = [*robustness.pens.values(), *robustness.sizes.values(), *robustness.slants.values()]
    assert [*every, *robustness.places.ravel()] == pytest.approx([share] * 30)
