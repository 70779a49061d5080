"""Raw bytes on the socket of a real server."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
from PIL import Image

from inknet.digits import load_mnist
from tests.service.conftest import SEVEN, Server, draw_seven, encode, running_server


@pytest.mark.parametrize(
    "path",
    [
        b"/../pyproject.toml",
        b"/../../../../../../etc/passwd",
        b"/%2e%2e/pyproject.toml",
        b"/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        b"/..%5c..%5cpyproject.toml",
        b"/..\\..\\pyproject.toml",
        b"//etc/passwd",
        b"/./index.html",
        b"/x/../index.html",
        b"/index.html%00",
        b"/%ff%fe",
    ],
)
def test_paths_cannot_leave_the_folder_of_the_page(server: Server, path: bytes) -> None:
    status, answer = server.raw(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert status == 404
    assert b"application/problem+json" in answer
    assert b"content-security-policy" in answer.lower()
    assert b"[project]" not in answer
    assert b"root:" not in answer


HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: image/png\r\n"


def chunked(piece: bytes, times: int) -> bytes:
    return b"Transfer-Encoding: chunked\r\n\r\n" + (b"%x\r\n%b\r\n" % (len(piece), piece)) * times


def test_chunked_body_without_a_length(server: Server) -> None:
    assert server.raw(HEAD + chunked(SEVEN[:50], 1)[:-2] + b"\r\n" + b"0\r\n\r\n")[0] == 400
    assert server.raw(HEAD + chunked(SEVEN, 1) + b"0\r\n\r\n")[0] == 200
    # Over 12 MiB.
    status, answer = server.raw(HEAD + chunked(bytes(65536), 193))
    assert status == 413
    assert b'"Body too large"' in answer


def test_too_large_content_length_is_refused_at_once(server: Server) -> None:
    status, answer = server.raw(HEAD + b"Content-Length: 999999999999\r\n\r\n")
    assert status == 413
    assert b"application/problem+json" in answer


def test_too_small_content_length(server: Server) -> None:
    """The body has only that many bytes, and the rest must not become a second request."""
    status, answer = server.raw(HEAD + b"Content-Length: 10\r\n\r\n" + SEVEN)
    assert status == 400
    assert b"/problems/not-an-image" in answer


def test_truncated_body_does_not_harm_the_server(server: Server) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n" + SEVEN[:20])
    assert httpx.get(f"{server.url}/health/live").status_code == 200


@pytest.mark.parametrize("length", [b"-5", b"abc", b"1, 2"])
def test_invalid_content_length(server: Server, length: bytes) -> None:
    assert server.raw(HEAD + b"Content-Length: " + length + b"\r\n\r\n" + SEVEN)[0] == 400


def test_client_that_keeps_sending_gets_its_413(server: Server) -> None:
    response = httpx.post(f"{server.url}/predict", content=bytes(20 * 2**20), headers={"Content-Type": "image/png"})
    assert response.status_code == 413


def test_head_has_no_body(server: Server) -> None:
    for path in (
        b"/",
        b"/health/live",
        b"/health/ready",
        b"/model",
        b"/model/network",
        b"/metrics",
        b"/v2/health/ready",
    ):
        status, answer = server.raw(b"HEAD " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert status == 200
        assert answer.endswith(b"\r\n\r\n")
        assert b"\r\ncontent-length: " in answer.lower()


def test_concurrent_requests_get_their_own_responses(server: Server) -> None:
    """Small and large, valid and invalid images."""
    small, large = SEVEN, encode(draw_seven(1400))
    bodies = [small, large, b"no image"] * 10

    def ask(body: bytes) -> httpx.Response:
        return httpx.post(f"{server.url}/predict", content=body, headers={"Content-Type": "image/png"}, timeout=30)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, bodies))
    assert [answer.status_code for answer in answers] == [200, 200, 400] * 10
    assert len({answer.text for answer in answers[0::3]}) == 1
    assert len({answer.text for answer in answers[1::3]}) == 1


@pytest.fixture(scope="module")
def shipped() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.mark.slow
def test_mnist_images_through_the_shipped_model(shipped: Server) -> None:
    images, labels = load_mnist("test")
    right = 0
    with httpx.Client(base_url=shipped.url) as client:
        assert client.get("/model").json()["accuracy"] >= 0.983
        for row, label in zip(images[:200], labels[:200], strict=True):
            png = encode(Image.fromarray((row.reshape(28, 28) * 255).round().astype(np.uint8)))
            raw = client.post("/predict", content=png, headers={"Content-Type": "image/png"}).json()
            in_form = client.post("/predict", files={"image": ("digit.png", png, "image/png")}).json()
            assert raw == in_form
            right += raw["digit"] == label
    # Of the first 200, a model that has 98.3 % or more of all 10,000 right misses hardly any.
    assert right >= 195


@pytest.mark.slow
def test_curl(shipped: Server, tmp_path_factory: pytest.TempPathFactory) -> None:
    from shutil import which

    if which("curl") is None:
        pytest.skip("curl is not installed")
    images, labels = load_mnist("test")
    path = tmp_path_factory.mktemp("curl") / "seven.png"
    Image.fromarray((images[0].reshape(28, 28) * 255).round().astype(np.uint8)).save(path)
    for arguments in (["--data-binary", f"@{path}", "-H", "Content-Type: image/png"], ["-F", f"image=@{path}"]):
        done = subprocess.run(
            ["curl", "-sS", *arguments, f"{shipped.url}/predict"], capture_output=True, text=True, check=True
        )
        assert f'"digit":{labels[0]}' in done.stdout.replace(" ", "")


def test_response_does_not_wait_for_an_acknowledgement(server: Server) -> None:
    """Head and body are two writes; with Nagle's algorithm, the second waits for an ACK that clients delay by 40 ms."""
    with httpx.Client() as client:
        times = []
        for _ in range(40):
            response = client.post(server.url + "/predict", content=SEVEN, headers={"Content-Type": "image/png"})
            assert response.status_code == 200
            times.append(response.elapsed.total_seconds())
    # At first even such a client acknowledges at once.
    assert min(times[20:]) < 0.03
