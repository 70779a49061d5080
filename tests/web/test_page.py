"""The page in a browser, with a real or a failing service."""

import json
import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from inknet import Recognizer
from tests.web.conftest import Visit
from tests.web.helpers import (
    CORNER,
    alpha_of,
    area_of,
    draw,
    press,
    read_digit,
    recorded,
    send,
    status_of,
    wait_until,
    words_of,
)

pytestmark = pytest.mark.browser

BAR_VALUES = ".bars tbody td:last-child"
INK_ON = """canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]
    .filter((_, i) => i % 4 === 3)"""
COUNT_INK = f"canvas => ({INK_ON})(canvas).reduce((count, alpha) => count + (alpha > 0), 0)"


def answer_with(page: Page, digit: int, **more: object) -> None:
    """Make the service answer this."""
    probabilities = [0.05] * 10
    probabilities[digit] = 0.55
    body = {"digit": digit, "confidence": 0.55, "probabilities": probabilities, **more}
    page.route("**/predict", lambda route: route.fulfill(json=body))


def test_answer_bars_and_preview(visit: Visit) -> None:
    page = visit()
    draw(page, CORNER)
    png = send(page)
    digit = read_digit(page)
    expect(status_of(page)).to_have_text(re.compile(r"^\d The network is (more than )?\d+\.\d % sure\.$|Not sure"))
    values = [float(text.strip("<> %")) for text in page.locator(BAR_VALUES).all_inner_texts()]
    assert len(values) == 10
    assert sum(values) == pytest.approx(100, abs=1.1)
    assert values[digit] == max(values)
    # The preview shows the features: the same image, straightened.
    preview = page.get_by_role("img", name="The drawing as the network sees it, 28 by 28 pixels")
    image = np.array(alpha_of(png), dtype=np.float32).reshape(1, 784) / np.float32(255)
    upright = Recognizer.load().features(image)[0] * 255
    assert np.abs(upright - image[0] * 255).max() > 50
    np.testing.assert_allclose(preview.evaluate(INK_ON), upright, atol=1)


def test_clear_empties_everything(visit: Visit) -> None:
    page = visit()
    draw(page, CORNER)
    send(page)
    read_digit(page)
    assert area_of(page).evaluate(COUNT_INK) > 0
    press(page, "Clear")
    expect(status_of(page)).to_have_text("Draw a digit.")
    expect(page.get_by_role("img", name="Nothing is drawn yet")).to_be_visible()
    assert page.locator(BAR_VALUES).all_inner_texts() == [""] * 10
    assert page.locator("#preview").evaluate(COUNT_INK) == 0
    wait_until(page, lambda: area_of(page).evaluate(COUNT_INK) == 0)


def test_empty_drawing_is_not_sent(visit: Visit) -> None:
    page = visit()
    with recorded(page) as sent:
        press(page, "Send")
        expect(status_of(page)).to_have_text("There is nothing to send. Draw a digit first.")
        draw(page, CORNER)
        press(page, "Clear")
        press(page, "Send")
        page.wait_for_timeout(100)
    assert sent == []


def test_the_console_logs_the_image_and_the_answer(visit: Visit) -> None:
    page = visit()
    logs: list[str] = []
    page.on("console", lambda message: logs.append(message.text) if message.type == "log" else None)
    draw(page, CORNER)
    with page.expect_response("**/predict") as response:
        png = send(page)
    read_digit(page)
    picture, numbers, answer = logs
    assert [int(number) for number in numbers.split("\n", 1)[1].split()] == alpha_of(png)
    lines = picture.split("\n")[1:]
    inked = ["".join("." if mark == " " else "#" for mark in line[::2]) for line in lines]
    assert "".join(inked) == "".join("#" if ink else "." for ink in alpha_of(png))
    assert json.loads(answer.removeprefix("The answer: ")) == response.value.json()


def test_unsure_answer_names_two_digits(visit: Visit) -> None:
    page = visit()
    probabilities = [0.0] * 10
    probabilities[4], probabilities[8] = 0.45, 0.4
    answer_with(page, 4, certain=False, probabilities=probabilities)
    draw(page, CORNER)
    press(page, "Send")
    assert read_digit(page) == 4
    expect(status_of(page)).to_contain_text("Not sure: perhaps a 4 or an 8.")


