from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from inknet.cli.sweep import read_space_file
from inknet.mlp import InputError
from inknet.sweep import parse_space
from inknet.sweep.space import SETTINGS, format_space
from tests.digits.helpers import one_sentence


def test_choices_and_ranges() -> None:
    assert parse_space({"hidden": "25, 50,100", "learning-rate": "0.001..0.1", "depth": "1..3", "init": "he"}) == {
        "hidden": CategoricalDistribution((25, 50, 100)),
        "depth": IntDistribution(1, 3),
        "init": CategoricalDistribution(("he",)),
        "learning-rate": FloatDistribution(0.001, 0.1, log=True),
    }


def test_order_is_independent_of_the_arguments() -> None:
    one, other = parse_space({"init": "he", "hidden": "5"}), parse_space({"hidden": "5", "init": "he"})
    assert list(one) == list(other) == ["hidden", "init"]


@given(st.lists(st.integers(1, 10**6), min_size=1, unique=True))
def test_choices_round_trip(sizes: list[int]) -> None:
    text = ",".join(map(str, sizes))
    space = parse_space({"hidden": text})
    assert space == {"hidden": CategoricalDistribution(sizes)}
    assert format_space(space) == {"hidden": text}


@given(st.floats(1e-9, 1e3), st.floats(1e-9, 1e3))
def test_ranges_round_trip(low: float, high: float) -> None:
    text = f"{low}..{high}"
    if low >= high:
        with pytest.raises(InputError):
            parse_space({"learning-rate": text})
        return
    space = parse_space({"learning-rate": text})
    assert space == {"learning-rate": FloatDistribution(low, high, log=True)}
    assert parse_space(format_space(space)) == space


@given(st.sampled_from(sorted(SETTINGS)), st.text(st.characters(codec="utf-8"), max_size=12))
def test_any_text_is_parsed_or_rejected(name: str, text: str) -> None:
    try:
        space, refusal = parse_space({name: text}), ""
    except InputError as error:
        space, refusal = {}, str(error)
    if not space:
        assert name in refusal
        assert "\n" not in refusal.replace(repr(text), "")
    else:
        assert parse_space(format_space(space)) == space


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("hidden", "25,x", "hidden must be a positive integer, got 'x' in '25,x'"),
        ("hidden", "0", "hidden must be a positive integer, got '0'"),
        ("hidden", "", "got ''"),
        ("hidden", "800..25", "a range of hidden must be a lower and a higher number"),
        ("hidden", "1..2..3", "a lower and a higher number separated by '..'"),
        ("hidden", "1..2,5", "got '2,5' in '1..2,5'"),
        ("hidden", "20,20", "must not repeat a choice"),
        ("learning-rate", "0..0.1", "learning-rate must be a positive number, got '0' in '0..0.1'"),
        ("learning-rate", "0.1..inf", "got 'inf'"),
        ("learning-rate", "nan", "got 'nan'"),
        ("activation", "relu,elu", "activation must be one of sigmoid, tanh, relu, leaky-relu, got 'elu'"),
        ("activation", "relu..tanh", "activation has no range"),
        ("activation", "softmax", "got 'softmax'"),
        ("recipe", "mine", "recipe must be one of source, digits"),
        ("width", "5", "there is no setting 'width' to search; choose from recipe, hidden"),
    ],
)
def test_invalid_texts_are_rejected(name: str, text: str, says: str) -> None:
    with pytest.raises(InputError) as refusal:
        parse_space({name: text})
    assert says in one_sentence(refusal.value)


def test_space_file(tmp_path: Path) -> None:
    file = tmp_path / "space.toml"
    file.write_text('hidden = [25, 50]  # nodes\nlearning-rate = "0.01..0.1"\ninit = "he"\nepochs = 4\n')
    assert read_space_file(file) == {"hidden": "25,50", "learning-rate": "0.01..0.1", "init": "he", "epochs": "4"}


@pytest.mark.parametrize("text", ["hidden = ", "hidden = []", "hidden = {a = 1}", "hidden = [[1]]", "hidden = true"])
def test_invalid_space_file_is_rejected(text: str, tmp_path: Path) -> None:
    file = tmp_path / "space.toml"
    file.write_text(text)
    with pytest.raises(InputError) as refusal:
        read_space_file(file)
    assert str(file) in one_sentence(refusal.value)


def test_missing_space_file_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_space_file(tmp_path / "none.toml")
