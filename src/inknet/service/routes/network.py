"""GET /model/network: the parameters of the served network, for clients that show or evaluate it themselves."""

import base64
import gzip
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from fastapi import APIRouter, Request, Response
from numpy.typing import NDArray

from inknet.digits import Recognizer
from inknet.mlp.layer import Layer
from inknet.service.problems import Kind, describe_problems
from inknet.service.routes.chunked_response import ChunkedResponse
from inknet.service.routes.dependencies import LoadedRecognizer
from inknet.service.schemas.model import CertaintyParameters, LayerParameters, NetworkParameters

__all__ = ["network_document", "router"]

router = APIRouter()


@router.get(
    "/model/network",
    response_model=NetworkParameters,
    responses={
        **describe_problems(Kind.MODEL_UNAVAILABLE),
        304: {"description": "Not modified: the ETag matches If-None-Match."},
    },
)
async def network(request: Request, recognizer: LoadedRecognizer) -> Response:
    """Return all weights and biases of the served model; the ETag is the hash of its file."""
    # Weak, because it is the same for the compressed document.
    headers = {"ETag": f'W/"{recognizer.sha256}"', "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or f'"{recognizer.sha256}"' in known:
        return Response(status_code=304, headers=headers)
    content = network_document(recognizer)
    if "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["Content-Encoding"] = _compressed(content), "gzip"
    return ChunkedResponse(content, media_type="application/json", headers=headers)


#: Cached, because it takes 50 ms.
_compressed = lru_cache(maxsize=1)(gzip.compress)


@lru_cache(maxsize=1)
def network_document(recognizer: Recognizer) -> bytes:
    """Return the response body; cached, because it takes almost a megabyte."""
    detector = recognizer.outlier_detector
    parameters = NetworkParameters(
        name=recognizer.name,
        sha256=recognizer.sha256,
        classes=list(recognizer.classes),
        normalize=recognizer.normalizes,
        moments=bool(recognizer.network.metadata.get("moments")),
        layers=_layers(recognizer.network.layers),
        certainty=None
        if detector is None
        else CertaintyParameters(layers=_layers(detector.network.layers), threshold=detector.threshold),
    )
    return parameters.model_dump_json().encode()


def _layers(layers: Sequence[Layer]) -> list[LayerParameters]:
    return [
        LayerParameters(
            inputs=layer.inputs,
            nodes=len(layer),
            activation=layer.activation.name,
            weights=_base64(layer.weights),
            biases=_base64(layer.biases),
        )
        for layer in layers
    ]


def _base64(values: NDArray[np.floating]) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode()
