"""A sheet of paper whose edge is in view, in a photograph or a scan."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inknet.digits.imaging.formats import WORKING_SIDE
from inknet.digits.raster.components import label_components
from inknet.digits.raster.fill import fill_unknown
from inknet.digits.raster.moving_median import moving_median
from inknet.digits.raster.neighbors import sum_neighbors
from inknet.digits.raster.quadrilateral import (
    Points,
    convex_hull,
    cosines,
    enclosing_quadrilateral,
    fill_polygon,
    rectify,
)

__all__ = ["crop_to_sheet"]

Mask = NDArray[np.bool_]
#: Colors, (height, width, 1 or 3), from 0 to 255.
Colors = NDArray[np.int16]

#: Smaller images show a digit and nothing else.
SMALLEST = 64
#: The sheet is looked for at most at this many pixels per side.
COARSE = 96
#: On one surface, neighbors' colors differ by less than the first; thin marks differ from it by more than the second.
FLAT, MARK = 14, 12
#: Hardly any pen is so wide, in coarse pixels.
PEN = 9
#: A sheet covers at least this share of the image; one that covers the last is all that is in view.
AREA, ALL = 0.03, 0.995
#: Share of its hull that a sheet fills, and share of a quadrilateral that its hull fills.
FILLED, STRAIGHT = 0.8, 0.9
#: A stroke crosses the edge of a sheet where it shows more than this share of the largest contrast.
CROSSING = 0.5
#: A sheet that covers the edge of a table lies within its outline by this share, and shows this share of its contrast.
WITHIN, CLEAR = 0.02, 0.5
#: Pixels from the edge inward that may show something of the table.
DEPTH = 3
#: A smaller sheet lies on a larger one if at least this share of it does.
OVERLAP = 0.3
#: The corners of a sheet that is seen at an angle are right angles, give or take: the largest cosine, of 55°.
SHARPEST = 0.57


class _Sheet(NamedTuple):
    """A surface that may be the sheet, what is inside of its corners, and whether a stroke crosses its edge."""

    surface: Mask
    corners: Points
    inside: Mask
    contrast: float
    is_crossed: bool


def crop_to_sheet(picture: Image.Image) -> Image.Image:
    """Return the sheet that a picture shows, seen from the front, or the same picture if no edge of a sheet is in view.

    A sheet is a large surface, of a similar color everywhere, with straight edges and something drawn on it. If its
    corners are in view, it is rectified; otherwise the paper's color hides what lies around it.
    """
    if min(picture.size) < SMALLEST or _has_equal_corners(picture):
        return picture
    opaque = picture if picture.mode in {"L", "RGB"} else picture.convert("RGB")
    if max(picture.size) >= 2 * WORKING_SIDE:
        opaque = opaque.reduce(max(picture.size) // WORKING_SIDE)
    coarse = opaque.reduce(-(-max(opaque.size) // COARSE))
    if _is_one_surface(_colors(coarse)):
        return picture
    sheet = _find_sheet(coarse)
    return picture if sheet is None else _cut_out(opaque, sheet, coarse)


def _has_equal_corners(picture: Image.Image) -> bool:
    """Return whether all corners have exactly one color: those of a drawing, nearly never those of a photograph.

    A sheet is convex: it either covers all four corners, and so the whole picture, or leaves one of them uncovered.
    """
    right, bottom = picture.width - 1, picture.height - 1
    return len({picture.getpixel(corner) for corner in ((0, 0), (right, 0), (0, bottom), (right, bottom))}) == 1


def _colors(picture: Image.Image) -> Colors:
    return np.asarray(picture, dtype=np.int16).reshape(picture.height, picture.width, -1)


def _is_one_surface(colors: Colors) -> bool:
    """Return whether the border shows no edge, and nothing wider than a pen has another color."""
    border = np.concatenate([colors[0], colors[1:, -1], colors[-1, -2::-1], colors[-2:0:-1, 0]])
    # Means of four neighbors, in which noise is halved.
    means = (border + np.roll(border, 1, axis=0) + np.roll(border, 2, axis=0) + np.roll(border, 3, axis=0)) / 4
    if np.abs(means - np.roll(means, 4, axis=0)).max() >= FLAT:
        return False
    across = np.linspace(0, 1, colors.shape[1])[:, np.newaxis]
    expected = colors[:, :1] * (1 - across) + colors[:, -1:] * across
    different: Mask = (np.abs(colors - expected) > 2 * FLAT).max(axis=2)
    for _ in range(PEN // 2):
        different = _shrink(different)
    return not bool(different.any())


def _find_sheet(coarse: Image.Image) -> _Sheet | None:
    """Return the sheet that covers a part of the picture, or None."""
    colors = _colors(coarse)
    # Without thin strokes and lines.
    smooth = moving_median(colors, 5)
    marked = np.abs(colors - smooth).max(axis=2) > MARK
    surfaces = label_components(_spread(smooth) < FLAT)
    sizes = np.bincount(surfaces.ravel())
    sizes[[0, _number_at_corners(surfaces)]] = 0
    large = [surfaces == number for number in np.flatnonzero(sizes >= AREA * surfaces.size)]
    found = [_as_sheet(surface, marked, colors) for surface in large]
    sheets = [sheet for sheet in found if sheet is not None]
    # A table is no sheet if a sheet lies on it.
    sheets = [sheet for sheet in sheets if not any(_lies_on(other, sheet) for other in sheets)]
    if not sheets:
        return None
    best = max(sheets, key=lambda sheet: sheet.contrast * np.count_nonzero(sheet.inside))
    if best.is_crossed:
        # By a sheet that covers the edge of a table?
        clear = [sheet for sheet in sheets if not sheet.is_crossed and _covers_edge(sheet, best)]
        # By the edge of a shadow? Then both sides of it are the sheet.
        beside = [surface for surface in large if not _covers(fill_polygon(convex_hull(surface), surface.shape), best)]
        both = [_as_sheet(surface | best.surface, marked, colors) for surface in beside]
        whole = [sheet for sheet in both if sheet is not None and not sheet.is_crossed]
        if beside and not clear and not whole:
            return None
        best = next(iter(clear + whole), best)
    return best if best.inside.mean() < ALL else None


def _number_at_corners(surfaces: NDArray[np.intp]) -> int:
    """Return the surface on which all corners lie, the whole picture or a table, or 0."""
    corners = surfaces[[0, 0, -1, -1], [0, -1, 0, -1]]
    return int(corners[0]) if (corners == corners[0]).all() else 0


def _spread(colors: Colors) -> NDArray[np.int16]:
    """Return the range of each pixel's and its neighbors' values, of the channel where it is largest."""
    padded = np.pad(colors, ((1, 1), (1, 1), (0, 0)), mode="edge")
    extremes = []
    for extreme in (np.maximum, np.minimum):
        tall = extreme(extreme(padded[:-2], padded[1:-1]), padded[2:])
        extremes.append(extreme(extreme(tall[:, :-2], tall[:, 1:-1]), tall[:, 2:]))
    spread: NDArray[np.int16] = (extremes[0] - extremes[1]).max(axis=2)
    return spread


def _as_sheet(surface: Mask, marked: Mask, colors: Colors) -> _Sheet | None:
    """Return a surface as a sheet, or None if its edges are not straight or nothing is drawn on it."""
    hull = convex_hull(surface)
    area = np.count_nonzero(fill_polygon(hull, surface.shape))
    if np.count_nonzero(_between(surface)) < FILLED * area:
        return None
    corners = enclosing_quadrilateral(hull, surface.shape)
    inside = fill_polygon(corners, surface.shape)
    if area < STRAIGHT * np.count_nonzero(inside):
        return None
    rings = [inside]
    for _ in range(DEPTH):
        rings.append(_shrink(rings[-1]))
    marks = rings[-1] & (marked | ~surface)
    if not marks.any():
        return None
    difference = np.abs(colors - np.median(colors[surface], axis=0)).max(axis=2)
    contrast = float(difference[marks].max())
    # Follow strokes from the edge inward; corners of the table end before.
    stroke = (difference > CROSSING * contrast) & ~surface
    # Along the edge of the image, what is beside the sheet reaches far inward where the sheet leaves the image.
    stroke[[0, -1]] = stroke[:, [0, -1]] = False
    reached = inside
    for outer, inner in pairwise(rings):
        reached = sum_neighbors(reached) & stroke & outer & ~inner
    return _Sheet(surface, corners, inside, contrast, bool(reached.any()))


def _lies_on(sheet: _Sheet, other: _Sheet) -> bool:
    return _covers(other.inside, sheet) and bool(sheet.inside.sum() < other.inside.sum())


def _covers(mask: Mask, sheet: _Sheet) -> bool:
    """Return whether a good part of a sheet lies within a mask."""
    return bool((mask & sheet.inside).sum() > OVERLAP * sheet.inside.sum())


def _covers_edge(sheet: _Sheet, table: _Sheet) -> bool:
    within = np.count_nonzero(sheet.surface & table.inside) > WITHIN * np.count_nonzero(sheet.surface)
    return bool(within) and sheet.contrast > CLEAR * table.contrast


def _between(mask: Mask) -> Mask:
    """Return where a mask lies to the left and to the right, or above and below."""
    spans = []
    for axis in (0, 1):
        before = np.logical_or.accumulate(mask, axis=axis)
        after = np.flip(np.logical_or.accumulate(np.flip(mask, axis), axis=axis), axis)
        spans.append(before & after)
    return spans[0] & spans[1]


def _shrink(mask: Mask) -> Mask:
    """Return a mask without its outermost pixels; the edge of the image is none of its own."""
    return ~sum_neighbors(~mask)


def _cut_out(picture: Image.Image, sheet: _Sheet, coarse: Image.Image) -> Image.Image:
    """Return what is inside the corners of a sheet that was found in a coarse picture."""
    size = np.array(picture.size)
    scale = -(-max(picture.size) // max(coarse.size))
    corners = sheet.corners * scale
    in_view = ((corners >= -2 * scale) & (corners <= size + 2 * scale)).all()
    if len(corners) == 4 and in_view and np.abs(cosines(corners)).max() < SHARPEST:
        return rectify(picture, corners.clip(0, size))
    # Continue the paper beyond the sheet, and a coarse pixel inside of it.
    planes = [fill_unknown(np.asarray(plane, np.float32), sheet.surface) for plane in coarse.split()]
    paper = Image.merge(coarse.mode, [Image.fromarray(np.rint(plane).astype(np.uint8)) for plane in planes])
    whole = paper.resize((coarse.width * scale, coarse.height * scale), Image.Resampling.BILINEAR)
    whole = whole.crop((0, 0, *picture.size))
    inside = Image.fromarray(fill_polygon(corners, (picture.height, picture.width)))
    outline = [(x, y) for x, y in corners[[*range(len(corners)), 0]].tolist()]
    ImageDraw.Draw(inside).line(outline, fill=0, width=2 * scale)
    whole.paste(picture, mask=inside)
    low, high = np.floor(corners.min(axis=0)).clip(0), np.ceil(corners.max(axis=0)).clip(max=size)
    left, top, right, bottom = (int(at) for at in (*low, *high))
    return whole.crop((left, top, right, bottom))
