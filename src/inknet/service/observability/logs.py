"""Logging: a JSON object per line for machines, or text for people; each line carries the id of its request."""

import json
import logging
import sys
import warnings
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

__all__ = ["REQUEST_ID", "configure_logging", "request_id"]

#: The header of the request id, in requests and responses.
REQUEST_ID = "X-Request-ID"

#: The id of the current request; empty outside of a request.
request_id: ContextVar[str] = ContextVar("request_id", default="")

#: The attributes of every log record; any others were passed as ``extra``.
_STANDARD_ATTRIBUTES = {*vars(logging.makeLogRecord({})), "message", "asctime", "color_message"}


class JsonFormatter(logging.Formatter):
    """Formats a log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: time, level, logger, message, request id and extra fields."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            line["request_id"] = request_id.get()
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD_ATTRIBUTES}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure_logging(level: str, log_format: Literal["json", "text", "auto"]) -> None:
    """Send the log to standard error.

    Parameters
    ----------
    level : str
        The level of inknet's loggers. The server logs warnings, and everything at ``"debug"``.
    log_format : str
        ``"auto"`` is text on a terminal and JSON elsewhere.
    """
    handler = logging.StreamHandler()
    if log_format == "json" or (log_format == "auto" and not sys.stderr.isatty()):
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    # One image can cause thousands of Pillow's warnings.
    warnings.filterwarnings("ignore", module="PIL")
    logging.getLogger("PIL").setLevel("ERROR")
    logging.getLogger("uvicorn.error").setLevel("DEBUG" if level == "debug" else "WARNING")
    # A malformed form is the client's error, and reported to it.
    logging.getLogger("python_multipart").setLevel("ERROR")
    # `RequestLog` writes the access log.
    for name in ("uvicorn.access", "mangum.http"):
        logging.getLogger(name).disabled = True
