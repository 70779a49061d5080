"""Where the files that ship with the package are: the page and the model."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource(name: str) -> Path:
    """Return the path of a shipped folder or file, for instance ``web`` or ``models``.

    In an installed wheel it lies inside the package; in a checkout, at the root of the repository.
    """
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parents[1] / name
