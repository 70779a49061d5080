"""docs/service.md lists every setting with its default; its example runs."""

import contextlib
import io
import json
import re
from pathlib import Path

import pytest

from inknet.service import Settings
from tests.service.conftest import running_server

DOCS = (Path(__file__).parents[3] / "docs/service.md").read_text(encoding="utf-8")


def test_settings() -> None:
    rows = re.findall(r"^\| (`INKNET_.*?) \| (.*?) \|", DOCS, re.MULTILINE)
    told: dict[str, str] = {}
    for names, defaults in rows:
        told |= zip(re.findall(r"`INKNET_(\w+)`", names), re.findall(r"`(.*?)`", defaults) or [defaults], strict=True)
    actual = Settings.model_construct().model_dump(mode="json")
    assert told.pop("MODEL") == "the shipped model"
    assert told.pop("RECOGNIZER_PROCESS") == "by the number of cores"
    assert actual.pop("model") is None
    assert actual.pop("recognizer_process") is None
    assert told == {
        name.upper(): str(value) if not isinstance(value, list) else json.dumps(value) for name, value in actual.items()
    }


@pytest.mark.slow
def test_the_example() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
    printed = io.StringIO()
    with running_server(INKNET_LOG_LEVEL="warning") as server, contextlib.redirect_stdout(printed):
        exec(compile(code.replace("8000", str(server.port)), "docs/service.md", "exec"), {})  # noqa: S102 - to run it
    assert printed.getvalue().split() == re.findall(r"print\(.*\)  # (.*)", code)
