"""A neural-network library from scratch in pure numpy, and the digit recognizer that proves it.

>>> from inknet import Network, Recognizer
"""

from typing import TYPE_CHECKING

from inknet.lazy import lazy_getattr

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


#: So `import inknet` costs nothing.
__getattr__ = lazy_getattr(__name__, _HOME)


def __dir__() -> list[str]:
    return __all__
