"""Digits: data sets, from images and pen strokes to ink, normalization, and the recognizer."""

from inknet.digits.datasets.idx import read_idx, write_idx
from inknet.digits.datasets.mnist import load_idx_pair, load_mnist
from inknet.digits.datasets.pen_strokes import PenDigit, load_pen_digits, split_by_writer
from inknet.digits.drawing.rasterize import ink_strokes
from inknet.digits.imaging.ink import read_ink
from inknet.digits.normalizing.normalize import normalize
from inknet.digits.recognizer import Prediction, Recognizer
from inknet.errors import DataError, IdxError, ImageError, ImageTooLargeError, NoInkError

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
    "normalize",
    "read_idx",
    "read_ink",
    "split_by_writer",
    "write_idx",
]
