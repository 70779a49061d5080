"""The Open Inference Protocol, version 2 (REST), of KServe and Triton: the model `digits` under ``/v2``."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

import inknet
from inknet.digits import Recognizer
from inknet.digits.grid import PIXELS
from inknet.service.problems import Kind, ProblemError, describe_problems
from inknet.service.recognition import tasks
from inknet.service.recognition.tasks import Inference
from inknet.service.routes.chunked_response import ChunkedResponse
from inknet.service.routes.dependencies import WHEN_READY, LoadedRecognizer, slot
from inknet.service.schemas import inference as schemas
from inknet.service.schemas.tensors import HEADER_LENGTH, read_request

__all__ = ["router"]

router = APIRouter()

MODEL = "digits"

#: Up to this size, a body takes a few milliseconds; larger ones go to a recognizer process.
SMALL_BYTES = 16 * 1024

_INPUTS = [schemas.TensorMetadata(name="image", datatype="FP32", shape=[-1, PIXELS])]

_MODEL = f"/v2/models/{MODEL}"
_VERSION = _MODEL + "/versions/{version}"
# Documented by hand: for a declared parameter, FastAPI would document a validation error that cannot occur.
_VERSION_PARAMETER: dict[str, Any] = {
    "parameters": [{"name": "version", "in": "path", "required": True, "schema": {"type": "string"}}]
}


def _describe_request() -> dict[str, Any]:
    """Return the OpenAPI description of the request body of an inference."""
    schema = schemas.InferRequest.model_json_schema()
    # Inlined: OpenAPI resolves references from the root of its own document.
    definitions = schema.pop("$defs")
    schema["properties"]["inputs"]["items"] = definitions["InputTensor"]
    schema["properties"]["outputs"]["items"] = definitions["RequestedOutput"]
    return {
        "required": True,
        "description": f"JSON; or, with the header `{HEADER_LENGTH}`, that many bytes of JSON, then the tensor's.",
        "content": {
            "application/json": {"schema": schema},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }


async def _get_version(request: Request, recognizer: LoadedRecognizer) -> Recognizer:
    """Return the recognizer, if it has the version in the path, if any."""
    version = request.path_params.get("version")
    if version not in {None, _version(recognizer)}:
        raise ProblemError(
            Kind.UNKNOWN_VERSION, f"The model has no version {version!r}; it has {_version(recognizer)!r}."
        )
    return recognizer


RequestedRecognizer = Annotated[Recognizer, Depends(_get_version)]


def _version(recognizer: Recognizer) -> str:
    return recognizer.sha256[:12] or "0"


@router.get("/v2")
async def server() -> schemas.ServerMetadata:
    """Describe the server."""
    return schemas.ServerMetadata(name="inknet", version=inknet.__version__, extensions=["binary_tensor_data"])


@router.get("/v2/health/live")
async def live() -> schemas.Live:
    """Check that the process responds."""
    return schemas.Live(live=True)


@router.get("/v2/health/ready", **WHEN_READY)
async def ready() -> schemas.Ready:
    """Check that the model is loaded and the service is not shutting down."""
    return schemas.Ready(ready=True)


@router.get(_MODEL, responses=describe_problems(Kind.MODEL_UNAVAILABLE))
@router.get(
    _VERSION,
    responses=describe_problems(Kind.UNKNOWN_VERSION, Kind.MODEL_UNAVAILABLE),
    openapi_extra=_VERSION_PARAMETER,
)
async def metadata(recognizer: RequestedRecognizer) -> schemas.ModelMetadata:
    """Describe the inputs and outputs of the model."""
    outputs = [
        schemas.TensorMetadata(name="digit", datatype="INT64", shape=[-1]),
        schemas.TensorMetadata(name="probabilities", datatype="FP32", shape=[-1, len(recognizer.classes)]),
        schemas.TensorMetadata(name="certain", datatype="BOOL", shape=[-1]),
    ]
    return schemas.ModelMetadata(
        name=MODEL, versions=[_version(recognizer)], platform="inknet", inputs=_INPUTS, outputs=outputs
    )


@router.get(_MODEL + "/ready", **WHEN_READY)
@router.get(
    _VERSION + "/ready",
    **WHEN_READY
    | {"responses": describe_problems(Kind.UNKNOWN_VERSION, Kind.MODEL_UNAVAILABLE, Kind.DRAINING)}
    | {"openapi_extra": _VERSION_PARAMETER},
)
async def model_ready(recognizer: RequestedRecognizer) -> schemas.ModelReady:  # noqa: ARG001 - it must be loaded
    """Check that the model is loaded."""
    return schemas.ModelReady(name=MODEL, ready=True)


_PROBLEMS = (
    *(Kind.NOT_THE_TENSORS, Kind.BODY_TOO_SLOW, Kind.BODY_TOO_LARGE, Kind.TOO_MANY_PIXELS),
    *(Kind.UNKNOWN_ENCODING, Kind.BROKEN_ENCODING, Kind.OVERLOADED, Kind.TOO_SLOW, Kind.RECOGNIZER_GONE),
    Kind.MODEL_UNAVAILABLE,
)
_REQUEST_BODY = {"requestBody": _describe_request()}


@router.post(
    _MODEL + "/infer",
    response_model=schemas.InferResponse,
    responses=describe_problems(*_PROBLEMS),
    openapi_extra=_REQUEST_BODY,
)
@router.post(
    _VERSION + "/infer",
    response_model=schemas.InferResponse,
    responses=describe_problems(*_PROBLEMS, Kind.UNKNOWN_VERSION),
    openapi_extra=_REQUEST_BODY | _VERSION_PARAMETER,
)
async def infer(request: Request, recognizer: RequestedRecognizer) -> Response:
    """Recognize the digits in a batch of images."""
    body, header_length = await request.body(), request.headers.get(HEADER_LENGTH)
    state, model = request.app.state, (MODEL, _version(recognizer))
    with slot(request):
        # Let requests that arrived in the meantime count towards the limit: inference blocks the event loop.
        await asyncio.sleep(0)
        if len(body) > SMALL_BYTES:
            arguments = (body, header_length, state.settings.max_batch, model)
            inference: Inference = await state.batch_queue.run(request, tasks.infer, *arguments)
        else:
            batch = read_request(body, header_length, state.settings.max_batch)
            # A small file can be a large image.
            if isinstance(batch[1], list):
                inference = await state.batch_queue.run(request, tasks.infer_batch, batch, model)
            else:
                inference = tasks.infer_batch(recognizer, batch, model)
    if state.metrics is not None:
        for digit, is_certain in zip(inference.digits, inference.certain, strict=True):
            state.metrics.observe_answer(digit, is_certain)
    if inference.json_length is None:
        return ChunkedResponse(inference.content, media_type="application/json")
    headers = {HEADER_LENGTH: str(inference.json_length)}
    return ChunkedResponse(inference.content, 200, headers, "application/octet-stream")
