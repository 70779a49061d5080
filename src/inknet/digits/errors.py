"""The errors of the digit recogniser.

::

    InknetError
    ├── DataError                        a data set is not there, or is not what it claims to be
    │   └── IdxError                     a broken IDX file
    └── ImageError                       the bytes are not an image that can be read
        ├── ImageTooLargeError           more pixels than the limit
        └── NoInkError                   the image is blank
"""

from inknet.mlp.errors import InknetError

__all__ = ["DataError", "IdxError", "ImageError", "ImageTooLargeError", "NoInkError"]


class DataError(InknetError):
    """A data set is not there, or is not what it claims to be."""


class IdxError(DataError):
    """A broken IDX file; the text names the file and the reason."""


class ImageError(InknetError):
    """The bytes are not an image that can be read."""


class ImageTooLargeError(ImageError):
    """The image has more pixels than the limit."""


class NoInkError(ImageError):
    """The image is blank: there is nothing to recognise."""
