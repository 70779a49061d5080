"""The program of the recognizer process, which `inknet.service.recognition.recognizer_process` starts.

It loads nothing of HTTP. Its standard input is a socket: it reads a pickled recognizer, then batches of images, and
writes the results of each batch, pickled and prefixed with their size.
"""

import os
import pickle
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO

from threadpoolctl import threadpool_limits

from inknet.digits import ImageError, Recognizer
from inknet.digits.recognizer import Timed
from inknet.mlp.blas_workspace import retain_freed_memory

__all__ = ["PREFIX_BYTES", "recognize_images", "serve"]

#: The number of bytes of the size before a message.
PREFIX_BYTES = 4


def recognize_images(recognizer: Recognizer, images: Sequence[bytes]) -> Sequence[Timed | Exception]:
    """Recognize images; the result for an image that fails is its exception."""
    try:
        return recognizer.recognize_each(images)
    except Exception as error:
        if len(images) == 1:
            return [error]
        # One unexpected failure must not fail the batch.
        return [result for image in images for result in recognize_images(recognizer, [image])]


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Read a recognizer, write ``"ready"``; then read batches and write their results, until the source ends."""
    # The parent can exit at any time, even halfway through a message.
    with suppress(EOFError, ConnectionError, pickle.UnpicklingError):
        recognizer: Recognizer = pickle.load(source)  # noqa: S301 - from the parent process
        reply: object = "ready"
        while True:
            message = pickle.dumps(reply)
            sink.write(len(message).to_bytes(PREFIX_BYTES) + message)
            sink.flush()
            reply = [_picklable(result) for result in recognize_images(recognizer, pickle.load(source))]  # noqa: S301


def _picklable(result: Timed | Exception) -> Timed | Exception:
    """Return a result that can be pickled: an unexpected exception is replaced by its traceback."""
    if isinstance(result, Exception) and not isinstance(result, ImageError):
        return RuntimeError("".join(traceback.format_exception(result)))
    return result


def _main() -> None:
    # SIGTERM is sent to all processes of a service at once, but this one is needed until the parent closes its socket.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
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
