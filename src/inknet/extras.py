"""Libraries that come with an extra of inknet, and may be missing."""

from importlib import import_module
from types import ModuleType

from inknet.errors import InknetError

__all__ = ["import_extra"]


def import_extra(module: str, extra: str, what: str) -> ModuleType:
    """Import a module of a library that is not among those that inknet always needs.

    Parameters
    ----------
    module : str
        Its full name.
    extra : str
        The extra of inknet that installs it.
    what : str
        What needs it, for the sentence.

    Raises
    ------
    InknetError
        If it is not installed; the sentence says how to install it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError:
        library = module.partition(".")[0]
        raise InknetError(f"{what} needs {library}: pip install 'inknet[{extra}]'") from None
