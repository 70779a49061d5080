"""An image as JSON."""

import base64
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from inknet.service.schemas.example import example

__all__ = ["ImageRequest", "decode_base64"]

#: A PNG of 28×28 with a vertical stroke.
_STROKE = (
    "iVBORw0KGgoAAAANSUhEUgAAABwAAAAcAQAAAABaduI5AAAAHElEQVR42mP8z8DwkYmBgYEBmfiJyqUJwY4hBgCN"
    "rAMo4XAYyAAAAABJRU5ErkJggg=="
)


def decode_base64(text: object) -> bytes:
    """Return the bytes of base64, in either alphabet, with or without line breaks and padding, or of a data: URL.

    Raises ValueError if it is something else.
    """
    if not isinstance(text, str):
        raise ValueError(f"must be a string, got {type(text).__name__}")
    head, comma, data = text.partition(",")
    if comma and not (head.startswith("data:") and head.endswith(";base64")):
        raise ValueError("must be base64, or a URL of the form data:image/png;base64,…")
    digits = "".join((data if comma else head).split()).rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except ValueError as error:
        raise ValueError(f"must be base64, or a data: URL of it: {error}") from None


class ImageRequest(BaseModel):
    """An image to recognize."""

    model_config = example(image=_STROKE)

    image: Annotated[bytes, BeforeValidator(decode_base64), WithJsonSchema({"type": "string"})] = Field(
        description="An image file as base64, or as a `data:` URL of it."
    )
