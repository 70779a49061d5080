"""The image in a request: the body itself, a file of a form, or base64 in JSON."""

import reprlib
from collections.abc import AsyncGenerator
from typing import Any

from pydantic import ValidationError
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from inknet.service.problems import Kind, ProblemError, first_error
from inknet.service.schemas.image import ImageRequest

__all__ = ["REQUEST_BODY", "check_content_type", "extract_image"]

#: The Content-Types of an image that the documentation lists; any ``image/…`` is accepted.
BINARY_TYPE = "application/octet-stream"
IMAGE_TYPES = (
    *("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif", "image/tiff", "image/avif", "image/heic"),
    BINARY_TYPE,
)
#: What curl claims of any data.
CURL_TYPE = "application/x-www-form-urlencoded"
FORM_TYPE = "multipart/form-data"
JSON_TYPE = "application/json"

#: The maximum number of files, and of other fields, in a form.
MAX_FORM_PARTS = 16

#: The maximum number of values in a JSON object with an image.
MAX_JSON_VALUES = 1000

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORM_SCHEMA = {
    "type": "object",
    "properties": {
        "image": {"type": "string", "format": "binary", "description": "The image file; the only one has any name."}
    },
    "required": ["image"],
}
#: The OpenAPI description of the request body.
REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "description": "An image of one digit, dark on light or light on dark, of any size up to the limits.",
    "content": {
        **dict.fromkeys(IMAGE_TYPES, _BINARY),
        FORM_TYPE: {"schema": _FORM_SCHEMA},
        JSON_TYPE: {"schema": ImageRequest.model_json_schema()},
    },
}


def check_content_type(content_type: str) -> None:
    """Raise a ProblemError for 415 if a body with this Content-Type cannot be an image."""
    media_type = _media_type(content_type)
    # Labels are often missing, general or wrong: the bytes decide.
    if media_type in {"", BINARY_TYPE, CURL_TYPE, FORM_TYPE, JSON_TYPE} or media_type.startswith("image/"):
        return
    raise ProblemError(
        Kind.NOT_AN_IMAGE_TYPE,
        f"Send an image as {', '.join(IMAGE_TYPES)}, or in a form as {FORM_TYPE}, or as base64 in {JSON_TYPE};"
        f" got {media_type!r}.",
        {"Accept": ", ".join((*IMAGE_TYPES, FORM_TYPE, JSON_TYPE))},
    )


async def extract_image(content_type: str, body: bytes) -> bytes:
    """Return the bytes of the image in a body; a coroutine only because Starlette's parser of forms is one.

    Raises
    ------
    ProblemError
        If a form or JSON is malformed.
    """
    media_type = _media_type(content_type)
    if media_type == FORM_TYPE:
        return await _read_form(content_type, body)
    return _read_json(body) if media_type == JSON_TYPE else body


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _read_json(body: bytes) -> bytes:
    """Return the decoded image of a JSON object."""
    # Each value takes some 50 bytes: counted before they are made.
    if body.count(b",") > MAX_JSON_VALUES:
        raise ProblemError(
            Kind.MALFORMED_JSON, f"The JSON has more than {MAX_JSON_VALUES} values: send only the image."
        )
    try:
        return ImageRequest.model_validate_json(body).image
    except ValidationError as error:
        where, reason = first_error(error)
        raise ProblemError(Kind.MALFORMED_JSON, f"Invalid {where}: {reason.removeprefix('Value error, ')}.") from None


async def _read_form(content_type: str, body: bytes) -> bytes:
    """Return the bytes of the file field `image` of a form, or of its only file, whatever media type it declares."""

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise ProblemError(Kind.MALFORMED_FORM, f"The Content-Type must have a boundary: send {FORM_TYPE}; boundary=….")
    # Starlette accepts truncated forms.
    if b"--" + boundary + b"--" not in body:
        raise ProblemError(
            Kind.MALFORMED_FORM, "The form must end with its boundary: it is truncated or has another one."
        )
    headers = Headers({"Content-Type": content_type})
    parser = _FormInMemory(headers, stream(), max_files=MAX_FORM_PARTS, max_fields=MAX_FORM_PARTS)
    try:
        return await _only_file(await parser.parse()).read()
    except MultiPartException as error:
        raise ProblemError(Kind.MALFORMED_FORM, error.message) from error
    except FormParserError as error:  # which Starlette before 1.0 lets through
        raise ProblemError(Kind.MALFORMED_FORM, "Invalid multipart data.") from error
    except UnicodeError as error:  # from the codec of a `charset` parameter
        raise ProblemError(Kind.MALFORMED_FORM, f"The form cannot be decoded: {error}.") from error
    finally:
        # A form does not have the files of parts without an end.
        for file in parser._files_to_close_on_error:
            file.close()


class _FormInMemory(MultiPartParser):
    """Never writes temporary files, which a read-only system does not have: `BodyLimit` bounds the size."""

    # The second is its name in Starlette before 0.44.
    spool_max_size = max_file_size = 0


def _only_file(form: FormData) -> UploadFile:
    """Return the field `image` of a form, or its only file of another name."""
    fields = form.multi_items()
    is_named = any(name == "image" and isinstance(value, UploadFile) for name, value in fields)
    files = [value for name, value in fields if (name == "image" if is_named else isinstance(value, UploadFile))]
    if len(files) == 1 and isinstance(files[0], UploadFile):
        return files[0]
    got = ", ".join(f"{'text' if isinstance(value, str) else 'file'} {reprlib.repr(name)}" for name, value in fields)
    if not files and fields:
        raise ProblemError(Kind.MALFORMED_FORM, f"The form must have one file, which has a file name, got {got}.")
    raise ProblemError(Kind.MALFORMED_FORM, f"The form must have one file, got {len(files)}{got and f': {got}'}.")
