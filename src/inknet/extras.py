"""Optional dependencies: imported when they are used, with one error that names the extra to install."""

from importlib import import_module
from types import ModuleType

from inknet.errors import MissingExtraError

__all__ = ["EXTRAS", "import_extra"]

#: For each optional package, its name on PyPI and the extra of inknet that installs it.
EXTRAS = {
    "matplotlib": ("matplotlib", "plots"),
    "onnx": ("onnx", "onnx"),
    "optuna": ("optuna", "sweep"),
    "pillow_heif": ("pillow-heif", "heic"),
    "prometheus_client": ("prometheus-client", "metrics"),
    "safetensors": ("safetensors", "safetensors"),
    "sklearn": ("scikit-learn", "sklearn"),
    "sqlalchemy": ("sqlalchemy", "sweep"),
    "tensorboardX": ("tensorboardx", "tensorboard"),
}


def import_extra(module: str, purpose: str) -> ModuleType:
    """Import a module of an optional dependency.

    Parameters
    ----------
    module : str
        Its full name; the package must be in `EXTRAS`.
    purpose : str
        The feature that needs it, the subject of the error message.

    Raises
    ------
    MissingExtraError
        If the package is not installed.

    Examples
    --------
    >>> import_extra("safetensors.numpy", "a safetensors file").__name__
    'safetensors.numpy'
    """
    package, extra = EXTRAS[module.partition(".")[0]]
    try:
        return import_module(module)
    except ModuleNotFoundError:
        raise MissingExtraError(f"{purpose} needs {package}: pip install 'inknet[{extra}]'") from None
