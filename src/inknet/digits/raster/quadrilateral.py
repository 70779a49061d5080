"""Quadrilaterals: around a mask, as a mask, and rectified to a rectangle.

Points are (x, y) in pixels, from the upper left corner of the upper left pixel.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["Points", "convex_hull", "cosines", "enclosing_quadrilateral", "fill_polygon", "rectify"]

#: Corners of a polygon in order, (corners, 2).
Points = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: An edge that lies so near to the edge of the image, in pixels, is where the image was cut off.
_AT_EDGE = 2
#: Edges that enclose an angle of a smaller sine do not meet.
_PARALLEL = 0.01


def convex_hull(mask: Mask) -> Points:
    """Return the convex hull of a mask's pixels, by Andrew's monotone chain; some must be set."""
    rows = np.flatnonzero(mask.any(axis=1))
    left = mask[rows].argmax(axis=1)
    right = mask.shape[1] - mask[rows, ::-1].argmax(axis=1)
    x, y = np.concatenate([left, left, right, right]), np.concatenate([rows, rows + 1] * 2)
    order = np.lexsort((y, x))
    x, y = x[order], y[order]
    # Of the points above each other, only the outermost are corners.
    new = np.diff(x, prepend=-1, append=-1) != 0
    outermost = new[:-1] | new[1:]
    points = np.stack([x, y], axis=1)[outermost].astype(np.float64).tolist()
    return np.array(_chain(points) + _chain(points[::-1]))


def _chain(points: list[list[float]]) -> list[list[float]]:
    """Return one half of the convex hull of sorted points, without its end."""
    chain: list[list[float]] = []
    for x, y in points:
        while len(chain) > 1:
            (x0, y0), (x1, y1) = chain[-2:]
            if (x1 - x0) * (y - y0) > (y1 - y0) * (x - x0):
                break
            chain.pop()
        chain.append([x, y])
    return chain[:-1]


def enclosing_quadrilateral(hull: Points, shape: tuple[int, int]) -> Points:
    """Return a small quadrilateral around a convex hull in an image of a shape, (height, width).

    Edges are removed, and their neighbors extended until they meet, one by one: first those where the image was cut
    off, then whichever adds the least area. Corners may lie beyond the image. A hull whose neighbors never meet keeps
    more than four corners.
    """
    polygon = hull
    while len(polygon) > 4:
        count = len(polygon)
        around = np.concatenate([polygon, polygon[:3]])
        before, start, end, after = (around[shift : count + shift] for shift in range(4))
        ahead, back = start - before, end - after
        cross = _cross(ahead, back)
        meets = -cross > _PARALLEL * np.hypot(*ahead.T) * np.hypot(*back.T)
        if not meets.any():
            break
        reach = _cross(after - start, back) / np.where(meets, cross, 1)
        meeting = start + ahead * reach[:, np.newaxis]
        added = np.where(meets, np.abs(_cross(end - start, meeting - start)), np.inf)
        # What is added beyond the image costs nothing.
        best = int((added - 1e9 * _is_cut_off(start, end, shape)).argmin())
        around[best + 1] = meeting[best]
        polygon = np.concatenate(
            [around[best : best + 2], around[best + 3 : count], polygon[max(0, best + 3 - count) : best]]
        )
    return polygon


def cosines(polygon: Points) -> NDArray[np.float64]:
    """Return the cosine of the angle at each corner."""
    sides = np.roll(polygon, -1, axis=0) - polygon
    sides /= np.hypot(*sides.T)[:, np.newaxis]
    products: NDArray[np.float64] = -(sides * np.roll(sides, 1, axis=0)).sum(axis=1)
    return products


def _cross(a: Points, b: Points) -> NDArray[np.float64]:
    product: NDArray[np.float64] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return product


def _is_cut_off(start: Points, end: Points, shape: tuple[int, int]) -> Mask:
    """Return for each edge whether it lies along an edge of the image."""
    size = np.array(shape[::-1])
    low, high = np.maximum(start, end) <= _AT_EDGE, np.minimum(start, end) >= size - _AT_EDGE
    cut_off: Mask = (low | high).max(axis=1)
    return cut_off


def fill_polygon(polygon: Points, shape: tuple[int, int]) -> Mask:
    """Return the mask, (height, width), of the pixels whose centers are in a convex polygon, which goes clockwise."""
    rows, columns = (np.arange(size, dtype=np.float32) + np.float32(0.5) for size in shape)
    mask = np.ones(shape, dtype=np.bool_)
    for (x, y), (u, v) in zip(polygon.tolist(), np.roll(polygon, -1, axis=0).tolist(), strict=True):
        # To the right of each side, looking along it.
        mask &= ((rows - y) * (u - x))[:, np.newaxis] >= (columns - x) * (v - y)
    return mask


def rectify(picture: Image.Image, corners: Points) -> Image.Image:
    """Return the inside of a quadrilateral as it is seen from the front: a rectangle of its mean width and height.

    Its corners go clockwise; the side that leads most to the right becomes the upper one. The homography has eight
    unknowns, and each corner gives two linear equations [1]_.

    References
    ----------
    .. [1] R. Hartley, A. Zisserman, "Multiple View Geometry in Computer Vision", 2004, section 4.1.
    """
    sides = np.roll(corners, -1, axis=0) - corners
    upper = int((sides[:, 0] / np.hypot(*sides.T)).argmax())
    corners = np.roll(corners, -upper, axis=0)
    top, right, bottom, left = np.roll(np.hypot(*sides.T), -upper)
    width, height = max(1, round((top + bottom) / 2)), max(1, round((left + right) / 2))
    equations = []
    for (x, y), (u, v) in zip([(0, 0), (width, 0), (width, height), (0, height)], corners.tolist(), strict=True):
        equations.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        equations.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    homography = np.linalg.solve(equations, corners.ravel()).tolist()
    return picture.transform((width, height), Image.Transform.PERSPECTIVE, homography, Image.Resampling.BILINEAR)
