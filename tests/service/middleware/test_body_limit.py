import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from inknet.service import Settings, create_app
from tests.service.conftest import SEVEN, Client, assert_problem

LIMIT = 2000


@pytest.fixture
def limited(tiny_model: Path) -> Client:
    return Client(create_app(Settings(model=tiny_model, max_image_bytes=LIMIT, max_body_bytes=LIMIT // 2)))


def padded(size: int) -> bytes:
    """Return an image with bytes after its end, which decoders ignore."""
    return SEVEN + bytes(size - len(SEVEN))


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413)])
def test_to_the_byte(limited: Client, size: int, status: int) -> None:
    assert limited.predict(padded(size)).status_code == status


@pytest.mark.slow
def test_default_is_twelve_mebibytes_for_images_and_one_otherwise(client: Client) -> None:
    assert client.predict(padded(12 * 2**20)).status_code == 200
    problem = assert_problem(client.predict(padded(12 * 2**20 + 1)), 413, "Body too large")
    assert "12582912 bytes" in problem["detail"]
    for path in ("/nothing", "/predict/", "/model"):
        problem = assert_problem(client("POST", path, content=padded(2**20 + 1)), 413, "Body too large")
        assert "1048576 bytes" in problem["detail"]


def test_declared_length_is_refused_before_the_body_is_read(limited: Client) -> None:
    async def never_read() -> AsyncIterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    headers = {"Content-Type": "image/png", "Content-Length": str(LIMIT + 1)}
    assert_problem(limited("POST", "/predict", content=never_read(), headers=headers), 413, "Body too large")
    assert_problem(limited("POST", "/nothing", content=never_read(), headers=headers), 413, "Body too large")


def test_either_length_or_encoding(client: Client) -> None:
    """A proxy may have taken the other one for the end of the request: smuggling."""
    for path in ("/predict", "/nothing"):
        headers = {"Content-Length": "5", "Transfer-Encoding": "chunked"}
        response = client("POST", path, content=b"0\r\n\r\n", headers=headers)
        assert_problem(response, 400, "Ambiguous length")
        assert response.headers["connection"] == "close"


def test_all_bodies_together_are_limited(tiny_model: Path) -> None:
    app = create_app(Settings(model=tiny_model, max_buffered_bytes=100_000))
    limited, image = Client(app), padded(16 * 1024 + 60_000)
    assert limited.predict(image).status_code == 200
    # 16 KiB of each body do not count, so that drawings still come through.
    assert limited.predict(padded(16 * 1024 + 100_000)).status_code == 200

    async def ask() -> list[int]:
        sent, go_on = asyncio.Event(), asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield image[:-1]
            sent.set()
            await go_on.wait()
            yield image[-1:]

        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
        ):
            headers = {"Content-Type": "image/png"}
            first = asyncio.create_task(client.post("/predict", content=slow(), headers=headers))
            await sent.wait()
            second = await client.post("/predict", content=image, headers=headers)
            assert_problem(second, 503, "Overloaded")
            assert second.headers["retry-after"] == "1"
            small = await client.post("/predict", content=SEVEN, headers=headers)
            go_on.set()
            third = await first
            again = await client.post("/predict", content=image, headers=headers)
            return [small.status_code, third.status_code, again.status_code]

    assert asyncio.run(ask()) == [200, 200, 200]


@pytest.mark.parametrize("declared", [None, "10", "nonsense", "-1", "٣"])
@pytest.mark.parametrize("content_type", ["image/png", "multipart/form-data; boundary=edge"])
def test_received_bytes_are_counted(limited: Client, declared: str | None, content_type: str) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--edge\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\n'
        while True:
            sent += 500
            yield bytes(500)

    headers = {"Content-Type": content_type}
    if declared is not None:
        headers["Content-Length"] = declared
    response = limited("POST", "/predict", content=endless(), headers=[(n, v.encode()) for n, v in headers.items()])
    assert_problem(response, 413, "Body too large")
    assert sent <= LIMIT + 500
