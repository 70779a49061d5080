import gzip
from pathlib import Path

import pytest

from inknet.resources import resource
from inknet.service.routes.page import page_routes
from tests.service.conftest import Client, assert_problem

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}

FILES = sorted(path.relative_to(resource("web")).as_posix() for path in resource("web").rglob("*") if path.is_file())


@pytest.mark.parametrize("name", FILES)
def test_every_file_of_the_page(client: Client, name: str) -> None:
    response = client("GET", f"/{name}")
    assert response.status_code == 200
    assert response.content == (resource("web") / name).read_bytes()
    assert response.headers["content-type"] == TYPES[Path(name).suffix]


def test_page_is_at_the_root(client: Client) -> None:
    response = client("GET", "/")
    assert response.content == (resource("web") / "index.html").read_bytes()
    assert response.headers["content-type"] == "text/html; charset=utf-8"


def test_its_files_are_compressed(client: Client) -> None:
    response = client("GET", "/")
    assert response.headers["content-encoding"] == "gzip"
    assert int(response.headers["content-length"]) < 0.5 * len(response.content)
    assert "content-encoding" not in client("GET", "/", headers={"Accept-Encoding": "identity"}).headers


def test_head(client: Client) -> None:
    plain = {"Accept-Encoding": "identity"}
    get, head = client("GET", "/", headers=plain), client("HEAD", "/", headers=plain)
    assert head.status_code == 200
    assert head.content == b""
    for name in ("content-type", "content-length", "etag", "cache-control"):
        assert head.headers[name] == get.headers[name]


def test_unchanged_file_is_not_modified(client: Client) -> None:
    first = client("GET", "/")
    assert first.headers["cache-control"] == "no-cache"
    again = client("GET", "/", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["cache-control"] == "no-cache"
    assert client("GET", "/", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/%2e%2e/pyproject.toml",
        "/%2e%2e%2fpyproject.toml",
        "/..%5cpyproject.toml",
        "/%252e%252e/pyproject.toml",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/index.html/",
        "/index.html%00.png",
        "/INDEX.HTML",
    ],
)
def test_path_traversal(client: Client, path: str) -> None:
    assert_problem(client("GET", f"http://test{path}"), 404)


def test_only_files_of_the_page_are_served(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("index.html", "a/b.js", ".hidden.js", "a/.hidden.js", "a/tool.py", "README.md"):
        (tmp_path / name).write_text("x")
    assert [route.path for route in page_routes(tmp_path)] == ["/", "/a/b.js", "/index.html"]


def test_missing_folder(tmp_path: Path) -> None:
    assert page_routes(tmp_path / "none") == []


def test_page_is_small() -> None:
    files = [resource("web") / name for name in FILES if name.endswith((".html", ".css", ".js"))]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= 80 * 1024
