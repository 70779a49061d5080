"""The errors that inknet raises: each text is one sentence for a person.

::

    InknetError
    ├── InputError (also a ValueError)   an argument does not fit
    ├── TrainingError                    training cannot continue
    ├── ModelFileError                   a model file cannot be used
    ├── DataError                        a data set is missing or malformed
    │   └── IdxError                     an IDX file is malformed
    ├── ImageError                       an image cannot be read
    │   ├── ImageTooLargeError           it has more pixels than the limit
    │   └── NoInkError                   it is blank
    └── MissingExtraError (also an ImportError)   an optional dependency is not installed
"""

__all__ = [
    "DataError",
    "IdxError",
    "ImageError",
    "ImageTooLargeError",
    "InknetError",
    "InputError",
    "MissingExtraError",
    "ModelFileError",
    "NoInkError",
    "TrainingError",
]


class InknetError(Exception):
    """Base class of every error that inknet raises on purpose."""


class InputError(InknetError, ValueError):
    """An argument does not fit: a wrong width, NaN, an unknown name."""


class TrainingError(InknetError):
    """Training cannot continue, for instance because the loss is not finite."""


class ModelFileError(InknetError):
    """A model file is damaged, foreign, newer than this library, or holds more than plain data."""


class DataError(InknetError):
    """A data set is missing or malformed."""


class IdxError(DataError):
    """An IDX file is malformed; the text names the file and the reason."""


class ImageError(InknetError):
    """The bytes are not an image that can be read."""


class ImageTooLargeError(ImageError):
    """The image has more pixels than the limit."""


class NoInkError(ImageError):
    """The image is blank: there is nothing to recognize."""


class MissingExtraError(InknetError, ImportError):
    """An optional dependency is not installed; the text names the extra that installs it."""
