"""Locates files that ship with the package: the page and the models."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource(name: str) -> Path:
    """Return the path of a shipped folder or file, such as ``web`` or ``models``.

    It is inside the package in an installed wheel, and at the root of the repository in a checkout.
    """
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parents[1] / name
