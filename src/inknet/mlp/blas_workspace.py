"""Memory of matrix products: pre-faults the BLAS workspace, and retains freed memory for the next batch."""

from functools import cache

import numpy as np

__all__ = ["prefault_blas_workspace", "retain_freed_memory"]


@cache
def prefault_blas_workspace() -> None:
    """Write to the workspace in which BLAS packs its operands, once per process.

    For a product with few nodes, single-threaded OpenBLAS packs one operand piece by piece into the same place
    (`l1stride` in its driver/level3/level3.c), and its kernel prefetches beyond it. If nothing was ever written there,
    each prefetch misses the page table: on a virtual machine, 200 nodes of 784 inputs took 2.8 times as long until some
    other product had filled the workspace.
    """
    np.ones((800, 64), np.float32) @ np.ones((64, 400), np.float32)


def retain_freed_memory(size: int = 1 << 25) -> None:
    """Let the process keep up to `size` bytes of freed memory, which each batch would otherwise request anew.

    glibc returns free memory at the end of the heap if it exceeds twice the largest mapped block freed so far (see
    M_MMAP_THRESHOLD in mallopt(3)), so this frees one of half the size, which is never written to.
    """
    np.empty(size // 2, np.uint8)
