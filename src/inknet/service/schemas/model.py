"""The served model and its parameters, as JSON."""

from pydantic import BaseModel, Field, JsonValue

from inknet.service.schemas.example import example

__all__ = ["CertaintyParameters", "LayerParameters", "ModelInfo", "NetworkParameters"]


class ModelInfo(BaseModel):
    """The served model."""

    model_config = example(
        name="digits-784-200-10",
        sizes=[784, 200, 10],
        classes=["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        parameter_count=159010,
        accuracy=0.985,
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        recipe="digits",
    )

    name: str
    sizes: list[int] = Field(description="The number of inputs, then the number of nodes of each layer.")
    classes: list[str] = Field(description="The name of each class, in the order of the outputs.")
    parameter_count: int = Field(description="The number of weights and biases.")
    accuracy: float | None = Field(description="The accuracy on the MNIST test set; null if unknown.")
    sha256: str = Field(description="The SHA-256 of the model file, in hexadecimal.")
    recipe: JsonValue = Field(description="The training recipe, from the model card; null if unknown.")


class LayerParameters(BaseModel):
    """The parameters of a layer, which computes activation(x Wᵀ + b)."""

    inputs: int
    nodes: int
    activation: str = Field(description="identity, sigmoid, tanh, relu, leaky-relu (with a slope of 0.01) or softmax.")
    weights: str = Field(description="nodes × inputs 32-bit floats in row-major order, little-endian, as base64.")
    biases: str = Field(description="One 32-bit float per node, little-endian, as base64.")


class CertaintyParameters(BaseModel):
    """The second network, which detects images that are not digits."""

    layers: list[LayerParameters] = Field(
        description="Inputs: the hidden activations of the first network, then its logits. Output: one sigmoid."
    )
    threshold: float = Field(description="The image is a digit if the output is at least this.")


class NetworkParameters(BaseModel):
    """All parameters of the served network, enough to compute its predictions."""

    model_config = example(
        name="tiny",
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        classes=["0"],
        moments=False,
        normalize=True,
        layers=[{"inputs": 2, "nodes": 1, "activation": "relu", "weights": "AACAPwAAAEA=", "biases": "AAAAPw=="}],
        certainty={
            "layers": [{"inputs": 1, "nodes": 1, "activation": "sigmoid", "weights": "AACAPw==", "biases": "AAAAPw=="}],
            "threshold": 0.4,
        },
    )

    name: str
    sha256: str = Field(description="The SHA-256 of the model file, in hexadecimal.")
    classes: list[str] = Field(description="The name of the class of each output.")
    moments: bool = Field(description="Whether images are deskewed and scaled by their moments before the first layer.")
    normalize: bool = Field(description="Whether images are cropped, scaled and centered before that.")
    layers: list[LayerParameters]
    certainty: CertaintyParameters | None = Field(description="Null if the model has no such network.")
