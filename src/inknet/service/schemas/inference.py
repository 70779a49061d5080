"""What the Open Inference Protocol sends and gets, as JSON."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from inknet.digits.grid import GRID, PIXELS

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

#: An upright stroke, 28×28.
_STROKE: list[JsonValue] = [
    255 if 4 <= row < 24 and 13 <= column < 16 else 0 for row in range(GRID) for column in range(GRID)
]


class ServerMetadata(BaseModel):
    """What answers."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "inknet", "version": "0.1.0", "extensions": ["binary_tensor_data"]}]}
    )

    name: str
    version: str
    extensions: list[str] = Field(description="Parts of the protocol beyond what every server has.")


class Live(BaseModel):
    """Whether the process answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"live": True}]})

    live: bool


class Ready(BaseModel):
    """Whether there is a model, and no end in sight."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ready": True}]})

    ready: bool


class ModelReady(Ready):
    """Whether the model is there."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "digits", "ready": True}]})

    name: str


class TensorMetadata(BaseModel):
    """What a tensor has to be."""

    name: str
    datatype: str
    shape: list[int] = Field(description="-1 is any size.")


class ModelMetadata(BaseModel):
    """What the model takes and gives."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "digits",
                    "versions": ["9f86d081884c"],
                    "platform": "inknet",
                    "inputs": [{"name": "image", "datatype": "FP32", "shape": [-1, PIXELS]}],
                    "outputs": [{"name": "digit", "datatype": "INT64", "shape": [-1]}],
                }
            ]
        }
    )

    name: str
    versions: list[str] = Field(description="The first twelve digits of the SHA-256 of the model file.")
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class InputTensor(BaseModel):
    """A tensor that is sent."""

    name: Literal["image"]
    datatype: Literal["FP32", "UINT8"] = Field(description="FP32 from 0, paper, to 1, ink; UINT8 from 0 to 255.")
    shape: list[int] = Field(min_length=2, max_length=3, description=f"[n, {PIXELS}] or [n, {GRID}, {GRID}].")
    parameters: dict[str, Any] = Field(
        default={}, description="`binary_data_size`: how many bytes of the body are this tensor's."
    )
    data: list[Any] | None = Field(default=None, description="The numbers, nested as the shape says or flat.")


class RequestedOutput(BaseModel):
    """A tensor that is asked for."""

    name: OutputName
    parameters: dict[str, Any] = Field(default={}, description="`binary_data`: true for bytes behind the JSON.")


class InferRequest(BaseModel):
    """Images to recognize."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "1",
                    "inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, PIXELS], "data": _STROKE}],
                    "outputs": [{"name": "digit"}],
                }
            ]
        }
    )

    id: str = Field(default="", description="Comes back with the answer.")
    parameters: dict[str, Any] = Field(
        default={}, description="`binary_data_output`: true for all outputs as bytes behind the JSON."
    )
    inputs: list[InputTensor] = Field(min_length=1, max_length=1)
    outputs: list[RequestedOutput] = Field(default=[], description="None: all of them.")


class OutputTensor(BaseModel):
    """A tensor that is given."""

    name: OutputName
    datatype: OutputType
    shape: list[int]
    parameters: dict[str, int] | None = Field(
        default=None, description="`binary_data_size`: how many bytes behind the JSON are this tensor's."
    )
    data: list[int] | list[float] | list[bool] | None = Field(default=None, description="The numbers, flat.")


class InferResponse(BaseModel):
    """What was recognized."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "1",
                    "model_name": "digits",
                    "model_version": "9f86d081884c",
                    "outputs": [{"name": "digit", "datatype": "INT64", "shape": [1], "data": [7]}],
                }
            ]
        }
    )

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[OutputTensor]
