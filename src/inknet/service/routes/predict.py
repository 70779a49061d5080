"""POST /predict: recognizes the digit in an image."""

from collections.abc import Callable, Coroutine
from typing import Any, cast

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from inknet.errors import ImageError, ImageTooLargeError, NoInkError
from inknet.service.problems import Kind, ProblemError, describe_problems
from inknet.service.recognition.recognizer_process import RecognizerProcessError
from inknet.service.recognition.tasks import recognize_body
from inknet.service.routes.dependencies import get_recognizer, slot
from inknet.service.schemas.image_body import REQUEST_BODY, check_content_type, extract_image
from inknet.service.schemas.prediction import PredictionResponse

__all__ = ["router"]

#: Up to these sizes, a PNG takes a few milliseconds; one of 16 megapixels takes seconds.
SMALL_BYTES, SMALL_PIXELS = 64 * 1024, 320 * 320
#: As base64 in JSON, it is a third larger.
SMALL_BODY = 96 * 1024

#: Chunks of a PNG file that take time beside its pixels: compressed ones, of which a kilobyte can expand to a megabyte,
#: and an animation's.
_SLOW_CHUNKS = (b"zTXt", b"iTXt", b"iCCP", b"acTL")

_PNG_START = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


class _PlainRoute(APIRoute):
    """A route whose function takes a request and returns a response: FastAPI only documents it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function itself, without FastAPI's dependencies and validation, which cost time per request."""
        return cast("Callable[[Request], Coroutine[Any, Any, Response]]", self.endpoint)


router = APIRouter(route_class=_PlainRoute)


@router.post(
    "/predict",
    response_model=PredictionResponse,
    openapi_extra={"requestBody": REQUEST_BODY},
    responses=describe_problems(
        Kind.NOT_AN_IMAGE,
        Kind.NO_INK,
        Kind.BODY_TOO_SLOW,
        Kind.BODY_TOO_LARGE,
        Kind.TOO_MANY_PIXELS,
        Kind.NOT_AN_IMAGE_TYPE,
        Kind.UNKNOWN_ENCODING,
        Kind.BROKEN_ENCODING,
        Kind.MALFORMED_FORM,
        Kind.MALFORMED_JSON,
        Kind.OVERLOADED,
        Kind.TOO_SLOW,
        Kind.RECOGNIZER_GONE,
        Kind.MODEL_UNAVAILABLE,
    ),
)
async def predict(request: Request) -> Response:
    """Recognize the digit in an image: the request's body, the file field `image` of a form, or base64 in JSON."""
    recognizer = await get_recognizer(request)
    content_type = request.headers.get("content-type", "")
    check_content_type(content_type)
    body = await request.body()
    state = request.app.state
    try:
        with slot(request):
            # A form or JSON of this size takes a few milliseconds, whatever is in it.
            image = await extract_image(content_type, body) if len(body) <= SMALL_BODY else None
            pixels = None if image is None else _count_pixels(image)
            if image is not None and pixels is not None:
                prediction, seconds = await state.batcher.recognize(image, pixels)
            else:
                prediction, seconds = await state.image_queue.run(request, recognize_body, content_type, body)
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


def _count_pixels(image: bytes) -> int | None:
    """Return the number of pixels of a PNG that takes little time whatever is in it; others go to a queue.

    The page sends PNG files, whose width and height are at a fixed place. The size of the file alone says little: a
    blank image of 16 megapixels fits into 6 KiB.
    """
    if len(image) > SMALL_BYTES or not image.startswith(_PNG_START):
        return None
    # Decoders use the last header.
    if b"IHDR" in image[24:] or any(kind in image for kind in _SLOW_CHUNKS):
        return None
    pixels = int.from_bytes(image[16:20]) * int.from_bytes(image[20:24])
    return pixels if pixels <= SMALL_PIXELS else None
