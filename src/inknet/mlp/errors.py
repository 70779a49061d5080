"""The errors of the network library.

::

    InknetError
    ├── InputError (also a ValueError)   what was passed in does not fit; the sentence says what does
    ├── TrainingError                    training cannot go on, for instance the loss is not finite
    └── ModelFileError                   a file is not a whole, honest model file
"""

__all__ = ["InknetError", "InputError", "ModelFileError", "TrainingError"]


class InknetError(Exception):
    """Base of every error that inknet raises on purpose; its text is one sentence for a person."""


class InputError(InknetError, ValueError):
    """What was passed in does not fit: a wrong width, NaN, an unknown name."""


class TrainingError(InknetError):
    """Training cannot go on, for instance because the loss is not finite."""


class ModelFileError(InknetError):
    """The file is damaged, foreign, newer than this library, or holds more than plain data."""
