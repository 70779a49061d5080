"""Undo, redo, and the keyboard."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Visit
from tests.web.helpers import CORNER, Stroke, draw, press, read_digit, recorded, send, status_of, words_of

pytestmark = pytest.mark.browser

UPRIGHT: list[Stroke] = [[(140, 60), (140, 130), (140, 220)]]
BAR: list[Stroke] = [[(90, 140), (190, 140)]]


def disabled(page: Page) -> tuple[bool, bool]:
    """Return whether Undo and Redo are disabled."""
    undo, redo = (page.get_by_role("button", name=name, exact=True).is_disabled() for name in ("Undo", "Redo"))
    return undo, redo


def test_undo_and_redo_go_through_every_change(visit: Visit) -> None:
    page = visit()
    assert disabled(page) == (True, True)
    draw(page, UPRIGHT)
    one = send(page)
    draw(page, BAR)
    two = send(page)
    assert one != two
    press(page, "Clear")
    assert disabled(page) == (False, True)
    press(page, "Undo")
    assert send(page) == two
    press(page, "Undo")
    assert send(page) == one
    press(page, "Undo")
    expect(status_of(page)).to_have_text("Draw a digit.")
    assert disabled(page) == (True, False)
    press(page, "Redo")
    assert send(page) == one
    press(page, "Redo")
    assert send(page) == two
    # A new stroke clears the redo stack.
    press(page, "Undo")
    draw(page, CORNER)
    assert disabled(page) == (False, True)


def test_undo_of_a_digit_button(visit: Visit) -> None:
    page = visit()
    draw(page, UPRIGHT)
    one = send(page)
    press(page, "Draw a 8")
    assert send(page) != one
    press(page, "Undo")
    assert send(page) == one


def test_everything_by_keyboard(visit: Visit) -> None:
    page = visit(still=True)
    with recorded(page) as sent:
        page.keyboard.press("Enter")
        expect(status_of(page)).to_contain_text("nothing to send")
        assert sent == []
        page.keyboard.press("3")
        expect(words_of(page)).to_have_text("Press Send when you are done.")
        page.keyboard.press("Enter")
        assert read_digit(page) == 3
        assert len(sent) == 1
    three = send(page)
    page.keyboard.press("Delete")
    expect(status_of(page)).to_have_text("Draw a digit.")
    page.keyboard.press("Control+z")
    assert send(page) == three
    page.keyboard.press("Control+z")
    expect(status_of(page)).to_have_text("Draw a digit.")
    for redo in ("Control+y", "Control+Shift+Z"):
        page.keyboard.press(redo)
        assert send(page) == three
        page.keyboard.press("Control+z")
    page.keyboard.press("Backspace")
    # Shortcuts of the browser are left alone.
    page.keyboard.press("Control+5")
    page.keyboard.press("Alt+5")
    expect(status_of(page)).to_have_text("Draw a digit.")


def test_enter_on_a_button_presses_that_button(visit: Visit) -> None:
    page = visit(still=True)
    page.get_by_role("button", name="Draw a 7", exact=True).focus()
    with recorded(page) as sent:
        page.keyboard.press("Enter")
        expect(words_of(page)).to_have_text("Press Send when you are done.")
        assert sent == []
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Send", exact=True).focus()
    page.keyboard.press("Enter")
    assert read_digit(page) == 8
