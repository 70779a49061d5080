"""Random variation of strokes: one person's digit as other people, pens and tablets would have recorded it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inknet.digits.drawing.rasterize import FARTHEST

__all__ = ["vary_strokes"]

Strokes = Sequence[NDArray[np.float64]]


def vary_strokes(strokes: Strokes, rng: np.random.Generator, strength: float = 1.0) -> list[NDArray[np.float64]]:
    """Return the strokes as another hand might have drawn them.

    Varies slant, rotation and aspect; the position and size of strokes relative to each other; the steadiness of the
    hand; the number of points, since a fast pen reports few and curves become polygons; and the ends of strokes, which
    fall short or overshoot. `strength` multiplies every standard deviation; with 0 only the unit changes, which is
    always the digit's longer side.
    """
    every = np.concatenate(strokes)
    low, high = every.min(axis=0), every.max(axis=0)
    size = max(float((high - low).max()), 1 / FARTHEST)
    middle = (low + high) / 2
    matrix = _affine(rng, strength)
    waves = strength * rng.normal(0, 0.02, (2, 2, 2))
    varied = []
    for stroke in strokes:
        points = (stroke - middle) / size
        points = _sample(points, rng, strength)
        points = _cut(points, rng, strength)
        if len(strokes) > 1:
            points = points * np.exp(strength * rng.normal(0, 0.04)) + strength * rng.normal(0, 0.025, 2)
        varied.append(_wobble(points, waves, rng, strength) @ matrix.T)
    return varied


def _affine(rng: np.random.Generator, strength: float) -> NDArray[np.float64]:
    """Return a random matrix that rotates, slants and stretches."""
    angle, slant, aspect = strength * rng.normal(0, (0.10, 0.18, 0.12))
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return rotation @ np.array([[1.0, slant], [0.0, 1.0]]) @ np.diag([np.exp(aspect), np.exp(-aspect)])


def _sample(points: NDArray[np.float64], rng: np.random.Generator, strength: float) -> NDArray[np.float64]:
    """Keep every second to sixth point of half of the strokes, as from a fast pen."""
    if strength == 0 or len(points) < 8 or rng.random() < 0.5:
        return points
    step = int(rng.integers(2, max(3, min(7, len(points) // 4 + 1))))
    return np.concatenate([points[:-1:step], points[-1:]])


def _cut(points: NDArray[np.float64], rng: np.random.Generator, strength: float) -> NDArray[np.float64]:
    """Shorten each end of a stroke a little, or extend it."""
    for _ in range(2):
        points = points[::-1]
        if len(points) < 4:
            continue
        length = strength * rng.normal(0, 0.03)
        direction = points[-1] - points[-3]
        reach = float(np.hypot(*direction))
        if length > 0 and reach > 0:
            points = np.vstack([points, points[-1] + direction / reach * length])
        elif length < 0:
            traveled = np.cumsum(np.hypot(*np.diff(points[::-1], axis=0).T))
            points = points[: max(3, len(points) - int(np.searchsorted(traveled, -length)))]
    return points


def _wobble(
    points: NDArray[np.float64], waves: NDArray[np.float64], rng: np.random.Generator, strength: float
) -> NDArray[np.float64]:
    """Bend the strokes by low-frequency waves, and add a tremor."""
    bent = points.copy()
    for axis, other in np.ndindex(2, 2):
        bent[:, axis] += waves[axis, other, 0] * np.sin(2 * np.pi * points[:, other])
        bent[:, axis] += waves[axis, other, 1] * np.cos(2 * np.pi * points[:, other])
    return bent + strength * rng.normal(0, 0.004, points.shape)
