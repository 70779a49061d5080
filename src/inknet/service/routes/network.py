"""GET /model/network: the numbers of the network that is served, for whoever wants to look inside or to compute."""

import base64
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from fastapi import APIRouter, Request, Response
from numpy.typing import NDArray

from inknet.digits import Recognizer
from inknet.mlp.layer import Layer
from inknet.service.problems import MODEL_UNAVAILABLE, describe_problems
from inknet.service.routes.chunks import ResponseInParts
from inknet.service.routes.model import ServedRecognizer
from inknet.service.schemas.prediction import CertaintyNumbers, LayerNumbers, NetworkNumbers

__all__ = ["network_document", "router"]

router = APIRouter()


@router.get(
    "/model/network",
    response_model=NetworkNumbers,
    responses={
        **describe_problems(MODEL_UNAVAILABLE),
        304: {"description": "The network is still the one of the ETag in If-None-Match."},
    },
)
async def network(request: Request, recognizer: ServedRecognizer) -> Response:
    """Tell all weights and biases of the model that is served; the ETag is the hash of its file."""
    headers = {"ETag": f'"{recognizer.sha256}"', "Cache-Control": "no-cache"}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return ResponseInParts(network_document(recognizer), media_type="application/json", headers=headers)


@lru_cache(maxsize=1)
def network_document(recognizer: Recognizer) -> bytes:
    """Return the answer's bytes, made once: they are close to a megabyte."""
    certainty = recognizer.outlier_detector
    numbers = NetworkNumbers(
        name=recognizer.name,
        sha256=recognizer.sha256,
        classes=list(recognizer.classes),
        normalize=recognizer.normalizes,
        moments=bool(recognizer.network.metadata.get("moments")),
        layers=_layers(recognizer.network.layers),
        certainty=None
        if certainty is None
        else CertaintyNumbers(layers=_layers(certainty.network.layers), threshold=certainty.threshold),
    )
    return numbers.model_dump_json().encode()


def _layers(layers: Sequence[Layer]) -> list[LayerNumbers]:
    return [
        LayerNumbers(
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
