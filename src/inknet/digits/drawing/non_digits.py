"""Drawings that are not digits, for outlier exposure.

A network trained to be unsure of such drawings is unsure of things that it has never seen, too [1]_.

References
----------
.. [1] D. Hendrycks, M. Mazeika, T. Dietterich, "Deep anomaly detection with outlier exposure", 2019.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["NON_DIGITS", "draw_non_digit", "trace"]

#: Points, (n, 2).
Stroke = NDArray[np.float64]

#: Letters and signs, in the notation of `trace`, on a grid: x from 0 to 4, y from 0 to 6, strokes separated by "|".
#: Those that are, or resemble, a digit (O, I, l, S, Z, b, q, …) are left out.
_SIGNS = {
    "A": "06 20 46|13 33",
    "C": "~41 30 10 02 04 16 36 45",
    "E": "40 00 06 46|03 33",
    "F": "40 00 06|03 33",
    "G": "~41 30 10 02 04 16 36 45|43 23|43 46",
    "H": "00 06|40 46|03 43",
    "J": "~30 32 34 35 26 16 05",
    "K": "00 06|40 03 46",
    "L": "00 06 46",
    "M": "06 00 23 40 46",
    "N": "06 00 46 40",
    "P": "06 00 30 41 42 33 03",
    "R": "06 00 30 41 42 33 03|23 46",
    "T": "00 40|20 26",
    "V": "00 26 40",
    "W": "00 16 22 36 40",
    "X": "00 46|40 06",
    "Y": "00 23 40|23 26",
    "a": "~42 31 12 04 06 26 43 41|41 44 46",
    "d": "~43 23 04 05 16 36 44|40 46",
    "e": "~04 24 43 32 12 04 06 26 45",
    "f": "~40 30 21 23 26|13 33",
    "h": "00 06|~04 13 33 44 46",
    "k": "00 06|32 04 36",
    "m": "02 06|~03 12 22 23 26|~23 32 42 43 46",
    "n": "02 06|~03 12 32 43 46",
    "p": "02 06|~02 22 43 44 26 06 05",
    "r": "02 06|~04 12 32",
    "t": "20 25 36|02 42",
    "u": "~02 05 16 36 45 42|42 46",
    "w": "02 16 24 36 42",
    "x": "02 46|42 06",
    "alpha": "~41 24 06 03 12 23 35 46",
    "plus": "23 26|13 43|20 26",
    "equals": "02 42|05 45",
    "hash": "10 06|40 36|02 42|04 44",
    "star": "20 26|01 45|41 05",
    "arrow": "03 43|21 43 25",
    "at": "~33 22 13 24 34 32 42 34 45 36 16 04 02 10 30 42",
    "and": "~46 12 20 31 04 06 26 44",
    "percent": "40 06|~11 01 00 10 11|~46 36 35 45 46",
    "question": "~01 10 30 41 32 23 24|26 26",
    "exclamation": "20 24|26 26",
    "minus": "03 43",
    "slashes": "20 06|40 26",
    "triangle": "20 46 06 20",
    "square": "01 41 45 05 01",
    "house": "06 02 20 42 46 06|26 24 34 36",
    "tick": "03 16 40",
    "bolt": "30 03 33 06",
    "heart": "~26 02 01 10 21 30 41 42 26",
    "fish": "~44 22 02 24 42|42 44",
}


def draw_non_digit(rng: np.random.Generator) -> list[Stroke]:
    """Draw something that is not a digit: one in three is a sign, the other kinds are equally likely."""
    kinds = (sign, sign, *NON_DIGITS)
    return kinds[int(rng.integers(len(kinds)))](rng)


def sign(rng: np.random.Generator) -> list[Stroke]:
    """Draw a letter or a sign."""
    strokes = list(_SIGNS.values())[int(rng.integers(len(_SIGNS)))].split("|")
    return [trace(stroke) + rng.normal(0, 0.12, 2) for stroke in strokes]


def scribble(rng: np.random.Generator) -> list[Stroke]:
    """Draw a scribble: random turns, in one to three strokes."""
    strokes = []
    for _ in range(int(rng.integers(1, 4))):
        turns = np.cumsum(rng.normal(0, rng.uniform(0.3, 1.0), int(rng.integers(25, 90))))
        turns += rng.uniform(0, 2 * np.pi) + np.arange(len(turns)) * rng.normal(0, 0.25)
        start = rng.uniform(-4, 4, 2)
        strokes.append(start + np.cumsum(np.stack([np.cos(turns), np.sin(turns)], axis=1), axis=0))
    return strokes


def lines(rng: np.random.Generator) -> list[Stroke]:
    """Draw one to five straight lines; a single one is never upright, as that would be a 1."""
    count = int(rng.integers(1, 6))
    if count == 1:
        angle = rng.uniform(np.radians(-35), np.radians(35))
        return [_line(np.zeros(2), angle, 1.0)]
    return [_line(rng.uniform(-0.6, 0.6, 2), rng.uniform(0, np.pi), rng.uniform(0.5, 1.2)) for _ in range(count)]


def crossed_circle(rng: np.random.Generator) -> list[Stroke]:
    """Draw a circle with two to four lines across it, inside it or beyond it."""
    circle = _ellipse(rng.uniform(0.7, 1.3), 0.0, 2 * np.pi * rng.uniform(0.95, 1.1))
    spokes = int(rng.integers(2, 5))
    first = rng.uniform(0, np.pi)
    reach = rng.uniform(1.2, 2.6)
    return [circle] + [_line(rng.normal(0, 0.1, 2), first + np.pi * spoke / spokes, reach) for spoke in range(spokes)]


def wave(rng: np.random.Generator) -> list[Stroke]:
    """Draw a zigzag, a wave, or a row of loops."""
    along = np.linspace(0, 1, 60)
    phase = 2 * np.pi * rng.uniform(2, 5) * along
    y = 2 * np.abs(phase / np.pi % 2 - 1) if rng.random() < 0.3 else np.sin(phase)
    x = along * rng.uniform(3, 7) + rng.choice([0.0, 0.5]) * np.cos(phase)
    return [np.stack([x, y] if rng.random() < 0.7 else [y, x], axis=1)]


def spiral(rng: np.random.Generator) -> list[Stroke]:
    """Draw a spiral of at least two turns."""
    turns = np.linspace(0, 2 * np.pi * rng.uniform(2, 4.5), 90)
    radius = np.linspace(rng.uniform(0.05, 0.2), 1, len(turns))
    direction = rng.choice([-1, 1])
    return [np.stack([radius * np.cos(turns), direction * radius * np.sin(turns)], axis=1)]


def shapes(rng: np.random.Generator) -> list[Stroke]:
    """Draw two to four arcs, ellipses and lines, side by side or crossing."""
    strokes = []
    for _ in range(int(rng.integers(2, 5))):
        place, size = rng.uniform(-1.2, 1.2, 2), rng.uniform(0.3, 1.0)
        if rng.random() < 0.5:
            start = rng.uniform(0, 2 * np.pi)
            strokes.append(place + size * _ellipse(rng.uniform(0.6, 1.6), start, start + rng.uniform(2, 6.5)))
        else:
            strokes.append(_line(place, rng.uniform(0, np.pi), 2 * size))
    return strokes


NON_DIGITS = (sign, scribble, lines, crossed_circle, wave, spiral, shapes)


def trace(text: str) -> Stroke:
    """Return the points of a stroke written as "06 20 46": the x and y of each corner; a leading "~" rounds it."""
    points = np.array([[int(place[0]), int(place[1])] for place in text.removeprefix("~").split()], dtype=np.float64)
    if text.startswith("~"):
        # Chaikin's corner cutting, three times.
        for _ in range(3):
            before, after = points[:-1], points[1:]
            cut = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=1).reshape(-1, 2)
            points = np.concatenate([points[:1], cut, points[-1:]])
        return points
    ways = np.arange(0, len(points) - 1 + 0.01, 0.125)
    return np.stack([np.interp(ways, np.arange(len(points)), axis) for axis in points.T], axis=1)


def _line(middle: NDArray[np.float64], angle: float, length: float) -> Stroke:
    direction = np.array([np.cos(angle), np.sin(angle)])
    return middle + np.linspace(-0.5, 0.5, 12)[:, np.newaxis] * length * direction


def _ellipse(aspect: float, start: float, end: float) -> Stroke:
    angles = np.linspace(start, end, 40)
    return np.stack([np.cos(angles), aspect * np.sin(angles)], axis=1)
