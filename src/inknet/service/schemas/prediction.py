"""What the service answers, as JSON."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

__all__ = ["Health", "LayerNumbers", "ModelInfo", "NetworkNumbers", "PredictionAnswer", "Problem"]

Probability = Annotated[float, Field(ge=0, le=1)]


class PredictionAnswer(BaseModel):
    """What is in an image: the digit, or another of the model's classes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "digit": 7,
                    "label": "7",
                    "confidence": 0.98,
                    "certain": True,
                    "probabilities": [0.0, 0.001, 0.004, 0.003, 0.0, 0.0, 0.0, 0.98, 0.002, 0.01],
                    "model": "digits-784-200-10",
                    "model_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                }
            ]
        }
    )

    digit: int = Field(ge=0, description="The digit recognized; of a model of other classes, the class, from 0.")
    label: str = Field(description="Its name: of a digit, the character.")
    confidence: Probability = Field(description="Its probability.")
    certain: bool = Field(description="False if it is probably none of them at all.")
    probabilities: list[Probability] = Field(
        min_length=2, description="The probability of each class in turn: of digits, from 0 to 9."
    )
    model: str = Field(description="The name of the model that answered.")
    model_sha256: str = Field(description="The SHA-256 of its file; `/model/network` has the same with its numbers.")


class ModelInfo(BaseModel):
    """The model that is served."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "digits-784-200-10",
                    "sizes": [784, 200, 10],
                    "classes": ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
                    "parameter_count": 159010,
                    "accuracy": 0.985,
                    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "recipe": "digits",
                }
            ]
        }
    )

    name: str
    sizes: list[int] = Field(description="The number of inputs, then of each layer's nodes.")
    classes: list[str] = Field(description="The name of each class, in the order of the outputs.")
    parameter_count: int = Field(description="How many weights and biases there are.")
    accuracy: float | None = Field(description="The share of the MNIST test set that it recognizes, if known.")
    sha256: str = Field(description="The SHA-256 of the model file, in hexadecimal.")
    recipe: JsonValue = Field(
        description="The recipe that it was trained by, as the model card has it; null if unknown."
    )


Numbers = Annotated[str, Field(description="32-bit floats, little-endian, as base64.")]


class LayerNumbers(BaseModel):
    """A layer: activation(x Wᵀ + b)."""

    inputs: int
    nodes: int
    activation: str = Field(description="identity, sigmoid, tanh, relu, leaky-relu (a slope of 0.01) or softmax.")
    weights: Numbers = Field(description="nodes × inputs 32-bit floats, node after node, little-endian, as base64.")
    biases: Numbers = Field(description="One 32-bit float a node, little-endian, as base64.")


class CertaintyNumbers(BaseModel):
    """The second network, which tells digits from what is none."""

    layers: list[LayerNumbers] = Field(
        description="It reads the first network's hidden activations and then its logits; one sigmoid output."
    )
    threshold: float = Field(description="From this output on, it was a digit.")


class NetworkNumbers(BaseModel):
    """All the numbers of the network that is served: whoever has them can compute what it answers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "tiny",
                    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "classes": ["0"],
                    "moments": False,
                    "normalize": True,
                    "layers": [
                        {"inputs": 2, "nodes": 1, "activation": "relu", "weights": "AACAPwAAAEA=", "biases": "AAAAPw=="}
                    ],
                    "certainty": {
                        "layers": [
                            {
                                "inputs": 1,
                                "nodes": 1,
                                "activation": "sigmoid",
                                "weights": "AACAPw==",
                                "biases": "AAAAPw==",
                            }
                        ],
                        "threshold": 0.4,
                    },
                }
            ]
        }
    )

    name: str
    sha256: str = Field(description="The SHA-256 of the model file, in hexadecimal.")
    classes: list[str] = Field(description="The name of each output of the last layer.")
    moments: bool = Field(description="Whether images are set upright and to one height before the first layer.")
    normalize: bool = Field(description="Whether images are cropped, fitted and centered before that.")
    layers: list[LayerNumbers]
    certainty: CertaintyNumbers | None = Field(description="Null if the model has not learned to tell.")


class Health(BaseModel):
    """A yes; where it is a no, the answer is a problem."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"] = "ok"


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="A relative reference that names the kind of problem, or `about:blank`.")
    title: str = Field(description="The kind of problem, in words.")
    status: int = Field(ge=400, le=599, description="The HTTP status.")
    detail: str = Field(description="What is wrong this time, and what to do.")
    instance: str = Field(description="The path that was asked for.")


class InferenceProblem(Problem):
    """A problem that is an error of the Open Inference Protocol, too."""

    error: str = Field(description="The detail once more, where the protocol has it.")
