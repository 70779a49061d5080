"""The events of API Gateway (HTTP API, payload format 2.0), and what their answers hold."""

import base64
import json
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).with_name("events")


def read_event(name: str) -> dict[str, Any]:
    """Return an event as API Gateway sends it; of no real account, and from addresses set aside for examples."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


def body_of(answer: dict[str, Any]) -> bytes:
    """Return the body of a response, as API Gateway forwards it."""
    body: str = answer["body"]
    return base64.b64decode(body, validate=True) if answer["isBase64Encoded"] else body.encode()
