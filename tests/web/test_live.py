"""Live recognition while the pen moves."""

import re
import statistics

import pytest
from playwright.sync_api import Route, expect

from tests.web.conftest import Visit
from tests.web.helpers import (
    CORNER,
    area_of,
    draw,
    hold_time,
    press,
    read_digit,
    recorded,
    send,
    status_of,
    wait_until,
    words_of,
)

pytestmark = pytest.mark.browser

NUMERAL, VALUES = "[role=status] .numeral", ".bars tbody td:last-child"

#: Moves a pen by pointer events, and measures for each point the time until the bars show its answer.
FOLLOW = """async (points) => {
    const pad = document.querySelector('#canvas');
    const bars = document.querySelector('.bars tbody');
    const box = pad.getBoundingClientRect();
    const move = (type, [x, y]) => pad.dispatchEvent(new PointerEvent(type, {
        pointerId: 1, isPrimary: true, button: 0, bubbles: true, clientX: box.left + x, clientY: box.top + y,
    }));
    pad.setPointerCapture = () => {};
    const times = [];
    for (const [i, point] of points.entries()) {
        const answered = new Promise((done) => {
            const observer = new MutationObserver(() => { observer.disconnect(); done(performance.now()); });
            observer.observe(bars, { subtree: true, childList: true, characterData: true, attributes: true });
        });
        const start = performance.now();
        move(i === 0 ? 'pointerdown' : 'pointermove', point);
        times.push((await answered) - start);
        await new Promise((done) => setTimeout(done, 25));
    }
    move('pointerup', points.at(-1));
    return times;
}"""


@pytest.mark.performance
def test_an_answer_follows_each_point_within_50_milliseconds(visit: Visit, capsys: pytest.CaptureFixture[str]) -> None:
    page = visit()
    points = [[80 + 3 * i, 70] for i in range(40)] + [[197 - 2 * i, 70 + 4 * i] for i in range(40)]
    # The first request opens the connection.
    draw(page, CORNER)
    press(page, "Clear")
    times = page.evaluate(FOLLOW, points)
    median = statistics.median(times[1:])
    with capsys.disabled():
        print(f"\nlive: {median:.1f} ms in the median, {max(times):.1f} ms at most, of {len(times)} points")
    assert median < 50


def test_numeral_and_bars_follow_the_pen(visit: Visit) -> None:
    page = visit()
    with recorded(page) as sent:
        draw(page, [[(90, 70), (190, 70), (130, 220)]])
        expect(page.locator(NUMERAL)).to_have_text("7")
        expect(page.locator(VALUES).nth(7)).to_have_text(re.compile(r"9\d\.\d %|> 99"))
        expect(words_of(page)).to_have_text("Press Send when you are done.")
        assert sent == []
    # Nothing is announced: the numeral is hidden from assistive technology, and the words do not change.
    assert page.locator(NUMERAL).get_attribute("aria-hidden") == "true"
    send(page)
    assert read_digit(page) == 7
    assert page.locator(NUMERAL).get_attribute("aria-hidden") is None


def test_replay_is_recognized_live(visit: Visit) -> None:
    page = visit()
    hold_time(page)
    press(page, "Draw a 8")
    bodies = set()
    for _ in range(5):
        with page.expect_request("**/predict") as asked:
            page.clock.run_for(100)
        bodies.add(asked.value.post_data_buffer)
    assert len(bodies) == 5
    expect(page.locator(NUMERAL)).to_have_text(re.compile("8"))


def test_one_request_at_a_time_and_the_newest_next(visit: Visit) -> None:
    page = visit(still=True)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/predict", hold)
    draw(page, [[(140, 60), (140, 100), (140, 140), (140, 220)]])
    press(page, "Draw a 3")
    press(page, "Draw a 5")
    wait_until(page, lambda: bool(held))
    page.wait_for_timeout(100)
    assert len(held) == 1
    probabilities = [0.0] * 10
    with page.expect_request("**/predict"):
        held[0].fulfill(json={"digit": 1, "confidence": 1, "probabilities": [0.0, 1.0, *probabilities[2:]]})
    wait_until(page, lambda: len(held) > 1)
    page.wait_for_timeout(100)
    assert len(held) == 2, "images in between must be skipped"
    newest = held[1].request.post_data_buffer
    held[1].fulfill(json={"digit": 5, "confidence": 1, "probabilities": [*probabilities[:5], 1.0, *probabilities[6:]]})
    expect(page.locator(NUMERAL)).to_have_text("5")
    page.unroute("**/predict")
    assert send(page) == newest


def test_late_live_answers_are_dropped(visit: Visit) -> None:
    page = visit()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/predict", hold)
    draw(page, CORNER)
    wait_until(page, lambda: len(held) == 1)
    press(page, "Send")
    wait_until(page, lambda: len(held) == 2)
    live, sent = held
    answer = {"digit": 2, "confidence": 1, "probabilities": [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]}
    sent.fulfill(json=answer)
    assert read_digit(page) == 2
    live.fulfill(json={**answer, "digit": 3})
    page.wait_for_timeout(100)
    expect(page.locator(NUMERAL)).to_have_text("2")
    draw(page, CORNER)
    press(page, "Clear")
    wait_until(page, lambda: len(held) == 3)
    held[2].fulfill(json=answer)
    page.wait_for_timeout(100)
    expect(status_of(page)).to_have_text("Draw a digit.")
    assert page.locator(VALUES).all_inner_texts() == [""] * 10


def test_overlay_shows_the_crop(visit: Visit) -> None:
    page = visit()
    inked = """canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
        .reduce((sum, value, i) => sum + (i % 4 === 3 && value > 0), 0)"""
    overlay = page.locator("#overlay")
    assert overlay.evaluate(inked) == 0
    draw(page, [[(120, 100), (120, 180), (160, 180)]])
    wait_until(page, lambda: overlay.evaluate(inked) > 300)
    # The dotted box is at the edge of the ink, half a pen away: the pen is 26 of the 200 units that 80 + 26 of it fill.
    at = "(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(x - 2, y, 5, 40).data].some((v) => v > 0)"
    beside = 13 / (174 / 80)
    assert overlay.evaluate(at, [round(120 - beside), 120])
    box = area_of(page).bounding_box()
    assert box == overlay.bounding_box()
    page.get_by_label("show where").uncheck()
    assert overlay.evaluate(inked) == 0
    page.get_by_label("show where").check()
    assert overlay.evaluate(inked) > 300
    press(page, "Clear")
    wait_until(page, lambda: overlay.evaluate(inked) == 0)
