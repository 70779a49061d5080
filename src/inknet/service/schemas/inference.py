"""The requests and responses of the Open Inference Protocol, as JSON."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, JsonValue

from inknet.digits.grid import GRID, PIXELS
from inknet.service.schemas.example import example

__all__ = [
    "InferRequest",
    "InferResponse",
    "InputTensor",
    "Live",
    "ModelMetadata",
    "ModelReady",
    "OutputName",
    "OutputTensor",
    "OutputType",
    "Ready",
    "RequestedOutput",
    "ServerMetadata",
    "TensorMetadata",
]

OutputName = Literal["digit", "probabilities", "certain"]
OutputType = Literal["INT64", "FP32", "BOOL"]

#: A vertical stroke, 28×28.
_STROKE: list[JsonValue] = [
    255 if 4 <= row < 24 and 13 <= column < 16 else 0 for row in range(GRID) for column in range(GRID)
]


class ServerMetadata(BaseModel):
    """The server."""

    model_config = example(name="inknet", version="0.1.0", extensions=["binary_tensor_data"])

    name: str
    version: str
    extensions: list[str] = Field(description="The supported extensions of the protocol.")


class Live(BaseModel):
    """Whether the process responds."""

    model_config = example(live=True)

    live: bool


class Ready(BaseModel):
    """Whether the model is loaded and the service is not shutting down."""

    model_config = example(ready=True)

    ready: bool


class ModelReady(Ready):
    """Whether the model is loaded."""

    model_config = example(name="digits", ready=True)

    name: str


class TensorMetadata(BaseModel):
    """The type and shape of a tensor."""

    name: str
    datatype: str
    shape: list[int] = Field(description="-1 stands for any size.")


class ModelMetadata(BaseModel):
    """The inputs and outputs of the model."""

    model_config = example(
        name="digits",
        versions=["9f86d081884c"],
        platform="inknet",
        inputs=[{"name": "image", "datatype": "FP32", "shape": [-1, PIXELS]}],
        outputs=[{"name": "digit", "datatype": "INT64", "shape": [-1]}],
    )

    name: str
    versions: list[str] = Field(description="The first twelve digits of the SHA-256 of the model file.")
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class InputTensor(BaseModel):
    """An input tensor."""

    name: Literal["image"]
    datatype: Literal["FP32", "FP64", "UINT8", "BYTES"] = Field(
        description="FP32 or FP64 from 0 (paper) to 1 (ink), UINT8 from 0 to 255, or BYTES: image files, in JSON as"
        " base64."
    )
    shape: list[int] = Field(
        min_length=1,
        max_length=4,
        description=f"[n, {PIXELS}], [n, {GRID}, {GRID}] or [n, 1, {GRID}, {GRID}]; [n] for BYTES.",
    )
    parameters: dict[str, Any] = Field(
        default={}, description="`binary_data_size`: the size of the tensor's data after the JSON, in bytes."
    )
    data: list[Any] | None = Field(default=None, description="The values, flat or nested as in the shape.")


class RequestedOutput(BaseModel):
    """An output tensor to return."""

    name: OutputName
    parameters: dict[str, Any] = Field(
        default={}, description="`binary_data`: true to return the data as bytes after the JSON."
    )


def _distinct(outputs: list[RequestedOutput]) -> list[RequestedOutput]:
    if len({output.name for output in outputs}) < len(outputs):
        raise ValueError("each output must be requested once")
    return outputs


class InferRequest(BaseModel):
    """Images to recognize."""

    model_config = example(
        id="1",
        inputs=[{"name": "image", "datatype": "UINT8", "shape": [1, PIXELS], "data": _STROKE}],
        outputs=[{"name": "digit"}],
    )

    id: str = Field(default="", description="Returned with the response.")
    parameters: dict[str, Any] = Field(
        default={}, description="`binary_data_output`: true to return the data of all outputs as bytes after the JSON."
    )
    inputs: list[InputTensor] = Field(min_length=1, max_length=1)
    outputs: Annotated[list[RequestedOutput], AfterValidator(_distinct)] = Field(
        default=[], max_length=3, description="The outputs to return, each once. Default: all."
    )


class OutputTensor(BaseModel):
    """An output tensor."""

    name: OutputName
    datatype: OutputType
    shape: list[int]
    parameters: dict[str, int] | None = Field(
        default=None, description="`binary_data_size`: the size of the tensor's data after the JSON, in bytes."
    )
    data: list[int] | list[float] | list[bool] | None = Field(default=None, description="The values, flat.")


class InferResponse(BaseModel):
    """The predictions for the images."""

    model_config = example(
        id="1",
        model_name="digits",
        model_version="9f86d081884c",
        outputs=[{"name": "digit", "datatype": "INT64", "shape": [1], "data": [7]}],
    )

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[OutputTensor]
