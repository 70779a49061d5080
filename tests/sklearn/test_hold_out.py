"""Which rows are held out."""

from typing import Any

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from inknet.sklearn.hold_out import hold_out
from tests.mlp.helpers import one_sentence


def rng() -> np.random.RandomState:
    return np.random.RandomState(3)


@pytest.mark.parametrize("classes", [None, np.arange(40) % 4, np.array(["ant", "bee"] * 20)])
def test_the_rows_are_those_of_scikit_learn(classes: Any) -> None:  # noqa: ANN401 - of several dtypes
    kept, held_out = hold_out(40, 0.25, classes, rng(), "share")
    expected = train_test_split(np.arange(40), test_size=0.25, stratify=classes, random_state=rng())
    np.testing.assert_array_equal(kept, expected[0])
    np.testing.assert_array_equal(held_out, expected[1])


def test_a_class_of_one_row_is_kept_and_the_others_are_stratified() -> None:
    classes = np.array([5, *[0] * 20, 7, *[1] * 20])
    kept, held_out = hold_out(42, 0.5, classes, rng(), "share")
    assert sorted([*kept, *held_out]) == [*range(42)]
    assert {0, 21} <= {*kept}
    assert np.bincount(classes[held_out]).tolist() == [10, 10]


@pytest.mark.parametrize("share", [0, 1, -0.5, 1.5, "0.2", True, np.nan, [0.2]])
def test_other_shares_are_refused(share: object) -> None:
    with pytest.raises(ValueError, match=r"^share must be a share of the rows above 0 and below 1, got") as caught:
        hold_out(10, share, None, rng(), "share")
    assert repr(share) in one_sentence(caught.value)


@pytest.mark.parametrize(
    ("share", "classes"), [(0.05, np.arange(20) // 5), (0.95, np.arange(20) // 5), (0.5, np.arange(20)), (0.5, None)]
)
def test_too_few_rows_are_refused_with_what_to_do(share: float, classes: Any) -> None:  # noqa: ANN401 - of several dtypes
    count = 1 if classes is None else 20
    with pytest.raises(ValueError, match=r"leave rows of each class, got .* pass validation=") as caught:
        hold_out(count, share, classes, rng(), "validation_fraction")
    one_sentence(caught.value)
