"""Labeled drawings: read completely, without unlabeled ones; errors name the line."""

import json
from pathlib import Path

import numpy as np
import pytest

from inknet.digits import DataError, PenDigit, ink_strokes
from inknet.digits.datasets.drawings import ink_drawings, read_drawings
from tests.digits.helpers import one_sentence

GOOD = '{"strokes": [[[0, 0], [3, 0.5], [1, 5]]], "label": 7, "answer": 1, "time": "2026-11-23T12:00:00Z"}'


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "mine.jsonl"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_drawing_has_its_strokes_its_label_and_the_files_name(tmp_path: Path) -> None:
    (drawing,) = read_drawings(str(write(tmp_path, GOOD)))
    assert (drawing.writer, drawing.label) == ("mine", 7)
    assert [stroke.tolist() for stroke in drawing.strokes] == [[[0, 0], [3, 0.5], [1, 5]]]


def test_blank_lines_unlabeled_drawings_and_empty_strokes_are_skipped(tmp_path: Path) -> None:
    lines = ["", GOOD, " \t\r", '{"strokes": [[[1, 1]]]}', '{"strokes": [[[2, 2]]], "label": null}', ""]
    lines.append('{"strokes": [[], [[9, 9]]], "label": 0, "else": {"\u2028": [1e999]}}')
    seven, nought = read_drawings(write(tmp_path, b"\xef\xbb\xbf" + "\n".join(lines).encode()))
    assert (seven.label, nought.label) == (7, 0)
    assert [stroke.tolist() for stroke in nought.strokes] == [[[9, 9]]]
    assert read_drawings(write(tmp_path, "")) == []


def test_the_last_of_repeated_drawings_counts(tmp_path: Path) -> None:
    (drawing,) = read_drawings(write(tmp_path, f"{GOOD}\n{GOOD}\n{GOOD.replace('7,', '1,')}\n"))
    assert drawing.label == 1
    assert read_drawings(write(tmp_path, f"{GOOD}\n{GOOD.replace('7,', 'null,')}\n")) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not JSON", "Expecting value"),
        (GOOD + GOOD, "Extra data"),
        (GOOD[:-9], "Unterminated"),
        ("[" * 100_000, "nested too deeply"),
        (GOOD.replace("[0, 0]", ",".join(["[0, 0]"] * 20_001)), "at most 20,000 points, got 20,003"),
        (GOOD.replace("[[0, 0]", ",".join(["[[0, 0]]"] * 20_001) + ", [[0, 0]"), "at most 20,000 points, got 20,004"),
        (GOOD.replace("[0, 0]", "[" * 100_000 + "]" * 100_000), "nested too deeply"),
        (GOOD.replace("[0, 0]", f"[0, {'9' * 5000}]"), "digits"),
        ("[]", "must be an object with"),
        ("7", "must be an object with"),
        ("null", "must be an object with"),
        ('{"label": 7}', "must be an object with"),
        ('{"strokes": null, "label": 7}', "must be an object with"),
        ('{"strokes": "abc", "label": 7}', "must be an object with"),
        ('{"strokes": {"0": [[0, 0]]}, "label": 7}', "must be an object with"),
        ('{"strokes": [], "label": 7}', "it has no points"),
        ('{"strokes": [[], []], "label": 7}', "it has no points"),
        ('{"strokes": [7], "label": 7}', "must be a list of points"),
        ('{"strokes": ["abc"], "label": 7}', "must be a list of points"),
        ('{"strokes": [[0, 0]], "label": 7}', "must be a list of points"),
        ('{"strokes": [["ab"]], "label": 7}', "must be a list of points"),
        (GOOD.replace("[0, 0]", "[0]"), "must be a list of points"),
        (GOOD.replace("[0, 0]", "[0, 0, 0]"), "must be a list of points"),
        (GOOD.replace("[0, 0]", '{"x": 0, "y": 0}'), "must be a list of points"),
        (GOOD.replace("[0, 0]", '["0", 0]'), "must be finite numbers"),
        (GOOD.replace("[0, 0]", "[null, 0]"), "must be finite numbers"),
        (GOOD.replace("[0, 0]", "[true, 0]"), "must be finite numbers"),
        (GOOD.replace("[0, 0]", "[[0], 0]"), "must be finite numbers"),
        (GOOD.replace("[0, 0]", "[NaN, 0]"), "must be finite numbers"),
        (GOOD.replace("[0, 0]", "[0, -Infinity]"), "must be finite numbers"),
        (GOOD.replace("[0, 0]", "[1e999, 0]"), "must be finite numbers"),
        (GOOD.replace("[0, 0]", "[1e200, 0]"), "at most 1e+150 in size"),
        (GOOD.replace("[0, 0]", f"[-{10**400}, 0]"), "at most 1e+150 in size"),
        (GOOD.replace("7,", "10,"), "null or 0 to 9, got 10"),
        (GOOD.replace("7,", "-1,"), "null or 0 to 9, got -1"),
        (GOOD.replace("7,", '"7",'), "null or 0 to 9, got '7'"),
        (GOOD.replace("7,", "7.0,"), "null or 0 to 9, got 7.0"),
        (GOOD.replace("7,", "true,"), "null or 0 to 9, got True"),
        (GOOD.replace("7,", "[7],"), "null or 0 to 9, got [7]"),
        (GOOD.replace("7,", f"{10**900},"), "null or 0 to 9, got 1000"),
        (GOOD.replace("[0, 0]", "[true, 0]").replace("7,", "null,"), "must be finite numbers"),
    ],
)
def test_a_broken_line_is_named_with_its_reason(tmp_path: Path, line: str, reason: str) -> None:
    path = write(tmp_path, f"{GOOD}\n\n{line}\n{GOOD}")
    with pytest.raises(DataError, match=r"mine\.jsonl, line 3: not a drawing: ") as caught:
        read_drawings(path)
    assert reason in str(caught.value)
    assert len(str(caught.value).removeprefix(str(path))) < 200


def test_missing_and_binary_files(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", tmp_path, write(tmp_path, b"\xff\xfe\xfd")):
        with pytest.raises(DataError, match="cannot be read") as caught:
            read_drawings(path)
        one_sentence(caught.value)
        assert str(path) in str(caught.value)


@pytest.mark.slow
def test_drawings_are_rasterized_as_on_the_page(held_out: list[PenDigit], tmp_path: Path) -> None:
    lines = [{"strokes": [stroke.tolist() for stroke in one.strokes], "label": one.label} for one in held_out[:20]]
    drawings = read_drawings(write(tmp_path, "\n".join(map(json.dumps, lines))))
    images, labels = ink_drawings(drawings)
    assert labels.tolist() == [one.label for one in held_out[:20]]
    assert images.max() == 1
    for image, one in zip(images, held_out, strict=False):
        assert np.rint(image * 255).astype(np.uint8).tobytes() == ink_strokes(one.strokes).tobytes()
