"""A limit on concurrent requests: requests over the limit are refused instead of queued."""

from collections.abc import Iterator
from contextlib import contextmanager

from inknet.service.problems import OVERLOADED, ProblemError

__all__ = ["ConcurrencyLimit"]


class ConcurrencyLimit:
    """Counts the requests in progress.

    A request counts from the end of its body, so slow clients do not use up the limit.

    Parameters
    ----------
    limit : int
        The maximum number of requests in progress.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.active = 0

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Count a request while it is in progress.

        Raises
        ------
        ProblemError
            If the limit is reached: 503, with a Retry-After.
        """
        if self.active >= self.limit:
            raise ProblemError(OVERLOADED, headers={"Retry-After": "1"})
        self.active += 1
        try:
            yield
        finally:
            self.active -= 1
