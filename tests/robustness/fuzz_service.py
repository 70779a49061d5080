"""Fuzz targets of the REST service: images, forms and batches, passed to the ASGI app without a server."""

import asyncio
import base64
import io
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

__all__ = [
    "FuzzError",
    "ask_to_infer",
    "ask_with_form",
    "ask_with_image",
    "form_seeds",
    "image_seeds",
    "infer_seeds",
]

_FORM = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n%b\r\n--x--\r\n'


class FuzzError(Exception):
    """An input was neither read nor properly refused."""


def ask_with_image(data: bytes, path: Path) -> object:  # noqa: ARG001 - the signature of `Target.read`
    return _ask("/predict", data, {"content-type": "image/png"})


def image_seeds(path: Path) -> Iterable[bytes]:  # noqa: ARG001 - the signature of `Target.seeds`
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (28, 28), "white")
    ImageDraw.Draw(image).line([(8, 6), (20, 6), (12, 22)], fill="black", width=3)
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF"):
        for mode in ("RGB", "L", "RGBA", "P", "1"):
            buffer = io.BytesIO()
            try:
                image.convert(mode).save(buffer, kind)
            except OSError:  # the format does not support the mode
                continue
            yield buffer.getvalue()


def ask_with_form(data: bytes, path: Path) -> object:  # noqa: ARG001 - the signature of `Target.read`
    return _ask("/predict", data, {"content-type": "multipart/form-data; boundary=x"})


def form_seeds(path: Path) -> Iterable[bytes]:
    for image in image_seeds(path):
        yield _FORM % image
    yield b'--x\r\nContent-Disposition: form-data; name="y"\r\n\r\nz\r\n' + _FORM % image


def ask_to_infer(data: bytes, path: Path) -> object:  # noqa: ARG001 - the signature of `Target.read`
    """POST a batch as JSON; if the first byte is 1, as JSON of the length in the next two bytes, then binary data."""
    if data[:1] != b"\1":
        return _ask("/v2/models/digits/infer", data, {})
    length = int.from_bytes(data[1:3], "little")
    return _ask("/v2/models/digits/infer", data[3:], {"inference-header-content-length": str(length)})


def infer_seeds(path: Path) -> Iterable[bytes]:
    stroke = [255 * (4 <= row < 24 and 13 <= column < 16) for row in range(28) for column in range(28)]
    image = {"name": "image", "datatype": "UINT8", "shape": [1, 784]}
    outputs = [{"name": "digit", "parameters": {"binary_data": True}}]
    yield json.dumps({"inputs": [image | {"data": stroke}]}).encode()
    yield json.dumps(
        {"id": "a", "inputs": [image | {"shape": [1, 28, 28], "data": stroke}], "outputs": outputs}
    ).encode()
    head = json.dumps({"inputs": [image | {"parameters": {"binary_data_size": 784}}]}).encode()
    yield b"\1" + len(head).to_bytes(2, "little") + head + bytes(stroke)
    files = image | {"datatype": "BYTES", "shape": [1]}
    for file in image_seeds(path):
        yield json.dumps({"inputs": [files | {"data": [base64.b64encode(file).decode()]}]}).encode()
        size = {"parameters": {"binary_data_size": len(file) + 4}}
        head = json.dumps({"inputs": [files | size]}).encode()
        yield b"\1" + len(head).to_bytes(2, "little") + head + len(file).to_bytes(4, "little") + file


@cache
def _service() -> tuple[Any, asyncio.AbstractEventLoop]:
    """Return the app and an event loop to call it in."""
    from inknet.digits import Recognizer
    from inknet.service import Settings, create_app

    return create_app(Settings(isolation=False), Recognizer.load()), asyncio.new_event_loop()


def _ask(path: str, body: bytes, headers: dict[str, str]) -> object:
    """POST a request and return the body of the response.

    Raises
    ------
    InputError
        For a 4xx response, with its detail.
    FuzzError
        For a 5xx response.
    """
    from inknet.mlp import InputError

    app, loop = _service()
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    sent: list[Any] = []

    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        # There is never another one: the client stays.
        return next(messages, None) or await asyncio.get_running_loop().create_future()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    loop.run_until_complete(app(scope, receive, send))
    status, answer = sent[0]["status"], b"".join(message["body"] for message in sent[1:])
    if status >= 500:
        raise FuzzError(f"{status}: {answer!r}")
    if status >= 400:
        raise InputError(json.loads(answer)["detail"])
    return answer
