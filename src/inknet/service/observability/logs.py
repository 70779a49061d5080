"""The log: a JSON object a line for machines, or text for people; each line with the request that it belongs to."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

__all__ = ["REQUEST_ID", "configure_logging", "request_id"]

#: The header by which a request brings its id, and its answer has it.
REQUEST_ID = "X-Request-ID"

#: The id of the request that is being answered; empty outside of any.
request_id: ContextVar[str] = ContextVar("request_id", default="")

#: What every record has; whatever else one has was said by who logged it.
_USUAL = {*vars(logging.makeLogRecord({})), "message", "asctime", "color_message"}


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: time, level, logger, message, the request's id, and what else was said."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            line["request_id"] = request_id.get()
        line |= {name: value for name, value in vars(record).items() if name not in _USUAL}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure_logging(level: str, form: Literal["json", "text", "auto"]) -> None:
    """Send all that is logged to the standard error output.

    Parameters
    ----------
    level : str
        The lowest level of ours to be logged. Of the server, warnings are, and at debug everything.
    form : str
        "auto" is text on a terminal, and else JSON.
    """
    handler = logging.StreamHandler()
    if form == "json" or (form == "auto" and not sys.stderr.isatty()):
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # Pillow warns of large images: so that such a line is a line of the log as any other is.
    logging.captureWarnings(True)
    logging.getLogger("uvicorn.error").setLevel("DEBUG" if level == "debug" else "WARNING")
    # Who asks what is logged by ourselves; see `inknet.service.middleware.request_log`.
    for others in ("uvicorn.access", "mangum.http"):
        logging.getLogger(others).disabled = True
