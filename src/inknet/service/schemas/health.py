"""The health of the service, as JSON."""

from typing import Literal

from pydantic import BaseModel

from inknet.service.schemas.example import example

__all__ = ["Health"]


class Health(BaseModel):
    """The service is healthy; otherwise the response is a problem."""

    model_config = example(status="ok")

    status: Literal["ok"] = "ok"
