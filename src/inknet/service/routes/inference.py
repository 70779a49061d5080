"""The Open Inference Protocol, version 2 (REST), as KServe and Triton speak it: the model `digits` below ``/v2``."""

import asyncio
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response

import inknet
from inknet.digits import Recognizer
from inknet.digits.grid import PIXELS
from inknet.service.problems import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    DRAINING,
    MODEL_UNAVAILABLE,
    NOT_THE_TENSORS,
    OVERLOADED,
    UNKNOWN_VERSION,
    ProblemError,
    describe_problems,
)
from inknet.service.routes.health import check_ready
from inknet.service.routes.model import ServedRecognizer
from inknet.service.schemas.inference import (
    InferRequest,
    InferResponse,
    Live,
    ModelMetadata,
    ModelReady,
    Ready,
    ServerMetadata,
    TensorMetadata,
)
from inknet.service.schemas.tensors import HEADER_LENGTH, read_request, write_response

__all__ = ["router"]

router = APIRouter()

MODEL = "digits"

#: A body up to here takes some milliseconds; any larger one goes to a thread, where it holds nobody up.
SMALL_BYTES = 16 * 1024

_INPUTS = [TensorMetadata(name="image", datatype="FP32", shape=[-1, PIXELS])]

#: Where the model is; with a version in the path, it must be the one that is served.
_MODEL = f"/v2/models/{MODEL}"
_VERSION = _MODEL + "/versions/{version}"
# Said by hand: a parameter that FastAPI knows of brings an error with it that there is never.
_VERSION_PARAMETER: dict[str, Any] = {
    "parameters": [{"name": "version", "in": "path", "required": True, "schema": {"type": "string"}}]
}


def _describe_request() -> dict[str, Any]:
    """Return the OpenAPI description of what is inferred from."""
    schema = InferRequest.model_json_schema()
    # Put in their places: OpenAPI looks for references from the top of its own document.
    parts = schema.pop("$defs")
    schema["properties"]["inputs"]["items"] = parts["InputTensor"]
    schema["properties"]["outputs"]["items"] = parts["RequestedOutput"]
    return {
        "required": True,
        "description": f"JSON; or, with the header `{HEADER_LENGTH}`, so many bytes of JSON and then the tensor's.",
        "content": {
            "application/json": {"schema": schema},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }


async def _served(request: Request, recognizer: ServedRecognizer) -> Recognizer:
    """Return the recognizer, if it is the one that is asked for."""
    version = request.path_params.get("version")
    if version not in {None, _version(recognizer)}:
        raise ProblemError(UNKNOWN_VERSION, f"There is no version {version!r} of it; there is {_version(recognizer)}.")
    return recognizer


Served = Annotated[Recognizer, Depends(_served)]


def _version(recognizer: Recognizer) -> str:
    return recognizer.sha256[:12] or "0"


@router.get("/v2")
async def server() -> ServerMetadata:
    """Tell what answers."""
    return ServerMetadata(name="inknet", version=inknet.__version__, extensions=["binary_tensor_data"])


@router.get("/v2/health/live")
async def live() -> Live:
    """Say that the process answers."""
    return Live(live=True)


@router.get(
    "/v2/health/ready", dependencies=[Depends(check_ready)], responses=describe_problems(MODEL_UNAVAILABLE, DRAINING)
)
async def ready() -> Ready:
    """Say that there is a model, and no end in sight."""
    return Ready(ready=True)


@router.get(_MODEL, responses=describe_problems(MODEL_UNAVAILABLE))
@router.get(_VERSION, responses=describe_problems(UNKNOWN_VERSION, MODEL_UNAVAILABLE), openapi_extra=_VERSION_PARAMETER)
async def metadata(recognizer: Served) -> ModelMetadata:
    """Tell what the model takes and gives."""
    outputs = [
        TensorMetadata(name="digit", datatype="INT64", shape=[-1]),
        TensorMetadata(name="probabilities", datatype="FP32", shape=[-1, len(recognizer.classes)]),
        TensorMetadata(name="certain", datatype="BOOL", shape=[-1]),
    ]
    return ModelMetadata(
        name=MODEL, versions=[_version(recognizer)], platform="inknet", inputs=_INPUTS, outputs=outputs
    )


@router.get(
    _MODEL + "/ready", dependencies=[Depends(check_ready)], responses=describe_problems(MODEL_UNAVAILABLE, DRAINING)
)
@router.get(
    _VERSION + "/ready",
    dependencies=[Depends(check_ready)],
    responses=describe_problems(UNKNOWN_VERSION, MODEL_UNAVAILABLE, DRAINING),
    openapi_extra=_VERSION_PARAMETER,
)
async def model_ready(recognizer: Served) -> ModelReady:  # noqa: ARG001 - that there is one is the answer
    """Say that the model is there."""
    return ModelReady(name=MODEL, ready=True)


_PROBLEMS = (NOT_THE_TENSORS, BODY_TOO_SLOW, BODY_TOO_LARGE, OVERLOADED, MODEL_UNAVAILABLE)
_REQUEST_BODY = {"requestBody": _describe_request()}


@router.post(
    _MODEL + "/infer",
    response_model=InferResponse,
    responses=describe_problems(*_PROBLEMS),
    openapi_extra=_REQUEST_BODY,
)
@router.post(
    _VERSION + "/infer",
    response_model=InferResponse,
    responses=describe_problems(*_PROBLEMS, UNKNOWN_VERSION),
    openapi_extra=_REQUEST_BODY | _VERSION_PARAMETER,
)
async def infer(request: Request, recognizer: Served) -> Response:
    """Recognize the digits in a batch of images."""
    body, header_length = await request.body(), request.headers.get(HEADER_LENGTH)
    state = request.app.state

    def answer() -> Response:
        asked, images = read_request(body, header_length, state.settings.max_batch)
        probabilities, certain = recognizer.recognize_batch(images)
        content, json_length = write_response(asked, (MODEL, _version(recognizer)), probabilities, certain)
        if state.metrics is not None:
            for digit, sure in zip(probabilities.argmax(axis=1).tolist(), certain.tolist(), strict=True):
                state.metrics.observe_answer(digit, sure)
        if json_length is None:
            return Response(content, media_type="application/json")
        return Response(content, media_type="application/octet-stream", headers={HEADER_LENGTH: str(json_length)})

    with state.workload.place():
        if len(body) <= SMALL_BYTES:
            # They are recognized without a pause. Here the others that have come meanwhile get to be counted.
            await asyncio.sleep(0)
            return answer()
        return await to_thread.run_sync(answer, limiter=state.large_images)
