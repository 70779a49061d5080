"""Work done ahead: what is needed next is made while the present is worked with."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from itertools import islice
from typing import TypeVar

__all__ = ["ahead"]

Result = TypeVar("Result")

#: How many jobs are under way or done ahead: one for each of two threads, and one in reserve.
_JOBS = 3


def ahead(jobs: Iterable[Callable[[], Result]]) -> Iterator[Result]:
    """Yield what the jobs return, in their order, while a second thread does those that come next.

    Whoever asks for a result that is not there yet does not wait, but does the next job that nobody has begun: so both
    threads are always busy, whichever of them has more to do. A job may thus run in either thread, and shall not care.

    Parameters
    ----------
    jobs : iterable of functions
        Taken when there is room for them, each called once.
    """
    jobs = iter(jobs)
    # In the second thread, too, numpy warns of what it warns of here, and of nothing else.
    context = copy_context()
    with ThreadPoolExecutor(max_workers=1) as pool:
        queue: deque[tuple[Callable[[], Result], Future[Result]]] = deque()
        while True:
            queue.extend((job, pool.submit(context.run, job)) for job in islice(jobs, _JOBS - len(queue)))
            if not queue:
                return
            for place, (job, future) in enumerate(queue):
                if queue[0][1].done():
                    break
                # What can be cancelled has not been begun.
                if future.cancel():
                    mine: Future[Result] = Future()
                    mine.set_result(job())
                    queue[place] = job, mine
            yield queue.popleft()[1].result()
