"""The settings of the service, read from environment variables ``INKNET_…``."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["SHUTDOWN_TIMEOUT", "Settings"]

#: Seconds from SIGTERM until the last request is cut off. Cleanup may take two more.
SHUTDOWN_TIMEOUT = 8


class Settings(BaseSettings):
    """The settings of the service; for example, ``INKNET_PORT=9000`` sets `port`. Lists are written as JSON."""

    model_config = SettingsConfigDict(env_prefix="INKNET_", frozen=True)

    model: Path | None = Field(default=None, description="The model file. Default: the shipped model.")
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on; 0 picks a free one.")
    workers: int = Field(default=1, ge=1, le=256, description="The number of worker processes.")
    recognizer_process: bool | None = Field(
        default=None,
        description="Recognize images in a separate process beside each worker. Default: on if there are two cores per"
        " worker.",
    )

    isolation: bool = Field(
        default=True,
        description="Process large images and batches in processes of their own, with limits on memory and time;"
        " otherwise in threads, without.",
    )
    recognition_timeout: float = Field(
        default=5, gt=0, description="Timeout for recognizing an image or a batch, in seconds."
    )
    recognition_memory: int = Field(
        default=7 * 2**25, gt=0, description="Maximum memory for recognizing an image or a batch, in bytes; on Linux."
    )

    max_image_bytes: int = Field(
        default=12 * 2**20, gt=0, description="Maximum size of a request body with an image: to `/predict`."
    )
    max_body_bytes: int = Field(default=2**20, gt=0, description="Maximum size of any other request body.")
    max_tensor_bytes: int = Field(default=2**23, gt=0, description="Maximum size of a request body under `/v2`.")
    max_buffered_bytes: int = Field(
        default=2**26, gt=0, description="Maximum size of all request bodies in memory, per worker."
    )
    max_batch: int = Field(default=1024, gt=0, description="Maximum number of images in a request to `/v2`.")
    concurrency_limit: int = Field(
        default=256, gt=0, description="Maximum number of images and batches in progress, per worker."
    )
    max_connections: int = Field(default=1000, gt=0, description="Maximum number of open connections, per worker.")
    header_timeout: float = Field(default=10, gt=0, description="Timeout for request headers, in seconds.")
    body_timeout: float = Field(
        default=30, gt=0, description="Timeout for a request body, and for a client to take 64 KiB of a response."
    )
    drain_timeout: float = Field(
        default=1,
        ge=0,
        le=SHUTDOWN_TIMEOUT - 1,
        description="Seconds after SIGTERM during which requests are still accepted while `/health/ready` returns 503.",
    )

    allowed_hosts: list[str] = Field(
        default=["*"], description="Accepted Host headers; `*.example.org` matches any subdomain."
    )
    cors_origins: list[str] = Field(default=[], description="Origins allowed to send requests from a browser.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The log level; `info` logs a line per request."
    )
    log_format: Literal["json", "text", "auto"] = Field(
        default="auto", description="The log format; `auto` is text on a terminal and JSON elsewhere."
    )

    def body_limit(self, path: str) -> int:
        """Return the maximum size of a request body to a path."""
        if path.startswith("/v2/"):
            return self.max_tensor_bytes
        return self.max_image_bytes if path == "/predict" else self.max_body_bytes
