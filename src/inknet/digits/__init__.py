"""Digits: MNIST, pen strokes, images made ready, and the recogniser."""

from inknet.digits.errors import DataError, IdxError, ImageError, ImageTooLargeError, NoInkError
from inknet.digits.idx import read_idx, write_idx
from inknet.digits.image import read_ink
from inknet.digits.ink import ink_strokes
from inknet.digits.mnist import load_idx_pair, load_mnist
from inknet.digits.normalise import normalise
from inknet.digits.pen_digits import PenDigit, load_pen_digits, split_by_writer
from inknet.digits.recognizer import Prediction, Recognizer

__all__ = [
    "DataError",
    "IdxError",
    "ImageError",
    "ImageTooLargeError",
    "NoInkError",
    "PenDigit",
    "Prediction",
    "Recognizer",
    "ink_strokes",
    "load_idx_pair",
    "load_mnist",
    "load_pen_digits",
    "normalise",
    "read_idx",
    "read_ink",
    "split_by_writer",
    "write_idx",
]
