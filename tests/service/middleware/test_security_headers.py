from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from inknet.service import Settings, create_app
from tests.service.conftest import SECURITY_HEADERS, SEVEN, Client, Server


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/", b"", 200),
        ("HEAD", "/", b"", 200),
        ("GET", "/health/live", b"", 200),
        ("GET", "/model", b"", 200),
        ("GET", "/openapi.json", b"", 200),
        ("POST", "/predict", SEVEN, 200),
        ("POST", "/predict", b"no image", 400),
        ("GET", "/nothing", b"", 404),
        ("GET", "/predict", b"", 405),
        ("POST", "/predict", bytes(12 * 2**20 + 1), 413),
        ("GET", "/broken", b"", 500),
    ],
)
def test_every_response_has_them(app: FastAPI, method: str, path: str, content: bytes, status: int) -> None:
    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError

    response = Client(app)(method, path, content=content, headers={"Content-Type": "image/png"})
    assert response.status_code == status
    assert {name: response.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert "camera=()" in response.headers["permissions-policy"]
    assert len(response.headers.get_list("content-security-policy")) == 1
    assert "access-control-allow-origin" not in response.headers


def test_problem_responses_have_them(client: Client, tmp_path: Path) -> None:
    without_model = Client(create_app(Settings(model=tmp_path / "none.pkl")))
    for response, status in (
        (client.predict(SEVEN, "text/plain"), 415),
        (client.predict(SEVEN, "multipart/form-data"), 422),
        (without_model.predict(SEVEN), 503),
    ):
        assert response.status_code == status
        assert {name: response.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_no_cors(client: Client) -> None:
    headers = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    assert client("OPTIONS", "/predict", headers=headers).status_code == 405


def test_hsts_behind_a_tls_proxy(server: Server) -> None:
    """A local proxy terminates TLS and sets X-Forwarded-Proto."""
    plain, encrypted = (
        httpx.get(server.url, headers={"X-Forwarded-Proto": scheme}).headers for scheme in ("http", "https")
    )
    assert "strict-transport-security" not in plain
    assert encrypted["strict-transport-security"] == "max-age=63072000; includeSubDomains"


@pytest.mark.parametrize("path", ["/", "/docs", "/nothing", "/model", "/v2", "/openapi.json"])
def test_rules_of_header_grading_sites(server: Server, path: str) -> None:
    """The rules of securityheaders.com for A+, and the scoring rules of Mozilla's Observatory."""
    headers = httpx.get(server.url + path, headers={"X-Forwarded-Proto": "https"}).headers
    policy = dict(part.partition(" ")[::2] for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    for sources in policy.values():
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:"} & set(sources.split())
    for executed in ("script-src", "style-src"):
        assert policy[executed] == "'self'"
    assert int(headers["strict-transport-security"].partition("=")[2].partition(";")[0]) >= 15768000
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["permissions-policy"]
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert not {"set-cookie", "access-control-allow-origin", "server", "x-powered-by"} & set(headers)
