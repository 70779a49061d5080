"""The digits of the buttons, as the page draws them and the shipped model recognizes them."""

import json
from pathlib import Path

import pytest

from tests.web.conftest import Visit
from tests.web.helpers import alpha_of, press, read_digit, send

pytestmark = pytest.mark.browser

#: Inks drawings that are centered in the area.
INK_WHOLE = """async (drawings) => {
    const { inkStrokes } = await import("./recognition/rasterize.js");
    const { centerInArea } = await import("./page/handwriting.js");
    return drawings.map((strokes) => [...inkStrokes(centerInArea(strokes, 280))]);
}"""
HANDWRITING = Path(__file__).resolve().parents[2] / "web" / "page" / "handwriting.json"


@pytest.mark.slow
@pytest.mark.parametrize("label", range(10))
def test_every_sample_of_every_digit_button(visit: Visit, label: int) -> None:
    """Send follows at once, during the replay: the whole digit must be sent."""
    samples = json.loads(HANDWRITING.read_text(encoding="utf-8"))["digits"][label]
    page = visit()
    wrong = 0
    # A button repeats no sample before it has shown them all.
    sent = set()
    for _ in samples:
        press(page, f"Draw a {label}")
        sent.add(tuple(alpha_of(send(page))))
        wrong += read_digit(page) != label
    assert len(sent) == len(samples), "a sample was repeated before every sample was shown"
    assert sent == set(map(tuple, page.evaluate(INK_WHOLE, [sample["strokes"] for sample in samples])))
    assert wrong <= 0.1 * len(samples)
