"""The checks of arguments: what passes, what is refused, and where exactly the limit is."""

import numpy as np
import pytest

from inknet.mlp import InputError
from inknet.mlp.checks import (
    LARGEST_SCALED,
    as_targets,
    check_inputs,
    check_sizes,
    check_width,
    one_hot,
)
from tests.mlp.helpers import one_sentence

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


@pytest.mark.parametrize("sizes", [[1, 1], (784, 200, 10), np.array([3, 2])])
def test_sizes_become_a_tuple_of_integers(sizes: list[int]) -> None:
    checked = check_sizes(sizes)
    assert checked == tuple(sizes)
    assert all(type(size) is int for size in checked)


@pytest.mark.parametrize(
    "sizes", [[], [3], [3, 0], [0, 3], [3, -1], [3, 2.0], [3, True], [3, "2"], 5, None, np.array(3)]
)
def test_invalid_sizes_are_refused(sizes: list[int]) -> None:
    with pytest.raises(InputError) as caught:
        check_sizes(sizes)
    one_sentence(caught.value)


@pytest.mark.parametrize("shape", [(3,), (2, 2), (2, 4), (1, 2, 3)])
def test_rows_must_have_the_networks_width(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError) as caught:
        check_width(np.zeros(shape), 3)
    assert "3" in one_sentence(caught.value)
    check_width(np.zeros((2, 3)), 3)


@pytest.mark.parametrize("rows", [1, 5, 400_000])
def test_training_inputs_are_finite_wherever_the_row_is(rows: int) -> None:
    inputs = np.zeros((rows, 2), dtype=np.float32)
    check_inputs(inputs, "training", check_scale=True)
    for value in (np.nan, np.inf, -np.inf):
        inputs[-1, 1] = value
        with pytest.raises(InputError) as caught:
            check_inputs(inputs, "training", check_scale=False)
        assert str(rows - 1) in one_sentence(caught.value)


@pytest.mark.parametrize("sign", [1, -1])
def test_inputs_beyond_the_largest_scaled_value_are_refused(sign: int) -> None:
    inputs = np.zeros((3, 2), dtype=np.float32)
    inputs[1, 0] = sign * LARGEST_SCALED
    check_inputs(inputs, "training", check_scale=True)
    inputs[1, 0] = np.nextafter(inputs[1, 0], np.float32(sign * np.inf))
    check_inputs(inputs, "training", check_scale=False)
    with pytest.raises(InputError, match="scaled"):
        check_inputs(inputs, "training", check_scale=True)


def targets(values: object, rows: int = 2, outputs: int = 3, classify: bool = True) -> list[list[float]]:
    """Return checked targets as lists."""
    checked: list[list[float]] = as_targets(values, rows, outputs, FLOAT64, "training", classify).tolist()  # type: ignore[arg-type]
    return checked


def test_labels_become_one_hot_rows() -> None:
    assert targets([2, 0]) == [[0, 0, 1], [1, 0, 0]]
    assert targets([[0, 0.5, 0.5], [1, 0, 0]]) == [[0, 0.5, 0.5], [1, 0, 0]]


def test_a_column_of_labels_is_labels() -> None:
    assert targets([[2], [0]]) == targets([2, 0])
    with pytest.raises(InputError, match="must be integers from 0 to 2, got 3"):
        targets([[3], [0]])
    # Without classes, a column is a value for one output.
    with pytest.raises(InputError, match=r"rows of 3, got shape \(2, 1\)"):
        targets([[2], [0]], classify=False)
    assert targets([[1], [0]], outputs=1) == [[1], [0]]


def test_with_one_output_numbers_are_values() -> None:
    assert targets([0, 1], outputs=1) == [[0], [1]]
    assert targets([5.5, -1], outputs=1, classify=False) == [[5.5], [-1]]
    assert targets([[5.0, 2, -3], [1, 2, 3]], classify=False) == [[5, 2, -3], [1, 2, 3]]


@pytest.mark.parametrize(
    ("values", "outputs", "classify"),
    [
        (1, 3, True),
        ([1], 3, True),
        ([1, 2, 0], 3, True),
        ([np.nan, 0], 1, True),
        ([0, np.inf], 1, False),
        ([[0, 1], [1, 0]], 3, True),
        ([0, 1], 3, False),
        ([[0, 0, 1.5], [0, 0, 1]], 3, True),
        ([[0, 0, -0.5], [0, 0, 1]], 3, True),
        ([2, 0], 1, True),
    ],
)
def test_invalid_targets_are_refused(values: object, outputs: int, classify: bool) -> None:
    with pytest.raises(InputError) as caught:
        targets(values, outputs=outputs, classify=classify)
    one_sentence(caught.value)


@pytest.mark.parametrize("label", [-1, 3, 0.5, np.nan])
def test_an_unknown_label_is_refused_with_its_row(label: float) -> None:
    with pytest.raises(InputError) as caught:
        one_hot([0, 2, label], 3, FLOAT32)
    assert "row 2" in one_sentence(caught.value)


def test_one_hot_has_the_given_type() -> None:
    rows = one_hot([1, 0], 2, FLOAT32)
    assert rows.dtype == FLOAT32
    assert rows.tolist() == [[0, 1], [1, 0]]
