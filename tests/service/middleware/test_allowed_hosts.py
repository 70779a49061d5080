from pathlib import Path

import pytest

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
