"""POST /predict: an image goes in, the digit in it, or another class, comes out."""

from collections.abc import Callable, Coroutine
from typing import Any, cast

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from inknet.digits import Recognizer
from inknet.digits.recognizer import Timed
from inknet.errors import ImageError, ImageTooLargeError, NoInkError
from inknet.service.middleware.headers import header
from inknet.service.problems import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    MALFORMED_FORM,
    MODEL_UNAVAILABLE,
    NO_INK,
    NOT_AN_IMAGE,
    NOT_AN_IMAGE_TYPE,
    OVERLOADED,
    RECOGNIZER_GONE,
    TOO_MANY_PIXELS,
    ProblemError,
    describe_problems,
)
from inknet.service.recognition.recognizer_process import RecognizerGoneError
from inknet.service.routes.form import FORM_TYPE, image_of_form
from inknet.service.routes.model import served_recognizer
from inknet.service.schemas.prediction import PredictionAnswer

__all__ = ["router"]

#: What a raw body may call itself. Its bytes decide what it is.
IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif")

#: Images up to here take some milliseconds; one of 16 megapixels takes seconds.
SMALL_BYTES, SMALL_PIXELS = 64 * 1024, 320 * 320

#: Parts of a PNG file that are compressed apart from its pixels; so many megabytes may fit into each kilobyte of them.
_COMPRESSED = (b"zTXt", b"iTXt", b"iCCP")

_PNG_START = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORM_SCHEMA = {
    "type": "object",
    "properties": {"image": {"type": "string", "format": "binary", "description": "The image file."}},
    "required": ["image"],
}
_REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "description": "An image of one digit, of any size up to the limits, dark on light or light on dark.",
    "content": {**dict.fromkeys(IMAGE_TYPES, _BINARY), FORM_TYPE: {"schema": _FORM_SCHEMA}},
}


class _PlainRoute(APIRoute):
    """A route whose function takes the request and returns the response: FastAPI only documents it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function itself, and not one that looks for what it needs and checks what it returns."""
        return cast("Callable[[Request], Coroutine[Any, Any, Response]]", self.endpoint)


router = APIRouter(route_class=_PlainRoute)


@router.post(
    "/predict",
    response_model=PredictionAnswer,
    openapi_extra={"requestBody": _REQUEST_BODY},
    responses=describe_problems(
        NOT_AN_IMAGE,
        NO_INK,
        BODY_TOO_SLOW,
        BODY_TOO_LARGE,
        TOO_MANY_PIXELS,
        NOT_AN_IMAGE_TYPE,
        MALFORMED_FORM,
        OVERLOADED,
        RECOGNIZER_GONE,
        MODEL_UNAVAILABLE,
    ),
)
async def predict(request: Request) -> Response:
    """Recognize the digit in an image: the request's body, or the file field `image` of a form."""
    recognizer = await served_recognizer(request)
    image = await _image_of(request)
    state = request.app.state
    try:
        with state.workload.place():
            if _is_small(image):
                prediction, seconds = await state.batching.recognize(recognizer, image)
            else:
                prediction, seconds = await _in_a_thread(recognizer, image, state.large_images)
    except RecognizerGoneError as error:
        raise ProblemError(RECOGNIZER_GONE, headers={"Retry-After": "1"}) from error
    except ImageTooLargeError as error:
        raise ProblemError(TOO_MANY_PIXELS, str(error)) from error
    except NoInkError as error:
        raise ProblemError(NO_INK, str(error)) from error
    except ImageError as error:
        raise ProblemError(NOT_AN_IMAGE, str(error)) from error
    if state.metrics is not None:
        state.metrics.observe_answer(prediction.digit, prediction.certain)
        state.metrics.observe_stages(seconds)
    answer = PredictionAnswer(**prediction.as_dict(), model=recognizer.name, model_sha256=recognizer.sha256)
    return Response(answer.model_dump_json(), media_type="application/json")


async def _image_of(request: Request) -> bytes:
    """Return the bytes of the image that the request carries."""
    content_type = header(request.scope, b"content-type")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == FORM_TYPE:
        return image_of_form(await request.body(), content_type)
    if media_type in IMAGE_TYPES:
        return await request.body()
    sent = f"is {media_type!r}" if media_type else "has no Content-Type"
    raise ProblemError(
        NOT_AN_IMAGE_TYPE,
        f"The body {sent}: send an image as {', '.join(IMAGE_TYPES)}, or a form as {FORM_TYPE}.",
        {"Accept": ", ".join((*IMAGE_TYPES, FORM_TYPE))},
    )


def _is_small(image: bytes) -> bool:
    """Tell whether an image is quick enough to be recognized in the event loop.

    The page's images are, and they are PNG, which has its width and height at a fixed place: reading them costs
    next to nothing. How small the file is says little, since a blank image of 16 megapixels fits into 6 KiB. All
    else goes to a thread, where it holds nobody up.
    """
    if len(image) > SMALL_BYTES or not image.startswith(_PNG_START):
        return False
    # A second header would count instead of the first.
    if b"IHDR" in image[24:] or any(kind in image for kind in _COMPRESSED):
        return False
    width, height = int.from_bytes(image[16:20]), int.from_bytes(image[20:24])
    return width * height <= SMALL_PIXELS


async def _in_a_thread(recognizer: Recognizer, image: bytes, limiter: CapacityLimiter) -> Timed:
    """Recognize a large image while the event loop goes on answering others."""
    return await to_thread.run_sync(recognizer.recognize_timed, image, limiter=limiter)
