"""The recognizer served by LitServe.

Usage: python lit.py PORT

It takes no raw bodies: the image comes as base64 in JSON, which costs it less than a form.
"""

import base64
import sys
from typing import Any

import litserve
from threadpoolctl import threadpool_limits

from inknet import Recognizer


class Digits(litserve.LitAPI):  # type: ignore[misc]
    """What LitServe calls, in a process of its own."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe's form
        """Load the model; like inknet's service, with one thread for BLAS."""
        threadpool_limits(limits=1, user_api="blas")
        self.recognizer = Recognizer.load()

    def decode_request(self, request: dict[str, str]) -> bytes:
        """Return the image."""
        return base64.b64decode(request["image"])

    def predict(self, image: bytes) -> dict[str, Any]:
        """Recognize, and answer as inknet does."""
        found = self.recognizer.recognize(image).as_dict()
        return {**found, "model": self.recognizer.name, "model_sha256": self.recognizer.sha256}

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        """Return it as it is."""
        return output


if __name__ == "__main__":
    server = litserve.LitServer(Digits(api_path="/predict"), accelerator="cpu", fast_queue=True)
    server.run(
        "127.0.0.1",
        int(sys.argv[1]),
        num_api_servers=1,
        log_level="warning",
        generate_client_file=False,
        access_log=False,
    )