def test_unsure_though_one_digit_is_far_ahead(visit: Visit) -> None:
    """The doubt is not about another digit: the drawing may be none."""
    page = visit()
    probabilities = [0.0] * 10
    probabilities[8], probabilities[3] = 0.99, 0.01
    answer_with(page, 8, confidence=0.99, certain=False, probabilities=probabilities)
    draw(page, CORNER)
    press(page, "Send")
    assert read_digit(page) == 8
    expect(status_of(page)).to_contain_text("Not sure: perhaps an 8, or no digit at all.")


def test_problems_become_sentences(visit: Visit) -> None:
    page = visit()
    answer: dict[str, Any] = {"content_type": "application/problem+json"}
    page.route("**/predict", lambda route: route.fulfill(**answer))
    for status, body, sentence in (
        (400, {"title": "No ink", "detail": "There is no ink in the image."}, "There is no ink in the image."),
        (413, {"detail": "The body is larger than 1048576 bytes."}, "The drawing is too large for the service."),
        (429, {"title": "Too Many Requests"}, "The service is busy. Try again in a moment."),
        (500, None, "The service could not read the drawing."),
        (200, {"digit": 12}, "The service sent an answer that this page cannot read."),
        (200, None, "The service sent an answer that this page cannot read."),
    ):
        text = "<html>Oops</html>" if body is None else json.dumps(body)
        answer.update(status=status, body=text)
        draw(page, CORNER)
        press(page, "Send")
        expect(status_of(page)).to_have_text(sentence)
        press(page, "Clear")
        expect(status_of(page)).to_have_text("Draw a digit.")


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(None, "The service is unavailable. Is it running?"), (503, "The service is not ready. Try again in a moment.")],
)
def test_unavailable_service_without_a_network(visit: Visit, status: int | None, sentence: str) -> None:
    page = visit(before="**/model/network")
    page.route("**/predict", lambda route: route.fulfill(status=status) if status else route.abort())
    draw(page, CORNER)
    press(page, "Send")
    expect(status_of(page)).to_have_text(sentence)
    page.unroute("**/predict")
    press(page, "Send")
    read_digit(page)


def test_late_answer_is_not_shown(visit: Visit) -> None:
    page = visit()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/predict", hold)
    draw(page, CORNER)
    send(page)
    press(page, "Clear")
    draw(page, [[(140, 60), (140, 220)]])
    with page.expect_response("**/predict"):
        held[0].fulfill(json={"digit": 3, "confidence": 1, "probabilities": [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]})
    page.wait_for_timeout(50)
    expect(words_of(page)).to_have_text("Press Send when you are done.")
    assert page.locator(BAR_VALUES).all_inner_texts() == [""] * 10


def test_a_changed_drawing_has_no_answer_yet(visit: Visit) -> None:
    page = visit()
    draw(page, CORNER)
    send(page)
    read_digit(page)
    draw(page, [[(100, 60), (180, 60)]])
    expect(words_of(page)).to_have_text("Press Send when you are done.")


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (768, 1024), (375, 667), (320, 568)])
def test_layout_fits_and_stays(visit: Visit, width: int, height: int) -> None:
    page = visit(width=width, height=height, still=True)
    # The nodes are loaded last, into reserved space.
    expect(page.locator("#nodes button")).to_have_count(200)
    boxes = "[...document.querySelectorAll('main > *, footer')].map(e => JSON.stringify(e.getBoundingClientRect()))"
    before = page.evaluate(boxes)
    # Nothing else moves, however long the sentence in the status is.
    answer_with(page, 4, certain=False)
    draw(page, CORNER)
    press(page, "Send")
    read_digit(page)
    assert page.evaluate(boxes) == before
    # The longest sentences are those of local recognition.
    page.unroute("**/predict")
    page.route("**/predict", lambda route: route.abort())
    for strokes in (CORNER, [[(90, 70), (190, 70), (130, 220)]]):
        press(page, "Clear")
        draw(page, strokes)
        press(page, "Send")
        expect(status_of(page)).to_contain_text("in the browser.")
        assert page.evaluate(boxes) == before
    press(page, "Clear")
    press(page, "Send")
    expect(status_of(page)).to_contain_text("nothing to send")
    assert page.evaluate(boxes) == before
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sizes: list[float] = page.get_by_role("button").evaluate_all("""buttons => buttons.map((button) => {
        const { width, height } = button.getBoundingClientRect();
        return Math.min(width, height);
    })""")
    assert len(sizes) > 200
    assert min(sizes) >= 44
    pad, status = area_of(page).bounding_box(), status_of(page).bounding_box()
    assert pad is not None
    assert status is not None
    assert pad["width"] == pad["height"] == min(280, width - 48)
    if width == 375:
        assert status["y"] + status["height"] <= height, "the answer is out of sight on a phone"
