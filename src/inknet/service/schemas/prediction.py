"""The prediction for an image, as JSON."""

from typing import Annotated

from pydantic import BaseModel, Field

from inknet.service.schemas.example import example

__all__ = ["PredictionResponse"]

Probability = Annotated[float, Field(ge=0, le=1)]


class PredictionResponse(BaseModel):
    """The digit in an image, or the class for a model of other classes."""

    model_config = example(
        digit=7,
        label="7",
        confidence=0.98,
        certain=True,
        probabilities=[0.0, 0.001, 0.004, 0.003, 0.0, 0.0, 0.0, 0.98, 0.002, 0.01],
        model="digits-784-200-10",
        model_sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    )

    digit: int = Field(
        ge=0, description="The most probable digit; for a model of other classes, the index of the class."
    )
    label: str = Field(description="The name of the class; for a digit, its character.")
    confidence: Probability = Field(description="The probability of the class.")
    certain: bool = Field(description="False if the image is probably none of the classes.")
    probabilities: list[Probability] = Field(
        min_length=2, description="The probability of each class, in order; for digits, from 0 to 9."
    )
    model: str = Field(description="The name of the model.")
    model_sha256: str = Field(
        description="The SHA-256 of the model file; `/model/network` returns the parameters with the same hash."
    )
