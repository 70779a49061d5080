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
    labels = np.zeros(mask.shape, dtype=np.intp)
    # 0 is paper's.
    parents = [0]

    def root(component: int) -> int:
        while parents[component] != component:
            component = parents[component]
        return component

    above: list[tuple[int, int, int]] = []
    for row, edge in enumerate(edges):
        here = []
        for start, end in zip(np.flatnonzero(edge > 0).tolist(), np.flatnonzero(edge < 0).tolist(), strict=True):
            touching = {root(component) for first, last, component in above if first <= end and last >= start}
            component = min(touching, default=len(parents))
            if not touching:
                parents.append(component)
            for other in touching:
                parents[other] = component
            labels[row, start:end] = component
            here.append((start, end, component))
        above = here
    roots = [root(component) for component in range(len(parents))]
    numbers: NDArray[np.intp] = np.unique(roots, return_inverse=True)[1]
    return numbers[labels]
