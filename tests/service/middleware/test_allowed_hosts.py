import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message

from inknet.service import Settings, create_app
from tests.service.conftest import Client, assert_problem


def ask(model: Path, host: str, *allowed: str, path: str = "/model") -> int:
    client = Client(create_app(Settings(model=model, allowed_hosts=list(allowed))))
    response = client("GET", path, headers={"Host": host})
    if response.status_code != 200:
        assert_problem(response, 400, "Unknown host")
        assert response.headers["x-frame-options"] == "DENY"
    return response.status_code


@pytest.mark.parametrize("host", ["digits.example", "digits.example:8000", "DIGITS.example", "a.b.example", "[::1]:80"])
def test_allowed(tiny_model: Path, host: str) -> None:
    assert ask(tiny_model, host, "digits.example", "*.b.example", "[::1]") == 200


@pytest.mark.parametrize(
    "host", ["other.example", "xdigits.example", "b.example", "xb.example", "digits.example.evil", ""]
)
def test_refused(tiny_model: Path, host: str) -> None:
    assert ask(tiny_model, host, "digits.example", "*.b.example") == 400


def test_any(tiny_model: Path) -> None:
    assert ask(tiny_model, "anything", "*") == 200


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://digits.example/model", 200),
        ("http://digits.example:80/model", 200),
        ("https://digits.example/model?x", 200),
        ("http://other.example/model", 400),
        ("digits.example", 400),
    ],
)
def test_absolute_target(tiny_model: Path, target: str, status: int) -> None:
    """RFC 9112, section 3.2.2: its host replaces the header's."""

    async def ask() -> int:
        app = create_app(Settings(model=tiny_model, allowed_hosts=["digits.example"]))
        scope: dict[str, Any] = {"type": "http", "method": "GET", "path": target, "query_string": b"", "scheme": "http"}
        scope |= {"headers": [(b"host", b"evil.example")], "app": app}
        statuses: list[int] = []

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async with app.router.lifespan_context(app):
            await app(scope, receive, send)
        return statuses[0]

    assert asyncio.run(ask()) == status


def test_health_checks_may_use_the_address(tiny_model: Path) -> None:
    assert ask(tiny_model, "10.0.0.7:8000", "digits.example", path="/health/ready") == 200


def test_other_origins_must_be_allowed(tiny_model: Path) -> None:
    headers = {"Origin": "https://other.example", "Access-Control-Request-Method": "POST"}
    closed = Client(create_app(Settings(model=tiny_model)))
    response = closed("OPTIONS", "/predict", headers=headers)
    assert response.status_code == 405
    assert not [name for name in response.headers if name.startswith("access-control")]
    named = Client(create_app(Settings(model=tiny_model, cors_origins=["https://other.example"])))
    response = named("OPTIONS", "/predict", headers=headers)
    assert response.headers["access-control-allow-origin"] == "https://other.example"
    response = named("GET", "/model", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in response.headers
