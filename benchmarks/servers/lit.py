"""The recognizer served by LitServe.

Usage: python lit.py PORT

LitServe takes no raw bodies; base64 in JSON costs it less than a form.
"""

import base64
import sys
from typing import Any

import litserve
from threadpoolctl import threadpool_limits

from inknet import Recognizer


class Digits(litserve.LitAPI):  # type: ignore[misc]
    """The API that LitServe runs in a worker process."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe's signature
        """Load the model, with one BLAS thread as in inknet's service."""
        threadpool_limits(limits=1, user_api="blas")
        self.recognizer = Recognizer.load()

    def decode_request(self, request: dict[str, str]) -> bytes:
        """Return the bytes of the image."""
        return base64.b64decode(request["image"])

    def predict(self, image: bytes) -> dict[str, Any]:
        """Return the answer of inknet's service."""
        found = self.recognizer.recognize(image).as_dict()
        return {**found, "model": self.recognizer.name, "model_sha256": self.recognizer.sha256}

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        """Return the answer unchanged."""
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
