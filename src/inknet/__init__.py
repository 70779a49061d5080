"""A neural-network library from scratch in pure numpy, and the digit recogniser that proves it.

>>> from inknet import Network, Recognizer
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inknet.digits import NoInkError, Prediction, Recognizer
    from inknet.mlp import InknetError, ModelFileError, Network

__all__ = ["InknetError", "ModelFileError", "Network", "NoInkError", "Prediction", "Recognizer", "__version__"]

__version__ = "0.1.0"

_HOME = {
    "InknetError": "inknet.mlp",
    "ModelFileError": "inknet.mlp",
    "Network": "inknet.mlp",
    "NoInkError": "inknet.digits",
    "Prediction": "inknet.digits",
    "Recognizer": "inknet.digits",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module attribute can be anything
    """Import a public name when it is first asked for (PEP 562), so that `import inknet` costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module 'inknet' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
