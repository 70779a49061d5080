"""Connected components of a mask."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["label_components"]


def label_components(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the number of each pixel's connected component, from 1, (height, width); 0 where the mask is False.

    Diagonal neighbors are connected. Row by row, each run of pixels joins the components of the runs that it touches
    in the row above (union-find).
    """
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    parents: list[int] = []
    runs: list[tuple[int, int, int, int]] = []

    def root(component: int) -> int:
        while parents[component] != component:
            component = parents[component]
        return component

    above: list[tuple[int, int, int, int]] = []
    for row, edge in enumerate(edges):
        here = []
        for start, end in zip(np.flatnonzero(edge > 0).tolist(), np.flatnonzero(edge < 0).tolist(), strict=True):
            touching = {root(component) for _, first, last, component in above if first <= end and last >= start}
            component = min(touching, default=len(parents))
            if not touching:
                parents.append(component)
            for other in touching:
                parents[other] = component
            here.append((row, start, end, component))
        runs += here
        above = here
    numbers = {component: number for number, component in enumerate(sorted({root(c) for *_, c in runs}), start=1)}
    labels = np.zeros(mask.shape, dtype=np.intp)
    for row, start, end, component in runs:
        labels[row, start:end] = numbers[root(component)]
    return labels
