"""Pen digits: whole, split by writer, and broken lines named."""

import gzip
from pathlib import Path

import pytest

from inknet.digits import DataError, load_pen_digits, split_by_writer

GOOD = '{"writer": "w01", "label": 7, "strokes": [[[0, 0], [3, 0], [1, 5]]]}'


def test_the_repositorys() -> None:
    digits = load_pen_digits()
    assert len(digits) == 7494
    assert {digit.writer for digit in digits} == {f"w{number:02}" for number in range(1, 31)}
    assert sum(len(digit.strokes) > 1 for digit in digits) == 1930
    assert {digit.label for digit in digits} == set(range(10))


def test_the_split_is_by_writer() -> None:
    learnt, held_out = split_by_writer(load_pen_digits())
    assert len(learnt) + len(held_out) == 7494
    assert {digit.writer for digit in held_out} == {"w25", "w26", "w27", "w28", "w29", "w30"}
    assert not {digit.writer for digit in learnt} & {digit.writer for digit in held_out}


@pytest.mark.parametrize("compress", [False, True])
def test_a_file_of_ones_own(tmp_path: Path, compress: bool) -> None:
    path = tmp_path / "mine.jsonl"
    data = f"{GOOD}\n\n{GOOD}\n".encode()
    path.write_bytes(gzip.compress(data) if compress else data)
    first, second = load_pen_digits(path)
    assert (first.writer, first.label) == ("w01", 7)
    assert second.strokes[0].tolist() == [[0, 0], [3, 0], [1, 5]]


@pytest.mark.parametrize(
    "line",
    [
        "not JSON",
        "[]",
        "{}",
        GOOD.replace("7", "10"),
        GOOD.replace("7", "true"),
        GOOD.replace("[[0, 0], [3, 0], [1, 5]]", ""),
        GOOD.replace("[[0, 0], [3, 0], [1, 5]]", "[]"),
        GOOD.replace("[0, 0]", "[0, 0, 0]"),
        GOOD.replace("[0, 0]", '["a", 0]'),
        GOOD.replace("[0, 0]", "[NaN, 0]"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(f"{GOOD}\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"mine\.jsonl, line 2: not a pen digit"):
        load_pen_digits(path)


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        load_pen_digits(tmp_path / "nowhere")
    (tmp_path / "noise").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(DataError, match="cannot be read"):
        load_pen_digits(tmp_path / "noise")
