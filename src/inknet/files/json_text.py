"""JSON from files, which may hold anything."""

import json
from typing import Any

__all__ = ["parse_json"]


def parse_json(text: str | bytes, **options: Any) -> Any:  # noqa: ANN401 - any plain value; the options of json.loads
    """Return the value of a JSON text.

    Raises
    ------
    ValueError
        If it is not JSON, or nested too deeply, for which `json.loads` raises RecursionError.
    """
    try:
        return json.loads(text, **options)  # noqa: TID251 - the only place
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
