"""The Lambda handler, run as Lambda runs it: by Amazon's runtime client, which asks a small Runtime API on loopback."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from uuid import uuid4

__all__ = ["LocalLambda", "image_command", "running_lambda"]

ROOT = Path(__file__).parents[2]


class RuntimeApi(ThreadingHTTPServer):
    """The Runtime API, version 2018-06-01: a runtime client fetches events from it, and returns responses to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        #: The next event, as JSON; None ends the connection that waits for it.
        self.events: SimpleQueue[bytes | None] = SimpleQueue()
        #: What the client has posted: the last word of the path (response or error) and the body.
        self.posts: SimpleQueue[tuple[str, bytes]] = SimpleQueue()


class _Exchange(BaseHTTPRequestHandler):
    """One exchange of the client with the Runtime API."""

    protocol_version = "HTTP/1.1"
    # Head and body in one write: the second of two would wait for an acknowledgement.
    wbufsize = -1
    server: RuntimeApi

    def do_GET(self) -> None:
        assert self.path == "/2018-06-01/runtime/invocation/next"
        event = self.server.events.get()
        if event is None:
            self.close_connection = True
            return
        headers = {
            "Lambda-Runtime-Aws-Request-Id": str(uuid4()),
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 15_000),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:inknet:live",
            "Content-Type": "application/json",
        }
        self._answer(200, event, headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(202, b'{"status":"OK"}', {"Content-Type": "application/json"})
        self.wfile.flush()
        self.server.posts.put((self.path.rpartition("/")[2], body))

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing."""


class LocalLambda:
    """A container of the function: one process that handles one event at a time."""

    def __init__(self, api: RuntimeApi, process: "subprocess.Popen[str]") -> None:
        self.api = api
        self.process = process

    def invoke(self, event: dict[str, Any], seconds: float = 30) -> dict[str, Any]:
        """Return the answer to an event.

        Raises
        ------
        RuntimeError
            If the client posts an error, of the event or of the start, or has ended before.
        """
        if self.process.poll() is not None:
            raise RuntimeError("the container has ended")
        self.api.events.put(json.dumps(event).encode())
        kind, body = self.api.posts.get(timeout=seconds)
        if kind != "response":
            raise RuntimeError(body.decode())
        answer: dict[str, Any] = json.loads(body)
        return answer

    def stop(self) -> str:
        """Stop the process; return what it wrote, which would be in the function's log."""
        self.process.terminate()
        return self.process.communicate(timeout=10)[0]


def image_command() -> list[str]:
    """Return the command that the Lambda image runs, with this Python."""
    dockerfile = (ROOT / "deploy" / "aws" / "Dockerfile").read_text(encoding="utf-8")
    lists = re.findall(r"^(?:ENTRYPOINT|CMD) (\[.*\])$", dockerfile, re.MULTILINE)
    program, *arguments = [word for found in lists for word in json.loads(found)]
    assert program == "python"
    return [sys.executable, *arguments]


@contextmanager
def running_lambda(**environment: str) -> Iterator[LocalLambda]:
    """Start a container, and stop it."""
    with RuntimeApi() as api:
        threading.Thread(target=api.serve_forever, args=(0.05,), daemon=True).start()
        address = f"127.0.0.1:{api.server_port}"
        process = subprocess.Popen(
            image_command(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "AWS_LAMBDA_RUNTIME_API": address, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        )
        with process:
            try:
                yield LocalLambda(api, process)
            finally:
                process.kill()
                api.events.put(None)
                api.shutdown()
