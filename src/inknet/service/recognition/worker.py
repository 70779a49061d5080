"""The program of a recognizer process, which `inknet.service.recognition.recognizer_process` starts.

It loads nothing of HTTP before a task needs it. Its standard input is a socket: it reads a pickled recognizer and the
limit on its memory, then tasks, each a function and its arguments, and writes the results, pickled and prefixed with
their size.
"""

import gc
import logging
import os
import pickle
import signal
import socket
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from threadpoolctl import threadpool_limits

from inknet.digits import Recognizer
from inknet.digits.recognizer import Timed
from inknet.errors import InknetError
from inknet.mlp.blas_workspace import retain_freed_memory

__all__ = ["PREFIX_BYTES", "Task", "recognize_images", "serve"]

#: The number of bytes of the size before a message.
PREFIX_BYTES = 4

#: A function of a recognizer and other arguments, which can be pickled, as its result can.
Task = Callable[..., Any]


def recognize_images(recognizer: Recognizer, images: Sequence[bytes]) -> list[Timed | Exception]:
    """Recognize images; the result for an image that fails is its exception."""
    try:
        return [*recognizer.recognize_each(images)]
    except Exception as error:
        if len(images) == 1:
            return [error]
        # One unexpected failure must not fail the batch.
        return [result for image in images for result in recognize_images(recognizer, [image])]


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Read a recognizer, reply ``None``; then read tasks and reply with their results, until the source ends."""
    # The parent can exit at any time, even halfway through a message; and a message can be too large.
    with suppress(EOFError, ConnectionError, pickle.UnpicklingError, MemoryError):
        recognizer, memory = pickle.load(source)  # noqa: S301 - from the parent process
        if memory is not None:
            _limit_memory(memory)
        reply: object = None
        # Nothing that is there now becomes garbage.
        gc.freeze()
        while True:
            message = pickle.dumps(reply)
            sink.write(len(message).to_bytes(PREFIX_BYTES) + message)
            sink.flush()
            if isinstance(reply, Exception):
                # It holds what its functions held, often in circles.
                reply = None
                gc.collect()
            reply = _run(recognizer, *pickle.load(source))  # noqa: S301


def _run(recognizer: Recognizer, task: Task, arguments: tuple[Any, ...]) -> object:
    """Return a task's result, or its exception."""
    try:
        result = task(recognizer, *arguments)
    except Exception as error:
        return _picklable(error)
    return [*map(_picklable, result)] if isinstance(result, list) else result


def _picklable(result: object) -> object:
    """Return a result that can be pickled: an unexpected exception is replaced by its traceback."""
    if isinstance(result, Exception) and not isinstance(result, (InknetError, MemoryError)):
        return RuntimeError("".join(traceback.format_exception(result)))
    return result


def _limit_memory(more: int) -> None:
    """Let this process take this many bytes more; a request for memory beyond that fails. Only on Linux."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + more
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _main() -> None:
    # SIGTERM is sent to all processes of a service at once, but this one is needed until the parent closes its socket.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Of Pillow, about an image: it has no logger here, and would write them to the service's standard error.
    warnings.simplefilter("ignore")
    logging.disable()
    # Else an image of 280×280 takes a fifth longer: its 1.1 MB would be returned and requested again each time.
    retain_freed_memory(1 << 23)
    with (
        # Closing the sink fails if the parent exits with a reply unread.
        suppress(ConnectionError),
        socket.socket(fileno=os.dup(sys.stdin.fileno())) as connection,
        connection.makefile("rb") as source,
        connection.makefile("wb") as sink,
        threadpool_limits(limits=1, user_api="blas"),
    ):
        serve(source, sink)


if __name__ == "__main__":
    _main()
