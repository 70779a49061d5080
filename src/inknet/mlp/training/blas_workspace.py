"""Work memory: that of matrix products is written to before it is read ahead, and that of batches is kept."""

from functools import cache

import numpy as np

__all__ = ["keep_work_memory", "touch_work_memory"]


@cache
def touch_work_memory() -> None:
    """Make one product that fills the memory in which BLAS rearranges its operands, once a process.

    Of a product with few nodes, OpenBLAS on one thread rearranges one operand piece by piece, each in the place of the
    last (`l1stride` in its driver/level3/level3.c), and its kernel fetches ahead what lies behind. Where nothing was
    ever written there is no page of memory, and each such fetch looks for one in vain: on a virtual machine 200 nodes
    of 784 inputs took 2.8 times as long, for as long as no other product had been there.
    """
    np.ones((800, 64), np.float32) @ np.ones((64, 400), np.float32)


def keep_work_memory() -> None:
    """Let the process keep up to 32 MB that it has freed, for the next batch, which would else ask for fresh memory.

    glibc gives back what is free at its end if it is more than twice the largest block that was freed on its own (see
    M_MMAP_THRESHOLD in mallopt(3)): so one of 16 MB, which nothing was written to, is freed.
    """
    np.empty(1 << 24, np.uint8)
