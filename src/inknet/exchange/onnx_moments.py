"""Moment normalization as part of an ONNX graph: `inknet.digits.normalizing.moments`, line by line."""

import numpy as np

from inknet.digits.grid import GRID, PIXELS
from inknet.digits.normalizing import moments
from inknet.exchange.onnx_graph import Value

__all__ = ["LOWEST_OPSET", "moment_normalize"]

#: Of ONNX 1.11: the first with GridSample.
LOWEST_OPSET = 16
#: From this operator set on, GridSample's mode "bilinear" is called "linear".
_LINEAR = 20
_MIDDLE = (GRID - 1) / 2


def moment_normalize(images: Value) -> Value:
    """Deslant, scale and center each image, (n, 784), in float32.

    The moments are computed in float64: in float32, the order in which a runtime sums would be visible.
    """
    graph = images.graph
    ink = images.cast(np.float64).reshape(-1, GRID, GRID)
    from_middle = graph.constant(np.arange(GRID) - _MIDDLE, "from_middle")

    by_row = ink.sum(2)
    mass = by_row.sum(1, keep=True).clip(float(moments.TINY))
    row = (by_row * from_middle).sum(1, keep=True) / mass
    weighted = ink @ from_middle
    column = weighted.sum(1, keep=True) / mass
    off = from_middle - row
    covariance = (off * (weighted - column * by_row)).sum(1, keep=True) / mass
    row_variance = ((off * off * by_row).sum(1, keep=True) / mass).clip(float(moments.TINY))
    slant = (covariance / row_variance).clip(-moments.STEEPEST, moments.STEEPEST)
    column_variance = (ink @ (from_middle * from_middle)).sum(1, keep=True) / mass - column * column
    column_variance += slant * (slant * row_variance - covariance * 2)
    tall = (row_variance.sqrt() / moments.TALL).clip(*moments.TALL_LIMITS)
    wide = ((column_variance.clip(float(moments.TINY)).sqrt() / moments.WIDE) ** moments.WIDTH_POWER).clip(
        *moments.WIDE_LIMITS
    )

    # The source coordinates of each pixel, relative to the middle: a row per row, a column per pixel.
    down, across = from_middle * tall, from_middle * wide
    rows = (row + down).insert(2)
    columns = (column + slant * down).insert(2) + across.insert(1)
    # GridSample takes coordinates from -1 (first pixel) to 1 (last pixel).
    everywhere = columns * 0
    places = graph.node("Concat", columns.insert(3), (everywhere + rows).insert(3), axis=3) / _MIDDLE
    upright = graph.node(
        "GridSample",
        images.cast(np.float32).reshape(-1, 1, GRID, GRID),
        places.cast(np.float32),
        mode="linear" if graph.opset >= _LINEAR else "bilinear",
        padding_mode="zeros",
        align_corners=1,
    )
    return upright.reshape(-1, PIXELS)
