"""The section "Your drawings": storing, correcting, deleting, exporting and importing."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Download, expect

from inknet.digits import ink_strokes, read_idx
from tests.web.conftest import Visit
from tests.web.helpers import (
    CORNER,
    ONE,
    SEVEN,
    cards,
    draw,
    exported,
    import_lines,
    press,
    read_digit,
    send,
    store,
    wait_until,
)

pytestmark = pytest.mark.browser


def test_only_sent_drawings_are_stored(visit: Visit) -> None:
    page = visit()
    expect(cards(page)).to_have_count(0)
    draw(page, CORNER)
    page.wait_for_timeout(100)
    expect(cards(page)).to_have_count(0)
    store(page, SEVEN, ONE)
    # Newest first.
    assert cards(page).locator("p").all_inner_texts() == ["Read as 1", "Read as 7"]
    page.reload()
    expect(cards(page)).to_have_count(2)
    cards(page).nth(1).get_by_role("button", name="Draw this again, read as a 7").click()
    send(page)
    assert read_digit(page) == 7


def test_correct_confirm_delete(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    store(page, SEVEN, ONE, SEVEN)
    cards(page).nth(0).get_by_label("That was a").select_option("9")
    expect(cards(page).nth(0)).to_have_class("wrong")
    assert [line["label"] for line in exported(page, tmp_path)] == [None, None, 9]
    press(page, "Mark the rest as correct")
    expect(page.locator("#drawings .correct")).to_have_count(2)
    lines = exported(page, tmp_path)
    assert [line["label"] for line in lines] == [7, 1, 9]
    assert [line["answer"] for line in lines] == [7, 1, 7]
    cards(page).nth(0).get_by_role("button", name="Delete").click()
    expect(cards(page)).to_have_count(2)
    page.reload()
    expect(page.locator("#drawings .correct")).to_have_count(2)
    page.on("dialog", lambda dialog: dialog.accept())
    press(page, "Delete all")
    expect(cards(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Export strokes")).to_be_disabled()


def test_export_and_import_round_trip(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    store(page, SEVEN, ONE)
    cards(page).nth(0).get_by_label("That was a").select_option("4")
    expect(page.locator("#drawings .wrong")).to_have_count(1)
    lines = exported(page, tmp_path)
    other = visit()
    import_lines(other, tmp_path / "drawings.jsonl")
    expect(cards(other)).to_have_count(2)
    expect(other.locator("#drawings-note")).to_have_text("2 imported. 2 drawings. Drawings stay in this browser.")
    (tmp_path / "again").mkdir()
    assert exported(other, tmp_path / "again") == lines


def test_idx_export(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    store(page, SEVEN, ONE)
    cards(page).nth(0).get_by_label("That was a").select_option("4")
    expect(page.locator("#drawings .wrong")).to_have_count(1)
    downloads: list[Download] = []

    def note(download: Download) -> None:
        downloads.append(download)

    page.on("download", note)
    press(page, "Export IDX")
    wait_until(page, lambda: len(downloads) == 2)
    for download in downloads:
        download.save_as(tmp_path / download.suggested_filename)
    images = read_idx(tmp_path / "drawings-images-idx3-ubyte")
    # Corrected labels, otherwise the recognized digit.
    assert read_idx(tmp_path / "drawings-labels-idx1-ubyte").tolist() == [7, 4]
    strokes = [line["strokes"] for line in exported(page, tmp_path)]
    expected = [ink_strokes(drawing) for drawing in strokes]  # type: ignore[arg-type]
    np.testing.assert_array_equal(images, expected)


def test_invalid_lines_are_reported_and_nothing_imported(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    invalid = [
        "{",
        "[]",
        "7",
        "null",
        '{"strokes": []}',
        '{"strokes": [[]], "answer": 1}',
        '{"strokes": [[[1, "2"]]], "answer": 1}',
        '{"strokes": [[[1, 2]]], "answer": 10}',
        '{"strokes": [[[1, 2]]], "label": 1.5}',
        '{"strokes": [[[1, 2]]]}',
    ]
    # Each one on another line, so that each message is another one.
    for number, line in enumerate(invalid, start=3):
        file = tmp_path / f"line {number}.jsonl"
        blank = "\n" * (number - 1)
        file.write_text(f'{{"strokes": [[[1, 2]]], "answer": 1}}{blank}{line}\n', encoding="utf-8")
        import_lines(page, file)
        message = f"Line {number} of the file is not a drawing; nothing was imported."
        expect(page.locator("#drawings-note")).to_have_text(message)
        expect(cards(page)).to_have_count(0)


def test_digit_keys_in_a_select_draw_nothing(visit: Visit) -> None:
    page = visit(still=True)
    store(page, SEVEN)
    before = send(page)
    expect(cards(page)).to_have_count(2)
    cards(page).nth(0).get_by_label("That was a").focus()
    page.keyboard.press("3")
    expect(page.locator("#drawings .wrong")).to_have_count(1)
    assert send(page) == before


def test_works_without_storage(visit: Visit) -> None:
    page = visit()
    page.add_init_script("Object.defineProperty(window, 'indexedDB', { value: { open() { throw new Error('no') } } })")
    page.reload()
    expect(page.locator("#drawings-note")).to_have_text(
        "Storage is not available in this browser, so drawings are not saved."
    )
    draw(page, SEVEN)
    send(page)
    assert read_digit(page) == 7
    for name in ("Export strokes", "Delete all", "Import strokes"):
        expect(page.get_by_role("button", name=name)).to_be_disabled()
