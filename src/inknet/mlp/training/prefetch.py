"""Prefetching: prepares upcoming blocks in a second thread.

Unlike a plain executor, the consumer prepares a block itself while it would otherwise wait, so both threads are always
busy.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from itertools import islice
from typing import TypeVar

__all__ = ["prefetch"]

Result = TypeVar("Result")

#: Jobs that are running or done: one per thread, and one in reserve.
_JOBS = 3


def prefetch(jobs: Iterable[Callable[[], Result]]) -> Iterator[Result]:
    """Yield the results of the jobs in order, while a second thread runs the next ones.

    Parameters
    ----------
    jobs : iterable of functions
        Each is called once, in either thread, so jobs must be thread-safe.
    """
    jobs = iter(jobs)
    # numpy's error state is a context variable: both threads share it.
    context = copy_context()
    with ThreadPoolExecutor(max_workers=1) as pool:
        queue: deque[tuple[Callable[[], Result], Future[Result]]] = deque()
        while True:
            queue.extend((job, pool.submit(context.run, job)) for job in islice(jobs, _JOBS - len(queue)))
            if not queue:
                return
            for index, (job, future) in enumerate(queue):
                if queue[0][1].done():
                    break
                # Only a job that has not begun can be cancelled.
                if future.cancel():
                    result: Future[Result] = Future()
                    result.set_result(job())
                    queue[index] = job, result
            yield queue.popleft()[1].result()
