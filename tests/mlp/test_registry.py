import pytest

from inknet.mlp import InputError
from inknet.mlp.registry import Registry


class Named:
    """An object with the attribute that the registry below asks for."""

    size = 3


SMALL, LARGE = Named(), Named()
REGISTRY: Registry[object] = Registry("thing", {"small": SMALL, "large": LARGE}, needs="size")


def test_a_name_finds_its_entry() -> None:
    assert REGISTRY.find("large") is LARGE
    assert list(REGISTRY) == ["small", "large"]


def test_an_object_of_the_kind_is_used_as_it_is() -> None:
    own = Named()
    assert REGISTRY.find(own) is own


def test_functions_are_the_default_kind() -> None:
    functions: Registry[object] = Registry("function", {})
    assert functions.find(len) is len
    with pytest.raises(InputError):
        functions.find(3)


@pytest.mark.parametrize("value", ["tiny", Named, 3, None])
def test_others_are_refused_with_the_choices(value: object) -> None:
    with pytest.raises(InputError) as caught:
        REGISTRY.find(value)
    assert str(caught.value) == f"unknown thing {value!r}; choose from small, large"


def test_what_is_added_is_found() -> None:
    registry: Registry[object] = Registry("thing", {"small": SMALL}, needs="size")
    registry["large"] = LARGE
    assert registry.find("large") is LARGE
