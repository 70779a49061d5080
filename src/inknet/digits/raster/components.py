"""Connected components of a mask."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["label_components"]


def label_components(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the number of each pixel's connected component, from 1, (height, width); 0 where the mask is False.

    Diagonal neighbors are connected. Each run of pixels in a row joins the components of the runs that it touches in
    the row above (union-find).
    """
    width = mask.shape[1] + 2
    changes = np.flatnonzero(np.diff(np.pad(mask, ((0, 0), (1, 1))).ravel()))
    starts, ends = changes[::2], changes[1::2]
    # A run touches those from the first that does not end to its left until the last that does not start to its right.
    first, last = np.searchsorted(ends, starts - width), np.searchsorted(starts, ends - width, side="right")
    parents = list(range(len(starts)))

    def root(run: int) -> int:
        while parents[run] != run:
            run = parents[run]
        return run

    for run, (begin, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        for above in range(begin, end):
            one, other = root(above), root(run)
            parents[max(one, other)] = min(one, other)
    labels = np.zeros(mask.shape, dtype=np.intp)
    roots = [root(run) for run in range(len(parents))]
    labels[mask] = np.repeat(np.unique(roots, return_inverse=True)[1] + 1, ends - starts)
    return labels
