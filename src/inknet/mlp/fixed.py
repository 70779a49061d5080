"""Attributes that cannot be replaced, since others depend on them."""

from typing import Any, ClassVar

__all__ = ["Fixed"]


class Fixed:
    """Base of a network, its layers and nodes, and of classifiers, whose fixed attributes are set once.

    Raises
    ------
    AttributeError
        If a fixed attribute is assigned again: predictions would ignore it, or files could not be loaded.
    """

    _fixed: ClassVar[frozenset[str]]
    #: What to do instead.
    _instead: ClassVar = (
        "create another Network, and copy the parameters if they fit: other.parameters = network.parameters"
    )

    def __setattr__(self, name: str, value: Any) -> None:  # noqa: ANN401 - anything at all
        if name in self._fixed and name in self.__dict__:
            raise AttributeError(f"{name} of a {type(self).__name__} cannot be replaced; {self._instead}")
        super().__setattr__(name, value)
