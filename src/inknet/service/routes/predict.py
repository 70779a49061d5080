"""POST /predict: recognizes the digit in an image."""

from collections.abc import Callable, Coroutine
from typing import Any, cast

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException

from inknet.errors import ImageError, ImageTooLargeError, NoInkError
from inknet.service.problems import Kind, ProblemError, describe_problems
from inknet.service.recognition.recognizer_process import RecognizerProcessError
from inknet.service.routes.dependencies import get_recognizer, slot
from inknet.service.schemas.prediction import PredictionResponse

__all__ = ["router"]

#: The accepted Content-Types of an image. The format is detected from the bytes.
IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif")

FORM_TYPE = "multipart/form-data"

#: The maximum number of files, and of other fields, in a form.
MAX_FORM_PARTS = 16

#: Up to these sizes, an image takes a few milliseconds; one of 16 megapixels takes seconds.
SMALL_BYTES, SMALL_PIXELS = 64 * 1024, 320 * 320

#: Chunks of a PNG file that are compressed apart from its pixels; a kilobyte can expand to a megabyte.
_COMPRESSED_CHUNKS = (b"zTXt", b"iTXt", b"iCCP")

_PNG_START = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORM_SCHEMA = {
    "type": "object",
    "properties": {"image": {"type": "string", "format": "binary", "description": "The image file."}},
    "required": ["image"],
}
_REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "description": "An image of one digit, dark on light or light on dark, of any size up to the limits.",
    "content": {**dict.fromkeys(IMAGE_TYPES, _BINARY), FORM_TYPE: {"schema": _FORM_SCHEMA}},
}


class _PlainRoute(APIRoute):
    """A route whose function takes a request and returns a response: FastAPI only documents it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function itself, without FastAPI's dependencies and validation, which cost time per request."""
        return cast("Callable[[Request], Coroutine[Any, Any, Response]]", self.endpoint)


router = APIRouter(route_class=_PlainRoute)


@router.post(
    "/predict",
    response_model=PredictionResponse,
    openapi_extra={"requestBody": _REQUEST_BODY},
    responses=describe_problems(
        Kind.NOT_AN_IMAGE,
        Kind.NO_INK,
        Kind.BODY_TOO_SLOW,
        Kind.BODY_TOO_LARGE,
        Kind.TOO_MANY_PIXELS,
        Kind.NOT_AN_IMAGE_TYPE,
        Kind.MALFORMED_FORM,
        Kind.OVERLOADED,
        Kind.RECOGNIZER_GONE,
        Kind.MODEL_UNAVAILABLE,
    ),
)
async def predict(request: Request) -> Response:
    """Recognize the digit in an image: the request's body, or the file field `image` of a form."""
    recognizer = await get_recognizer(request)
    image = await _read_image(request)
    state = request.app.state
    try:
        with slot(request):
            if _is_small(image):
                prediction, seconds = await state.batcher.recognize(recognizer, image)
            else:
                prediction, seconds = await to_thread.run_sync(
                    recognizer.recognize_timed, image, limiter=state.large_image_limiter
                )
    except RecognizerProcessError as error:
        raise ProblemError(Kind.RECOGNIZER_GONE, headers={"Retry-After": "1"}) from error
    except ImageTooLargeError as error:
        raise ProblemError(Kind.TOO_MANY_PIXELS, str(error)) from error
    except NoInkError as error:
        raise ProblemError(Kind.NO_INK, str(error)) from error
    except ImageError as error:
        raise ProblemError(Kind.NOT_AN_IMAGE, str(error)) from error
    if state.metrics is not None:
        state.metrics.observe_answer(prediction.digit, prediction.certain)
        state.metrics.observe_stages(seconds)
    response = PredictionResponse(**prediction.as_dict(), model=recognizer.name, model_sha256=recognizer.sha256)
    return Response(response.model_dump_json(), media_type="application/json")


async def _read_image(request: Request) -> bytes:
    """Return the bytes of the image in a request."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == FORM_TYPE:
        return await _read_form(request)
    if media_type in IMAGE_TYPES:
        return await request.body()
    got = f"got {media_type!r}" if media_type else "the request has no Content-Type"
    raise ProblemError(
        Kind.NOT_AN_IMAGE_TYPE,
        f"Send an image as {', '.join(IMAGE_TYPES)}, or a form as {FORM_TYPE}; {got}.",
        {"Accept": ", ".join((*IMAGE_TYPES, FORM_TYPE))},
    )


async def _read_form(request: Request) -> bytes:
    """Return the bytes of the file field `image` of a form, whatever media type the field declares."""
    _, options = parse_options_header(request.headers["content-type"])
    boundary = options.get(b"boundary")
    if not boundary:
        raise ProblemError(Kind.MALFORMED_FORM, f"The Content-Type must have a boundary: send {FORM_TYPE}; boundary=….")
    # Starlette accepts truncated forms.
    if b"--" + boundary + b"--" not in await request.body():
        raise ProblemError(
            Kind.MALFORMED_FORM, "The form must end with its boundary: it is truncated or has another one."
        )
    try:
        async with request.form(max_files=MAX_FORM_PARTS, max_fields=MAX_FORM_PARTS) as form:
            images = form.getlist("image")
            if len(images) != 1:
                raise ProblemError(
                    Kind.MALFORMED_FORM, f"The form must have one file field 'image', got {len(images)}."
                )
            if isinstance(images[0], str):
                raise ProblemError(Kind.MALFORMED_FORM, "The field 'image' must be a file, got text: send a file name.")
            return await images[0].read()
    except HTTPException as error:
        raise ProblemError(Kind.MALFORMED_FORM, error.detail) from error
    except FormParserError as error:  # which Starlette before 1.0 lets through
        raise ProblemError(Kind.MALFORMED_FORM, "Invalid multipart data.") from error
    except UnicodeError as error:  # from the codec of a `charset` parameter
        raise ProblemError(Kind.MALFORMED_FORM, f"The form cannot be decoded: {error}.") from error


def _is_small(image: bytes) -> bool:
    """Return whether an image is fast enough to recognize in the event loop; others go to a thread.

    The page sends PNG files, whose width and height are at a fixed place. The size of the file alone says little: a
    blank image of 16 megapixels fits into 6 KiB.
    """
    if len(image) > SMALL_BYTES or not image.startswith(_PNG_START):
        return False
    # Decoders use the last header.
    if b"IHDR" in image[24:] or any(kind in image for kind in _COMPRESSED_CHUNKS):
        return False
    width, height = int.from_bytes(image[16:20]), int.from_bytes(image[20:24])
    return width * height <= SMALL_PIXELS
