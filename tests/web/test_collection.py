"""Your drawings: kept, corrected, taken away, carried elsewhere and back."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Download, Locator, Page, expect

from inknet.digits import ink_strokes, read_idx
from tests.web.conftest import Visit
from tests.web.pen import CORNER, Stroke, draw, press, read_digit, send, wait_until

pytestmark = pytest.mark.browser

SEVEN: list[Stroke] = [[(90, 70), (190, 70), (130, 220)]]
ONE: list[Stroke] = [[(140, 60), (140, 140), (140, 220)]]


def cards(page: Page) -> Locator:
    return page.locator("#drawings > li")


def keep(page: Page, *drawings: Sequence[Stroke]) -> None:
    """Draw and send these."""
    for number, strokes in enumerate(drawings, start=cards(page).count() + 1):
        press(page, "Clear")
        draw(page, strokes)
        send(page)
        read_digit(page)
        expect(cards(page)).to_have_count(number)


def import_lines(page: Page, file: Path) -> None:
    """Import a file as a person can: once the button allows it."""
    expect(page.get_by_role("button", name="Import strokes")).to_be_enabled()
    page.locator("#import-file").set_input_files(file)


def exported(page: Page, folder: Path) -> list[dict[str, object]]:
    with page.expect_download() as download:
        press(page, "Export strokes")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_what_is_sent_is_kept_and_nothing_else(visit: Visit) -> None:
    page = visit()
    expect(cards(page)).to_have_count(0)
    draw(page, CORNER)
    page.wait_for_timeout(100)
    expect(cards(page)).to_have_count(0)
    keep(page, SEVEN, ONE)
    # The newest first.
    assert cards(page).locator("p").all_inner_texts() == ["Read as 1", "Read as 7"]
    page.reload()
    expect(cards(page)).to_have_count(2)
    cards(page).nth(1).get_by_role("button", name="Draw this again, read as a 7").click()
    send(page)
    assert read_digit(page) == 7


def test_correct_confirm_delete(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    keep(page, SEVEN, ONE, SEVEN)
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


def test_export_and_import_there_and_back(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    keep(page, SEVEN, ONE)
    cards(page).nth(0).get_by_label("That was a").select_option("4")
    expect(page.locator("#drawings .wrong")).to_have_count(1)
    lines = exported(page, tmp_path)
    other = visit()
    import_lines(other, tmp_path / "drawings.jsonl")
    expect(cards(other)).to_have_count(2)
    expect(other.locator("#drawings-note")).to_have_text("2 imported. 2 drawings. Drawings stay in this browser.")
    (tmp_path / "again").mkdir()
    assert exported(other, tmp_path / "again") == lines


def test_idx_is_mnists_own_format(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    keep(page, SEVEN, ONE)
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
    # What was corrected, and where nothing was, what was read.
    assert read_idx(tmp_path / "drawings-labels-idx1-ubyte").tolist() == [7, 4]
    strokes = [line["strokes"] for line in exported(page, tmp_path)]
    expected = [ink_strokes(drawing) for drawing in strokes]  # type: ignore[arg-type]
    np.testing.assert_array_equal(images, expected)


@pytest.mark.parametrize(
    "line",
    [
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
    ],
)
def test_what_is_no_drawing_is_said_and_nothing_imported(visit: Visit, tmp_path: Path, line: str) -> None:
    file = tmp_path / "some.jsonl"
    file.write_text(f'{{"strokes": [[[1, 2]]], "answer": 1}}\n\n{line}\n', encoding="utf-8")
    page = visit()
    import_lines(page, file)
    expect(page.locator("#drawings-note")).to_have_text("Line 3 of the file is not a drawing; nothing was imported.")
    expect(cards(page)).to_have_count(0)


def test_digit_keys_in_a_field_write_nothing(visit: Visit) -> None:
    page = visit(still=True)
    keep(page, SEVEN)
    before = send(page)
    expect(cards(page)).to_have_count(2)
    cards(page).nth(0).get_by_label("That was a").focus()
    page.keyboard.press("3")
    expect(page.locator("#drawings .wrong")).to_have_count(1)
    assert send(page) == before


def test_where_the_browser_keeps_nothing_all_else_works(visit: Visit) -> None:
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
