"""The health of the service, as JSON."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

__all__ = ["Health"]


class Health(BaseModel):
    """The service is healthy; otherwise the response is a problem."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"] = "ok"
