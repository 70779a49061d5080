"""The drawing area: mouse, touch, cancelled pointers, and replayed digits."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Visit
from tests.web.helpers import (
    CORNER,
    Stroke,
    area_of,
    drag,
    draw,
    hold_time,
    middle_of_area,
    press,
    read_digit,
    recorded,
    send,
    status_of,
    touch,
    wait_until,
    words_of,
)

pytestmark = pytest.mark.browser

EMPTY, DRAWN = "Draw a digit.", "Press Send when you are done."
DOWNWARD: list[Stroke] = [[(140, 60), (140, 130), (140, 220)]]


def test_finger_draws_and_the_page_does_not_scroll(visit: Visit) -> None:
    page = visit(width=375, height=667, touch=True)
    finger = page.context.new_cdp_session(page)
    x, y = middle_of_area(page)
    upward = [(x, y + 100 - 10 * step) for step in range(20)]
    drag(finger, upward)
    expect(words_of(page)).to_have_text(DRAWN)
    assert page.evaluate("window.scrollY") == 0
    assert send(page)
    assert read_digit(page) in range(10)
    # The same movement beside the area does scroll the page.
    drag(finger, [(10, place) for _, place in upward])
    page.wait_for_function("window.scrollY > 0")


def test_second_finger_draws_nothing(visit: Visit) -> None:
    page = visit(width=375, height=667, touch=True)
    finger = page.context.new_cdp_session(page)
    x, y = middle_of_area(page)
    touch(finger, "touchStart", (x, y - 50))
    touch(finger, "touchMove", (x, y))
    touch(finger, "touchStart", (x, y), (x + 90, y - 50))
    touch(finger, "touchMove", (x, y + 50), (x + 90, y + 50))
    touch(finger, "touchEnd")
    two = send(page)
    press(page, "Clear")
    drag(finger, [(x, y - 50), (x, y), (x, y + 50)])
    assert two == send(page)


def test_cancelled_stroke_is_removed(visit: Visit) -> None:
    page = visit(width=375, height=667, touch=True)
    finger = page.context.new_cdp_session(page)
    x, y = middle_of_area(page)
    touch(finger, "touchStart", (x, y))
    touch(finger, "touchMove", (x, y + 60))
    expect(words_of(page)).to_have_text(DRAWN)
    touch(finger, "touchCancel")
    expect(status_of(page)).to_have_text(EMPTY)
    # Only the cancelled stroke is removed.
    drag(finger, [(x, y - 50), (x, y), (x, y + 50)])
    one = send(page)
    touch(finger, "touchStart", (x - 60, y))
    touch(finger, "touchMove", (x + 60, y))
    touch(finger, "touchCancel")
    assert one == send(page)


def test_other_buttons_draw_nothing(visit: Visit) -> None:
    page = visit()
    x, y = middle_of_area(page)
    for button in ("right", "middle"):
        page.mouse.move(x, y)
        page.mouse.down(button=button)
        page.mouse.move(x + 40, y + 40)
        page.mouse.up(button=button)
    expect(status_of(page)).to_have_text(EMPTY)


def test_stroke_outside_the_area_is_clamped(visit: Visit) -> None:
    page = visit()
    draw(page, [[(140, 60), (140, 400)]])
    outside = send(page)
    press(page, "Clear")
    draw(page, [[(140, 60), (140, 280)]])
    assert outside == send(page)


def test_a_tap_leaves_a_dot(visit: Visit) -> None:
    page = visit()
    area_of(page).click()
    expect(words_of(page)).to_have_text(DRAWN)
    inked = "canvas => canvas.getContext('2d').getImageData(140, 140, 1, 1).data[3]"
    wait_until(page, lambda: area_of(page).evaluate(inked) == 255)


def test_device_pixel_ratio_makes_no_difference(visit: Visit) -> None:
    images = set()
    for scale in (1, 1.5, 2, 3):
        page = visit(scale=scale)
        draw(page, CORNER)
        images.add(send(page))
        assert area_of(page).evaluate("canvas => [canvas.width, canvas.height]") == [280 * scale, 280 * scale]
    assert len(images) == 1


def test_replay_takes_half_a_second(visit: Visit) -> None:
    """The ink grows over half a second; with reduced motion it appears at once."""
    count = """canvas => canvas.getContext('2d').getImageData(0, 0, 280, 280).data
        .reduce((sum, value, i) => sum + (i % 4 === 3 && value > 0), 0)"""

    def written(page: Page) -> list[int]:
        # Always the same of the twelve samples of an 8; three others are written less evenly.
        page.evaluate("Math.random = () => 1 / 6")
        hold_time(page)
        press(page, "Draw a 8")
        amounts = []
        for _ in range(14):
            page.clock.run_for(50)
            amounts.append(int(area_of(page).evaluate(count)))
        return amounts

    *amounts, whole = written(visit())
    for index, ink in enumerate(amounts):
        assert abs(ink / whole - min((index + 1) / 10, 1)) < 0.1, amounts
    assert amounts == sorted(amounts)

    amounts = written(visit(still=True))
    assert amounts[0] > 0
    assert len(set(amounts)) == 1


def test_drawing_stops_a_replay(visit: Visit) -> None:
    page = visit()
    draw(page, DOWNWARD)
    alone = send(page)
    press(page, "Clear")
    # The replay must still run when the pen comes down, however busy the machine is.
    hold_time(page)
    press(page, "Draw a 8")
    page.clock.run_for(100)
    draw(page, DOWNWARD)
    page.clock.resume()
    assert alone == send(page)


def test_digit_button_replaces_the_drawing(visit: Visit) -> None:
    page = visit(still=True)
    with recorded(page) as sent:
        draw(page, CORNER)
        press(page, "Draw a 1")
        expect(words_of(page)).to_have_text(DRAWN)
        assert sent == [], "the button draws and does not send"
    send(page)
    assert read_digit(page) == 1
