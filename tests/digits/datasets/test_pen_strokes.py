"""Pen digits: complete, split by writer; errors name the line."""

import gzip
from pathlib import Path

import pytest

from inknet.digits import DataError, load_pen_digits, split_by_writer
from inknet.digits.datasets import pen_strokes

GOOD = '{"writer": "w01", "label": 7, "strokes": [[[0, 0], [3, 0], [1, 5]]]}'


@pytest.mark.slow
def test_the_pen_digits_of_the_repository() -> None:
    digits = load_pen_digits()
    assert len(digits) == 7494
    assert {digit.writer for digit in digits} == {f"w{number:02}" for number in range(1, 31)}
    assert sum(len(digit.strokes) > 1 for digit in digits) == 1930
    assert {digit.label for digit in digits} == set(range(10))


@pytest.mark.slow
def test_the_split_is_by_writer() -> None:
    learned, held_out = split_by_writer(load_pen_digits())
    assert len(learned) + len(held_out) == 7494
    assert {digit.writer for digit in held_out} == {"w25", "w26", "w27", "w28", "w29", "w30"}
    assert not {digit.writer for digit in learned} & {digit.writer for digit in held_out}


@pytest.mark.parametrize("compress", [False, True])
def test_another_file(tmp_path: Path, compress: bool) -> None:
    path = tmp_path / "mine.jsonl"
    data = f"{GOOD}\n\n{GOOD}\n".encode()
    path.write_bytes(gzip.compress(data) if compress else data)
    first, second = load_pen_digits(path)
    assert (first.writer, first.label) == ("w01", 7)
    assert second.strokes[0].tolist() == [[0, 0], [3, 0], [1, 5]]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not JSON", "Expecting value"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "must be an object with"),
        ("{}", "must be an object with"),
        (GOOD.replace('"w01"', "1"), "must be an object with"),
        (GOOD.replace("7", "7.0"), "must be an object with"),
        (GOOD.replace("[[[0, 0], [3, 0], [1, 5]]]", '"abc"'), "must be an object with"),
        (GOOD.replace("7", "10"), "label must be 0 to 9, got 10"),
        (GOOD.replace("7", "-1"), "label must be 0 to 9, got -1"),
        (GOOD.replace("7", "true"), "label must be 0 to 9, got True"),
        (GOOD.replace("[[0, 0], [3, 0], [1, 5]]", ""), "it has no points"),
        (GOOD.replace("[[0, 0], [3, 0], [1, 5]]", "[]"), "it has no points"),
        (GOOD.replace("[[0, 0], [3, 0], [1, 5]]", "5"), "must be a list of points"),
        (GOOD.replace("[0, 0]", "[0, 0, 0]"), "must be a list of points"),
        (GOOD.replace("[0, 0], [3, 0], [1, 5]", "[0, 0, 0]"), "must be a list of points"),
        (GOOD.replace("[0, 0]", '["1", 0]'), "must be finite numbers"),
        (GOOD.replace("[0, 0]", "[null, 0]"), "must be finite numbers"),
        (GOOD.replace("[0, 0]", "[NaN, 0]"), "must be finite numbers"),
        (GOOD.replace("[0, 0]", "[1e999, 0]"), "must be finite numbers"),
        (GOOD.replace("[0, 0]", f"[{10**400}, 0]"), "must be finite numbers"),
    ],
)
def test_a_broken_line_is_named_with_its_reason(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(f"{GOOD}\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"mine\.jsonl, line 2: not a pen digit: ") as caught:
        load_pen_digits(path)
    assert reason in str(caught.value)


def test_a_separator_inside_a_string_does_not_end_a_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(GOOD.replace("w01", "w\u2028\x85").encode() + b"\r\n" + GOOD.encode())
    assert [digit.writer for digit in load_pen_digits(str(path))] == ["w\u2028\x85", "w01"]


@pytest.mark.parametrize("split", [None, "not JSON", "[]", "{}", '{"train": 1, "validation": []}'])
def test_a_split_that_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, split: str | None) -> None:
    monkeypatch.setattr(pen_strokes, "resource", lambda name: tmp_path / name)
    (tmp_path / "data" / "pen-digits").mkdir(parents=True)
    if split is not None:
        (tmp_path / "data" / "pen-digits" / "split.json").write_text(split, encoding="utf-8")
    with pytest.raises(DataError, match=r"split\.json: the split by writer cannot be read"):
        split_by_writer([])


def test_an_installed_package_says_where_the_pen_digits_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pen_strokes, "resource", lambda name: tmp_path / name)
    with pytest.raises(DataError, match="in a clone of the repository, not in the package"):
        load_pen_digits()


def test_missing_and_binary_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        load_pen_digits(tmp_path / "nowhere")
    for broken in (gzip.compress(GOOD.encode())[:-9], gzip.compress(GOOD.encode())[:-8] + bytes(8)):
        (tmp_path / "broken").write_bytes(broken)
        with pytest.raises(DataError, match="broken: cannot be read"):
            load_pen_digits(tmp_path / "broken")
    (tmp_path / "noise").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(DataError, match="cannot be read"):
        load_pen_digits(tmp_path / "noise")
