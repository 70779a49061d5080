"""What can be set about the service, each by an environment variable ``INKNET_…``."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["STOP_SECONDS", "Settings"]

#: A process that is told to stop has ended after so many seconds, whatever it was doing; two more are kept for what
#: is to be cleared away.
STOP_SECONDS = 8


class Settings(BaseSettings):
    """The settings of the service; ``INKNET_PORT=9000`` sets `port`, and so on. Lists are written as JSON."""

    model_config = SettingsConfigDict(env_prefix="INKNET_", frozen=True)

    model: Path | None = Field(default=None, description="The model file; none is the shipped model.")
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on; 0 is any that is free.")
    workers: int = Field(default=1, ge=1, le=256, description="How many processes answer.")
    recognizer_process: bool | None = Field(
        default=None,
        description="Whether each has another one that recognizes; `inknet serve` by itself where there are the cores.",
    )

    max_body_bytes: int = Field(default=2**20, gt=0, description="The largest request body.")
    max_tensor_bytes: int = Field(default=2**23, gt=0, description="The largest request body for `/v2`.")
    max_batch: int = Field(default=1024, gt=0, description="The most images in one request to `/v2`.")
    concurrency_limit: int = Field(
        default=256, gt=0, description="The most images or batches at work, in each process."
    )
    max_connections: int = Field(default=1000, gt=0, description="The most connections open, in each process.")
    header_timeout: float = Field(default=10, gt=0, description="In which a request's headers must have come.")
    body_timeout: float = Field(default=30, gt=0, description="In which a request's body must have come.")
    drain_timeout: float = Field(
        default=1,
        ge=0,
        le=STOP_SECONDS - 1,
        description="How long it still answers after SIGTERM, as not ready, before it closes.",
    )

    allowed_hosts: list[str] = Field(
        default=["*"], description="The names it answers to, as the Host header has them; `*.example.org` is any below."
    )
    cors_origins: list[str] = Field(default=[], description="The origins whose pages may ask from a browser.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="What is logged; info has a line for every request."
    )
    log_format: Literal["json", "text", "auto"] = Field(
        default="auto", description="How it is logged; auto is text on a terminal, and else JSON."
    )
