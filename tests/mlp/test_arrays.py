"""Arrays of numbers from what people pass: what is read, and what is refused with a hint."""

import tracemalloc
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from inknet.mlp import InputError, Network
from inknet.mlp.arrays import as_numbers
from tests.mlp.helpers import one_sentence

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def test_numbers_of_the_right_type_are_not_copied() -> None:
    values = np.ones((2, 3), dtype=np.float32)
    assert as_numbers(values, "inputs", FLOAT32) is values
    assert as_numbers(values, "inputs", FLOAT64).dtype == FLOAT64


@pytest.mark.parametrize("values", [[True, False], [1, 2], [1.5], np.array([3], dtype=np.uint8)])
def test_booleans_integers_and_floats_are_numbers(values: list[float]) -> None:
    assert as_numbers(values, "inputs", FLOAT32).tolist() == [float(value) for value in values]


@pytest.mark.parametrize(
    "values",
    [["1"], [1, "1"], [[1], (b"1",)], [None], [1j], [[1], [1, 2]], np.array(["2020-01-01"], dtype="datetime64")],
)
def test_strings_objects_and_ragged_rows_are_refused(values: Any) -> None:  # noqa: ANN401 - whatever a user may pass
    with pytest.raises(InputError) as caught:
        as_numbers(values, "inputs", FLOAT32)
    assert "inputs" in one_sentence(caught.value)


def test_strings_take_no_memory() -> None:
    """Numpy would make an array of n × the longest × 4 bytes: 400 MB."""
    tracemalloc.start()
    try:
        cases: list[Any] = [["a" * 1_000_000, *[0] * 99], [[0], ["a" * 1_000_000, *[0] * 99]]]
        for values in cases:
            with pytest.raises(InputError, match="must be an array of numbers, got strings"):
                as_numbers(values, "weights", FLOAT32)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


class NullableType:
    """The dtype of a nullable column, as pandas has it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


class Table:
    """A table with the interface of pandas that is read, for numpy an array of objects."""

    def __init__(self, **columns: tuple[str, list[Any]]) -> None:
        self.dtypes = {name: NullableType(kind) for name, (kind, _) in columns.items()}
        self.rows = [*zip(*(values for _, values in columns.values()), strict=True)]

    def __array__(self, dtype: object = None, copy: object = None) -> Any:  # noqa: ANN401 - numpy's protocol
        return np.array(self.rows, dtype=object)

    def to_numpy(self, dtype: Any, na_value: float) -> Any:  # noqa: ANN401 - of pandas
        return np.array([[na_value if value is None else value for value in row] for row in self.rows], dtype)


def test_nullable_columns_of_numbers_are_read() -> None:
    table = Table(a=("i", [1, 2]), b=("f", [0.5, None]), c=("b", [True, False]))
    np.testing.assert_array_equal(as_numbers(table, "inputs", FLOAT32), np.float32([[1, 0.5, 1], [2, np.nan, 0]]))  # type: ignore[arg-type]


def test_columns_of_other_kinds_are_named() -> None:
    table = Table(age=("i", [1, 2]), name=("O", ["a", "b"]), born=("M", [1, 2]))
    with pytest.raises(InputError) as caught:
        as_numbers(table, "inputs", FLOAT32)
    assert "columns of numbers, got others in ['name', 'born']" in one_sentence(caught.value)


def test_tables_of_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"a": pandas.array([1, 2], "Int64"), "b": pandas.array([0.5, 1], "Float64"), "c": [0, 1]})
    expected = [[1, 0.5, 0], [2, 1, 1]]
    assert as_numbers(table, "inputs", FLOAT32).tolist() == expected
    assert as_numbers(table.astype("float64"), "inputs", FLOAT32).tolist() == expected
    assert as_numbers(table["a"], "targets", FLOAT32).tolist() == [1, 2]
    table.loc[0, "b"] = pandas.NA
    assert np.isnan(as_numbers(table, "inputs", FLOAT32)[0, 1])
    for objects in (table.astype(object), pandas.DataFrame({"a": ["1", "2"]}), pandas.DataFrame({"a": [None, "x"]})):
        with pytest.raises(InputError, match="columns of numbers, got others in"):
            as_numbers(objects, "inputs", FLOAT32)
    with pytest.raises(InputError, match="array of numbers"):
        as_numbers(pandas.Series(["x"]), "targets", FLOAT32)


ROWS = np.array([[0.0, 1.0], [1.0, 0.0]])

#: What is refused, and the hint.
REFUSED = [
    (np.ma.masked_equal(ROWS, 1), r"must not be masked, got 2 masked values; .*\.filled\(0\)"),
    (scipy.sparse.csr_matrix(ROWS), r"dense array, got a sparse csr_matrix; pass its \.toarray\(\)"),
    (scipy.sparse.coo_array(ROWS), r"dense array, got a sparse coo_array; pass its \.toarray\(\)"),
    ((row for row in ROWS), "got a generator; pass a list of its rows"),
    (map(list, ROWS), "got a map; pass a list of its rows"),
    (zip(*ROWS, strict=True), "got a zip; pass a list of its rows"),
    ({0.5, 1.5}, "array of numbers, got set"),
    ({"a": ROWS}, "array of numbers, got dict"),
    (ROWS.astype(object), r"got an array of object; if they are numbers, pass \.astype\(float\)"),
    (None, "array of numbers, got NoneType$"),
    (np.array(["1"]), r"array of numbers, got an array of <U1; if they are numbers, pass \.astype\(float\)"),
]


@pytest.mark.parametrize(("values", "hint"), REFUSED, ids=lambda value: type(value).__name__)
def test_what_is_refused_says_what_to_pass(values: Any, hint: str) -> None:  # noqa: ANN401 - anything at all
    with pytest.raises(InputError, match="inputs .*" + hint) as caught:
        as_numbers(values, "inputs", FLOAT32)
    one_sentence(caught.value)


@pytest.mark.parametrize("role", ["inputs", "targets", "sample_weight", "validation", "prediction"])
def test_a_mask_is_never_dropped(role: str) -> None:
    network, masked = (
        Network([2, 2]),
        np.ma.masked_array([[0.0, 1.0], [1.0, 0.0]], mask=[[False, False], [False, True]]),
    )
    data: dict[str, Any] = {"inputs": ROWS, "targets": ROWS, "epochs": 1}
    if role == "validation":
        data["validation"] = (ROWS, masked)
    else:
        data[role] = masked[:, 1] if role == "sample_weight" else masked
    with pytest.raises(InputError, match="must not be masked, got 1 masked values"):
        network.predict(masked) if role == "prediction" else network.train(**data)


@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64])
def test_subclasses_of_arrays_and_other_dtypes_are_read(dtype: np.dtype[Any]) -> None:
    class Own(np.ndarray[Any, Any]):
        pass

    for values in (ROWS, ROWS.astype(np.float32), ROWS.astype(np.float16), ROWS.astype(int), ROWS.view(Own)):
        numbers = as_numbers(values, "inputs", dtype)
        assert numbers.dtype == dtype
        assert numbers.tolist() == ROWS.tolist()


def test_an_array_without_masked_values_is_read() -> None:
    unmasked = np.ma.masked_array(ROWS, mask=False)
    assert as_numbers(unmasked, "inputs", FLOAT32).tolist() == ROWS.tolist()
    np.testing.assert_array_equal(Network([2, 2]).predict(unmasked), Network([2, 2]).predict(ROWS))
