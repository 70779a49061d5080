"""What the service answers, as JSON."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

__all__ = ["Health", "ModelInfo", "PredictionAnswer", "Problem"]

Probability = Annotated[float, Field(ge=0, le=1)]


class PredictionAnswer(BaseModel):
    """The digit in an image."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "digit": 7,
                    "confidence": 0.98,
                    "certain": True,
                    "probabilities": [0.0, 0.001, 0.004, 0.003, 0.0, 0.0, 0.0, 0.98, 0.002, 0.01],
                    "model": "digits-784-200-10",
                }
            ]
        }
    )

    digit: int = Field(ge=0, le=9, description="The digit recognised.")
    confidence: Probability = Field(description="Its probability.")
    certain: bool = Field(description="False if it is probably no digit at all.")
    probabilities: list[Probability] = Field(
        min_length=10, max_length=10, description="The probability of each digit from 0 to 9."
    )
    model: str = Field(description="The name of the model that answered.")


class ModelInfo(BaseModel):
    """The model that is served."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "digits-784-200-10",
                    "sizes": [784, 200, 10],
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
    parameter_count: int = Field(description="How many weights and biases there are.")
    accuracy: float | None = Field(description="The share of the MNIST test set that it recognises, if known.")
    sha256: str = Field(description="The SHA-256 of the model file, in hexadecimal.")
    recipe: JsonValue = Field(
        description="The recipe that it was trained by, as the model card has it; null if unknown."
    )


class Health(BaseModel):
    """A yes; where it is a no, the answer is a problem."""

    status: Literal["ok"] = "ok"


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="A relative reference that names the kind of problem, or `about:blank`.")
    title: str = Field(description="The kind of problem, in words.")
    status: int = Field(ge=400, le=599, description="The HTTP status.")
    detail: str = Field(description="What is wrong this time, and what to do.")
    instance: str = Field(description="The path that was asked for.")
