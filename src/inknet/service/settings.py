"""What can be set about the service, each by an environment variable ``INKNET_…``."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings"]


class Settings(BaseSettings):
    """The settings of the service; ``INKNET_PORT=9000`` sets `port`, and so on."""

    model_config = SettingsConfigDict(env_prefix="INKNET_", frozen=True)

    model: Path | None = Field(default=None, description="The model file; none is the shipped model.")
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on; 0 is any that is free.")
    max_body_bytes: int = Field(default=1024 * 1024, gt=0, description="The largest request body.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="What is logged; info has a line for every request."
    )
