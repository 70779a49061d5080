"""A cap on the work at hand: what is over it is refused at once, and not left to wait."""

from collections.abc import Iterator
from contextlib import contextmanager

from inknet.service.problems import OVERLOADED, ProblemError

__all__ = ["ConcurrencyLimit"]


class ConcurrencyLimit:
    """Counts the requests that are being worked on.

    A request counts from when its body is there: one that trickles in takes nobody's place.

    Parameters
    ----------
    most : int
        How many there may be.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.at_work = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place among the requests that are worked on.

        Raises
        ------
        ProblemError
            If there is none: 503, with a Retry-After.
        """
        if self.at_work >= self.most:
            raise ProblemError(OVERLOADED, headers={"Retry-After": "1"})
        self.at_work += 1
        try:
            yield
        finally:
            self.at_work -= 1
