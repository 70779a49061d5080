import io
import json
import logging
import struct
import time
from pathlib import Path

import httpx
import pytest

from inknet.service import Settings, create_app
from inknet.service.observability.logs import JsonFormatter
from tests.service.conftest import SEVEN, Client, Server, draw_seven, running_server


def test_request_id_is_returned(client: Client) -> None:
    response = client("GET", "/health/live", headers={"X-Request-ID": "trace-1.2:3/4=@"})
    assert response.headers["x-request-id"] == "trace-1.2:3/4=@"


@pytest.mark.parametrize("given", [None, "", "two words", "a" * 129, 'quo"te', "line\tbreak"])
def test_invalid_request_id_is_replaced(client: Client, given: str | None) -> None:
    headers = {} if given is None else {"X-Request-ID": given}
    first, second = (client("GET", "/nothing", headers=headers).headers["x-request-id"] for _ in range(2))
    assert len(first) == len(second) == 32
    assert first != second


def test_unexpected_error_has_a_request_id(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inknet.service.routes.predict._count_pixels", lambda _: 1 / 0)
    client = Client(create_app(Settings(model=tiny_model)))
    headers = {"X-Request-ID": "abc", "Content-Type": "image/png"}
    response = client("POST", "/predict", content=SEVEN, headers=headers)
    assert (response.status_code, response.headers["x-request-id"]) == (500, "abc")


def wait_for_lines(server: Server, count: int) -> None:
    """Wait for a number of log lines: a response arrives shortly before its line."""
    deadline = time.monotonic() + 10
    while len(server.log) < count and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.mark.slow
def test_json_lines(tiny_model: Path) -> None:
    with running_server("--model", str(tiny_model), INKNET_LOG_FORMAT="json") as server:
        headers = {"Content-Type": "image/png", "X-Request-ID": "mine"}
        httpx.post(f"{server.url}/predict?secret=1", content=SEVEN, headers=headers)
        httpx.post(f"{server.url}/predict", content=b"private bytes", headers=headers)
        httpx.get(f"{server.url}/%0a%22forged")
        wait_for_lines(server, 3)
        good, bad, forged = (json.loads(line) for line in server.log)
    assert good["request_id"] == bad["request_id"] == "mine"
    assert (good["method"], good["path"], good["status"]) == ("POST", "/predict", 200)
    assert good["level"] == "info"
    assert good["time"].endswith("+00:00")
    assert 0 < good["milliseconds"] < 10_000
    assert "problem" not in good
    assert (bad["status"], bad["problem"]) == (400, "not-an-image")
    assert forged["path"] == '/\n"forged'
    assert "secret" not in str(good)
    assert "private" not in str(bad)


def test_text_lines_cannot_be_forged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "inknet.access"):
        client("GET", "/x%0aINFO: all is well")
    (record,) = [record for record in caplog.records if record.name == "inknet.access"]
    assert "\n" not in record.getMessage()


def test_exception_is_one_line() -> None:
    try:
        raise ValueError("a\nb")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "what %s", ("now",), (ValueError, error, None))
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == "what now"
    assert "ValueError" in json.loads(line)["exception"]


@pytest.mark.slow
def test_images_cannot_fill_the_log(tiny_model: Path) -> None:
    """Pillow warns of each EXIF entry that is damaged; they are the client's fault, and each would be a line."""
    exif = (
        b"II*\0\x08\0\0\0"
        + (1000).to_bytes(2, "little")
        + b"".join(struct.pack("<HHII", 0x8000 + tag, 2, 100_000, 90_000) for tag in range(1000))
    )
    buffer = io.BytesIO()
    draw_seven(50, "RGB").save(buffer, "JPEG", exif=b"Exif\0\0" + exif)
    for isolation in ("true", "false"):
        with running_server("--model", str(tiny_model), INKNET_ISOLATION=isolation, INKNET_LOG_FORMAT="json") as server:
            headers = {"Content-Type": "image/jpeg"}
            assert httpx.post(f"{server.url}/predict", content=buffer.getvalue(), headers=headers).status_code == 200
            wait_for_lines(server, 1)
            assert [json.loads(line)["logger"] for line in server.log] == ["inknet.access"]
