"""Unusual input, browsers, networks and tabs while the page is open."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, Route, expect

from inknet import Network, Recognizer
from inknet.digits import ink_strokes
from inknet.service.routes.network import network_document
from tests.web.conftest import Visit
from tests.web.helpers import (
    CORNER,
    ONE,
    SEVEN,
    alpha_of,
    area_of,
    cards,
    drag,
    draw,
    exported,
    import_lines,
    middle_of_area,
    press,
    read_digit,
    recorded,
    send,
    status_of,
    store,
    touch,
    wait_until,
    words_of,
)

pytestmark = pytest.mark.browser

NOTE = "#drawings-note"


def open_finger(page: Page) -> CDPSession:
    return page.context.new_cdp_session(page)


def write_lines(file: Path, drawings: list[list[list[list[float]]]]) -> Path:
    lines = [json.dumps({"strokes": strokes, "answer": 1}) for strokes in drawings]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


# Input


def test_a_finger_draws_while_a_thumb_holds_the_tablet(visit: Visit) -> None:
    page = visit(width=375, height=667, touch=True)
    finger = open_finger(page)
    x, y = middle_of_area(page)
    drag(finger, [(x, y - 50), (x, y), (x, y + 50)])
    alone = send(page)
    press(page, "Clear")
    thumb = (4.0, 300.0)
    touch(finger, "touchStart", thumb)
    touch(finger, "touchStart", thumb, (x, y - 50))
    touch(finger, "touchMove", thumb, (x, y))
    touch(finger, "touchMove", thumb, (x, y + 50))
    touch(finger, "touchEnd")
    expect(words_of(page)).to_have_text("Press Send when you are done.")
    assert send(page) == alone


def test_lost_pointer_capture_ends_the_stroke(visit: Visit) -> None:
    page = visit()
    x, y = middle_of_area(page)
    page.mouse.move(x, y - 50)
    page.mouse.down()
    page.mouse.move(x, y + 50)
    page.wait_for_timeout(50)
    area_of(page).evaluate("""pad => {
        pad.addEventListener('pointermove', (event) => pad.releasePointerCapture(event.pointerId), { once: true });
    }""")
    page.mouse.move(x, y + 50)
    page.wait_for_timeout(50)
    before = send(page)
    # Pressing Send lifts the mouse too; what was drawn on the way to the button matters.
    press(page, "Clear")
    draw(page, [[(140, 90), (140, 190)]])
    assert send(page) == before


def test_cancelled_stroke_keeps_the_redo_stack(visit: Visit) -> None:
    page = visit(width=375, height=667, touch=True)
    finger = open_finger(page)
    x, y = middle_of_area(page)
    drag(finger, [(x, y - 50), (x, y), (x, y + 50)])
    one = send(page)
    press(page, "Undo")
    touch(finger, "touchStart", (x, y))
    touch(finger, "touchMove", (x + 50, y))
    touch(finger, "touchCancel")
    expect(status_of(page)).to_have_text("Draw a digit.")
    press(page, "Redo")
    assert send(page) == one


def test_enter_in_mid_stroke_ends_the_stroke(visit: Visit, tmp_path: Path) -> None:
    """The stored drawing is the recognized one, without later points."""
    page = visit()
    x, y = middle_of_area(page)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/predict", hold)
    page.mouse.move(x, y - 60)
    page.mouse.down()
    page.mouse.move(x, y + 60)
    with page.expect_console_message(lambda message: message.text.startswith("Its numbers")) as told:
        page.keyboard.press("Enter")
    page.mouse.move(x + 60, y + 60)
    page.mouse.up()
    wait_until(page, lambda: len(held) == 2)
    page.wait_for_timeout(100)
    for route in held:
        route.continue_()
    read_digit(page)
    expect(cards(page)).to_have_count(1)
    (line,) = exported(page, tmp_path)
    numbers = [int(number) for number in told.value.text.split("\n", 1)[1].split()]
    assert ink_strokes(line["strokes"]).ravel().tolist() == numbers  # type: ignore[arg-type]


def test_held_key_acts_once(visit: Visit) -> None:
    page = visit(still=True)
    draw(page, SEVEN)
    with recorded(page) as sent:
        for _ in range(5):
            page.keyboard.down("Enter")
        page.keyboard.up("Enter")
        read_digit(page)
        expect(cards(page)).to_have_count(1)
        assert len(sent) == 1
    for _ in range(5):
        page.keyboard.down("3")
    page.keyboard.up("3")
    page.keyboard.press("Control+z")
    assert send(page) == send(page)
    assert read_digit(page) == 7


def test_keys_work_after_a_click_on_the_checkbox(visit: Visit) -> None:
    page = visit(still=True)
    page.get_by_label("show where").click()
    page.keyboard.press("7")
    page.keyboard.press("Enter")
    assert read_digit(page) == 7


def test_rapid_clear_undo_and_send(visit: Visit) -> None:
    page = visit()
    draw(page, SEVEN)
    seven = send(page)
    read_digit(page)
    # Faster than any answer, in one task.
    page.evaluate("""() => {
        const press = (id) => document.querySelector(id).click();
        for (let time = 0; time < 20; time++) ['#clear', '#undo', '#send', '#redo', '#send', '#undo'].forEach(press);
    }""")
    assert send(page) == seven
    assert read_digit(page) == 7


def test_a_stroke_of_twenty_thousand_points(visit: Visit) -> None:
    page = visit()
    times = draw_twenty_thousand_points(page)
    assert len(times) == 200
    png = send(page)
    assert sum(alpha_of(png)) > 0
    read_digit(page)
    expect(cards(page)).to_have_count(1)


@pytest.mark.performance
def test_a_long_stroke_stays_fluent(visit: Visit) -> None:
    times = draw_twenty_thousand_points(visit())
    assert sorted(times)[100] < 100, "the pen stutters"


def draw_twenty_thousand_points(page: Page) -> list[float]:
    """Draw a stroke as long as 20 s at 1,000 points per second; return the milliseconds per event of 100 points."""
    x, y = middle_of_area(page)
    page.mouse.move(x, y - 60)
    page.mouse.down()
    times: list[float] = area_of(page).evaluate(
        """async (pad, [x, y]) => {
        const place = (i) => ({ clientX: x + 80 * Math.sin(i / 900), clientY: y + 80 * Math.cos(i / 1300) });
        const times = [];
        for (let from = 0; from < 20000; from += 100) {
            const event = new PointerEvent('pointermove', {
                pointerId: 1, bubbles: true, ...place(from),
                coalescedEvents: Array.from({ length: 100 },
                    (_, i) => new PointerEvent('pointermove', { pointerId: 1, ...place(from + i) })),
            });
            const start = performance.now();
            pad.dispatchEvent(event);
            times.push(performance.now() - start);
            if (from % 1000 === 0) await new Promise(requestAnimationFrame);
        }
        return times;
    }""",
        [x, y],
    )
    page.mouse.up()
    return times


# Windows and history


@pytest.mark.parametrize("zoom", [0.8, 1.5, 3])
def test_drawing_at_any_zoom(visit: Visit, zoom: float) -> None:
    """Zooming makes the window smaller in CSS pixels, and each of them larger on the screen."""
    page = visit(width=round(1280 / zoom), height=round(900 / zoom), scale=zoom)
    draw(page, SEVEN)
    png = send(page)
    assert read_digit(page) == 7
    assert alpha_of(png) == ink_strokes([[(90, 70), (190, 70), (130, 220)]]).ravel().tolist()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_resize_during_a_stroke(visit: Visit) -> None:
    page = visit()
    x, y = middle_of_area(page)
    page.mouse.move(x, y - 60)
    page.mouse.down()
    page.mouse.move(x, y)
    page.set_viewport_size({"width": 700, "height": 900})
    page.wait_for_timeout(100)
    x, y = middle_of_area(page)
    page.mouse.move(x, y + 60)
    page.mouse.up()
    png = send(page)
    assert alpha_of(png) == ink_strokes([[(140, 80), (140, 140), (140, 200)]]).ravel().tolist()


def test_back_navigation(visit: Visit) -> None:
    page = visit()
    store(page, SEVEN)
    page.goto("about:blank")
    page.go_back()
    expect(cards(page)).to_have_count(1)
    draw(page, ONE)
    send(page)
    assert read_digit(page) == 1
    expect(cards(page)).to_have_count(2)


# Stored drawings


def test_focus_stays_on_the_changed_card(visit: Visit) -> None:
    page = visit()
    store(page, SEVEN, ONE, SEVEN)
    choice = cards(page).nth(1).get_by_label("That was a")
    choice.focus()
    choice.select_option("4")
    expect(page.locator("#drawings .wrong")).to_have_count(1)
    expect(choice).to_be_focused()
    remove = cards(page).nth(1).get_by_role("button", name="Delete")
    remove.focus()
    page.keyboard.press("Enter")
    expect(cards(page)).to_have_count(2)
    expect(cards(page).nth(1).get_by_role("button", name="Delete")).to_be_focused()
    for left in (1, 0):
        page.keyboard.press("Enter")
        expect(cards(page)).to_have_count(left)
    expect(page.get_by_role("button", name="Import strokes")).to_be_focused()


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        ("send", "The storage of this browser is full; the drawing was not saved."),
        ("correct", "The change could not be saved."),
        ("delete", "The change could not be saved."),
        ("import", "The drawings could not be saved; nothing was imported."),
    ],
)
def test_full_storage(visit: Visit, tmp_path: Path, act: str, sentence: str) -> None:
    page = visit()
    store(page, SEVEN)
    page.evaluate("""() => {
        for (const name of ['add', 'put', 'delete']) IDBObjectStore.prototype[name] = () => {
            throw new DOMException('', 'QuotaExceededError');
        };
    }""")
    if act == "send":
        send(page)
    elif act == "correct":
        cards(page).get_by_label("That was a").select_option("4")
    elif act == "delete":
        cards(page).get_by_role("button", name="Delete").click()
    else:
        import_lines(page, write_lines(tmp_path / "some.jsonl", [[[[1, 2], [3, 4]]]]))
    expect(page.locator(NOTE)).to_have_text(sentence)
    expect(cards(page)).to_have_count(1)
    send(page)
    assert read_digit(page) == 7


def import_two_thousand(page: Page, folder: Path) -> None:
    shaky = [[[[90.0 + i % 9, 70.0], [190.0, 70.0 + i % 7], [130.0, 220.0 - i % 11]]] for i in range(2000)]
    import_lines(page, write_lines(folder / "many.jsonl", shaky))
    expect(page.locator(NOTE)).to_contain_text("2000 imported.")


def test_two_thousand_drawings(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    import_two_thousand(page, tmp_path)
    expect(cards(page)).to_have_count(60)
    page.reload()
    expect(page.locator(NOTE)).to_contain_text("2000 drawings")
    # Clicks by the mouse would scroll the drawing area out of sight.
    first, second = page.evaluate("""() => ['#nodes button', '#nodes button:nth-child(2)'].map((id) => {
        const start = performance.now();
        document.querySelector(id).click();
        return performance.now() - start;
    })""")
    assert second < first / 3, "the features of the drawings are not cached"
    expect(page.locator("#details .thumbnails img")).to_have_count(8)
    draw(page, SEVEN)
    send(page)
    read_digit(page)
    expect(page.locator(NOTE)).to_contain_text("2001 drawings")
    expect(cards(page)).to_have_count(60)


def test_drawings_of_another_tab(visit: Visit) -> None:
    page = visit()
    store(page, SEVEN)
    other = page.context.new_page()
    other.goto(page.url)
    expect(cards(other)).to_have_count(1)
    store(other, ONE)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(cards(page)).to_have_count(2)


@pytest.mark.parametrize(
    "strokes",
    [
        [[[1e5, 1e5], [1.02e5, 1e5], [1.01e5, 1.03e5]]],
        [[[0.1, 0.1], [0.9, 0.1], [0.4, 0.9]]],
        [[[-50.0, 20.0], [90.0, 20.0], [0.0, 200.0]]],
        [[[999.0, 999.0]]],
    ],
    ids=["far off", "in shares of one", "half off", "a dot far off"],
)
def test_imported_drawing_is_brought_into_the_area(
    visit: Visit, tmp_path: Path, strokes: list[list[list[float]]]
) -> None:
    page = visit(still=True)
    import_lines(page, write_lines(tmp_path / "elsewhere.jsonl", [strokes]))
    cards(page).get_by_role("button", name="Draw this again, read as a 1").click()
    inked = """canvas => {
        const { data } = canvas.getContext('2d').getImageData(20, 20, 240, 240);
        return data.reduce((sum, value, i) => sum + (i % 4 === 3 && value > 0), 0);
    }"""
    wait_until(page, lambda: area_of(page).evaluate(inked) > 150)
    # Only position and size differ.
    difference = [abs(a - b) for a, b in zip(alpha_of(send(page)), ink_strokes(strokes).ravel().tolist(), strict=True)]
    assert sum(difference) < 255


def test_a_huge_file_is_refused_unread(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "huge.jsonl"
    with file.open("wb") as empty:
        empty.truncate(65 * 2**20)
    page = visit()
    expect(page.get_by_role("button", name="Import strokes")).to_be_enabled()
    page.locator("#import-file").set_input_files(file)
    expect(page.locator(NOTE)).to_have_text("The file is larger than 64 MB; nothing was imported.")


def test_lines_that_break_readers(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    broken = ["[" * 100_000, '{"strokes": ' + "[" * 100_000, "\x00", '{"strokes": [[[1e999, 2]]]}']
    # Each one on another line, so that each message is another one.
    for number, line in enumerate(broken, start=1):
        file = tmp_path / f"line {number}.jsonl"
        file.write_text("\n" * (number - 1) + line, encoding="utf-8")
        import_lines(page, file)
        message = f"Line {number} of the file is not a drawing; nothing was imported."
        expect(page.locator(NOTE)).to_have_text(message)


# Services


def test_slow_service_counts_as_unavailable(visit: Visit) -> None:
    page = visit()
    page.add_init_script(
        "const { timeout } = AbortSignal; AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms / 40)"
    )
    page.reload()
    page.locator("#nodes button").last.wait_for()
    page.route("**/predict", lambda _: None)
    draw(page, SEVEN)
    press(page, "Send")
    assert read_digit(page) == 7
    expect(status_of(page)).to_contain_text("recognized in the browser")


@pytest.mark.parametrize("path", ["**/model/network", "**/handwriting.json"])
def test_html_instead_of_json(visit: Visit, path: str) -> None:
    page = visit()
    page.route(path, lambda route: route.fulfill(body="<!doctype html><p>Sign in", content_type="text/html"))
    page.reload()
    expect(page.get_by_role("button", name="Import strokes")).to_be_enabled()
    draw(page, SEVEN)
    send(page)
    assert read_digit(page) == 7


def test_model_of_other_classes_replaces_the_first(visit: Visit) -> None:
    page = visit()
    store(page, SEVEN)
    network = Network([784, 12, 3], seed=0)
    network.metadata = {"classes": ["bar", "ring", "cross"]}
    body = network_document(Recognizer(network)).decode()
    page.route("**/model/network", lambda route: route.fulfill(body=body, content_type="application/json"))
    answer = {"digit": 1, "label": "ring", "confidence": 0.9, "probabilities": [0.05, 0.9, 0.05], "model_sha256": "x"}
    page.route("**/predict", lambda route: route.fulfill(json=answer))
    seen: list[str] = []

    def note(numeral: str) -> None:
        seen.append(numeral)

    page.expose_function("note", note)
    page.evaluate("""() => new MutationObserver(() => {
        const { textContent } = document.querySelector('[role=status] .numeral');
        if (textContent) window.note(textContent);
    }).observe(document.querySelector('[role=status]'), { subtree: true, childList: true, characterData: true })""")
    press(page, "Clear")
    draw(page, CORNER)
    press(page, "Send")
    expect(status_of(page)).to_have_text("ring The network is 90.0 % sure.")
    assert set(seen) == {"ring"}, "an answer was shown under a name of another model"
    # Its drawings are stored apart from the digits.
    expect(cards(page)).to_have_count(1)
    expect(cards(page).locator("p")).to_have_text("Read as ring")
    names: list[str] = page.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name).sort())")
    assert names == ["inknet", "inknet bar,ring,cross"]
    page.unroute("**/predict")
    page.unroute("**/model/network")
    press(page, "Clear")
    draw(page, ONE)
    send(page)
    expect(status_of(page)).to_contain_text("1 The network is")
    expect(cards(page)).to_have_count(2)


# The service worker


@contextmanager
def offline(page: Page) -> Iterator[None]:
    page.context.set_offline(True)
    try:
        yield
    finally:
        page.context.set_offline(False)


def ready(page: Page) -> None:
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    page.wait_for_function("navigator.serviceWorker.controller")


@pytest.mark.parametrize("more", ["?from=home", "#inside"])
def test_starts_offline_by_any_link(visit: Visit, more: str) -> None:
    page = visit(workers=True)
    ready(page)
    address = page.url
    with offline(page):
        page.goto("about:blank")
        page.goto(address + more)
        page.locator("#nodes button").last.wait_for()
        draw(page, SEVEN)
        press(page, "Send")
        assert read_digit(page) == 7


def test_a_new_worker_takes_over_while_the_page_is_open(visit: Visit) -> None:
    page = visit(workers=True)
    ready(page)
    draw(page, SEVEN)
    seven = send(page)
    # A worker with another URL replaces the first, as one with other bytes would.
    changed = page.evaluate("""() => new Promise((done) => {
        navigator.serviceWorker.addEventListener('controllerchange', () => done(true));
        navigator.serviceWorker.register('./sw.js?newer');
        setTimeout(done, 8000, false);
    })""")
    assert changed
    assert send(page) == seven
    assert read_digit(page) == 7


def test_chromium_finds_it_installable(visit: Visit) -> None:
    page = visit(workers=True)
    ready(page)
    found = page.context.new_cdp_session(page).send("Page.getInstallabilityErrors")
    # Playwright's contexts are private windows.
    assert {error["errorId"] for error in found["installabilityErrors"]} <= {"in-incognito"}
