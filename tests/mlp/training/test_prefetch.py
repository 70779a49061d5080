"""Prefetching: results in order, from two threads, with errors at their place."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest

from inknet.mlp.training.prefetch import prefetch


def test_results_come_in_the_order_of_the_jobs() -> None:
    def slow(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        return number

    assert list(prefetch(partial(slow, number) for number in range(20))) == list(range(20))


def test_no_jobs_give_no_results() -> None:
    assert list(prefetch([])) == []


def test_the_consumer_runs_a_job_while_it_waits() -> None:
    threads = []
    both = threading.Barrier(2, timeout=10)

    def meet() -> None:
        threads.append(threading.get_ident())
        # Nobody gets past this unless two threads do two jobs at once.
        both.wait()

    list(prefetch([meet, meet]))
    assert len(set(threads)) == 2
    assert threading.get_ident() in threads


def test_the_next_job_runs_before_its_result_is_requested() -> None:
    done = [threading.Event() for _ in range(3)]
    results = prefetch([event.set for event in done])
    next(results)
    # Nobody asks for the second one here.
    assert done[1].wait(10)
    results.close()  # type: ignore[attr-defined]


def test_a_finished_result_is_not_held_back() -> None:
    first_done, consumed = threading.Event(), threading.Event()

    def second() -> bool:
        # The consumer must not run this before it has the first result.
        return consumed.wait(2)

    def jobs() -> Iterator[Callable[[], object]]:
        yield first_done.set
        first_done.wait(10)
        time.sleep(0.05)
        yield second
        yield second

    results = prefetch(jobs())
    next(results)
    consumed.set()
    assert list(results) == [True, True]


def test_the_number_of_jobs_ahead_is_bounded() -> None:
    taken = []

    def jobs() -> Iterator[Callable[[], int]]:
        for number in range(100):
            taken.append(number)
            yield partial(int, number)

    results = prefetch(jobs())
    # One per thread and one in reserve; each result makes room for one more.
    assert [(next(results), len(taken)) for _ in range(4)] == [(0, 3), (1, 4), (2, 5), (3, 6)]


def test_both_threads_share_numpys_error_state() -> None:
    with np.errstate(over="ignore", invalid="raise"):
        settings = list(prefetch([np.geterr] * 20))
    assert all((one["over"], one["invalid"]) == ("ignore", "raise") for one in settings)


def test_errors_reach_the_consumer() -> None:
    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        list(prefetch([lambda: 1, fail, lambda: 2]))
