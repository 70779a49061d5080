"""What runs in the recognizer's own process, which `inknet.service.recognition.recognizer_process` starts.

It loads nothing of HTTP. Its standard input is a socket: a pickled recognizer comes in, and then batches of images; the
answers to each go out the same way, their number of bytes before them.
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

__all__ = ["SIZE_BYTES", "answers", "recognize_all"]

#: Bytes of the number of bytes.
SIZE_BYTES = 4


def answers(recognizer: Recognizer, images: Sequence[bytes]) -> Sequence[Timed | Exception]:
    """Recognize some images; where an error is raised, this is the answer."""
    try:
        return recognizer.recognize_each(images)
    except Exception as error:
        if len(images) == 1:
            return [error]
        # One image that nobody reckoned with shall not cost the others their answers.
        return [answer for image in images for answer in answers(recognizer, [image])]


def recognize_all(source: BinaryIO, sink: BinaryIO) -> None:
    """Take a recognizer from the source, and then batches, each answered before the next, until there are no more."""
    # The other side may be gone at any time, and leave half a message.
    with suppress(EOFError, ConnectionError, pickle.UnpicklingError):
        recognizer: Recognizer = pickle.load(source)  # noqa: S301 - from our own process
        answer: object = "ready"
        while True:
            message = pickle.dumps(answer)
            sink.write(len(message).to_bytes(SIZE_BYTES) + message)
            sink.flush()
            answer = [_portable(one) for one in answers(recognizer, pickle.load(source))]  # noqa: S301


def _portable(answer: Timed | Exception) -> Timed | Exception:
    """Return what can be pickled: of an error that nobody reckoned with, its traceback."""
    if isinstance(answer, Exception) and not isinstance(answer, ImageError):
        return RuntimeError("".join(traceback.format_exception(answer)))
    return answer


def _main() -> None:
    # It reaches every process of a service at once. This one ends when its socket is closed, by whatever way the other
    # one ends.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with (
        # When nobody reads any more, what the sink still holds cannot be sent as it is closed, either.
        suppress(ConnectionError),
        socket.socket(fileno=os.dup(sys.stdin.fileno())) as connection,
        connection.makefile("rb") as source,
        connection.makefile("wb") as sink,
        threadpool_limits(limits=1, user_api="blas"),
    ):
        recognize_all(source, sink)


if __name__ == "__main__":
    _main()
