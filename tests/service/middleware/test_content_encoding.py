import gzip
import json
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inknet.service import Settings, create_app
from tests.service.conftest import SEVEN, Client, assert_problem

CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "GZIP ": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "identity": bytes,
}


def raw_deflate(data: bytes) -> bytes:
    """Return data without zlib's container, as some clients send "deflate"."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def predict(client: Client, body: bytes | AsyncIterator[bytes], coding: str) -> httpx.Response:
    headers = {"Content-Type": "image/png", "Content-Encoding": coding}
    return client("POST", "/predict", content=body, headers=headers)


@pytest.mark.parametrize(("coding", "compress"), [*CODINGS.items(), ("deflate", raw_deflate)])
def test_a_compressed_image_is_the_image(client: Client, coding: str, compress: Callable[[bytes], bytes]) -> None:
    expected = client.predict(SEVEN).json()
    whole = compress(SEVEN)
    assert predict(client, whole, coding).json() == expected

    async def pieces() -> AsyncIterator[bytes]:
        yield b""
        for byte in whole:
            yield bytes([byte])

    assert predict(client, pieces(), coding).json() == expected


@pytest.mark.parametrize("size", [2**18 - 1, 2**18, 2**18 + 1, 2**19, 5 * 2**18 + 7])
def test_to_the_byte_across_pieces(client: Client, size: int) -> None:
    limited = Client(create_app(Settings(max_image_bytes=size), client.app.state.recognizer))
    whole = SEVEN + bytes(size - len(SEVEN))
    for compress, coding in ((gzip.compress, "gzip"), (zlib.compress, "deflate")):
        assert predict(limited, compress(whole), coding).status_code == 200
        assert_problem(predict(limited, compress(whole + b"x"), coding), 413, "Body too large")


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "gzip, identity", "x", "*"])
def test_another_coding(client: Client, coding: str) -> None:
    response = predict(client, SEVEN, coding)
    problem = assert_problem(response, 415, "Unknown content encoding")
    assert f"got '{coding}'" in problem["detail"]
    assert response.headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("damage", ["plain", "truncated", "empty", "longer", "changed"])
def test_a_body_that_is_not_what_it_claims(client: Client, coding: str, damage: str) -> None:
    whole = CODINGS[coding](SEVEN)
    body = {
        "plain": SEVEN,
        "truncated": whole[:-3],
        "empty": b"",
        "longer": whole + b"junk",
        "changed": whole[:-4] + bytes([whole[-4] ^ 1]) + whole[-3:],
    }[damage]
    problem = assert_problem(predict(client, body, coding), 400, "Broken content encoding")
    assert f"not valid {coding}" in problem["detail"]


@pytest.mark.slow
def test_a_bomb_is_not_decoded_beyond_the_limit(client: Client) -> None:
    bomb = gzip.compress(bytes(10**8))
    tracemalloc.start()
    try:
        assert_problem(predict(client, bomb, "gzip"), 413, "Body too large")
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


def test_every_kind_of_body(client: Client) -> None:
    plain = client("POST", "/predict", files={"image": SEVEN})
    headers = {"Content-Type": plain.request.headers["content-type"], "Content-Encoding": "gzip"}
    response = client("POST", "/predict", content=gzip.compress(plain.request.read()), headers=headers)
    assert response.json() == plain.json()
    tensor = {"name": "image", "datatype": "UINT8", "shape": [1, 784], "data": [0] * 400 + [255] * 384}
    body = gzip.compress(json.dumps({"inputs": [tensor]}).encode())
    response = client("POST", "/v2/models/digits/infer", content=body, headers={"Content-Encoding": "gzip"})
    assert response.status_code == 200
    response = client("POST", "/v2/models/digits/infer", content=body, headers={"Content-Encoding": "br"})
    assert response.status_code == 415
    assert response.json()["error"]


def test_a_request_without_a_body_is_not_concerned(client: Client) -> None:
    for coding in ("gzip", "br"):
        assert client("GET", "/model", headers={"Content-Encoding": coding}).status_code == 200


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(coding=st.sampled_from(["gzip", "deflate"]), cut=st.integers(0, 200), insert=st.binary(max_size=20))
def test_damaged_bodies(client: Client, coding: str, cut: int, insert: bytes) -> None:
    whole = CODINGS[coding](SEVEN)
    response = predict(client, whole[:cut] + insert + whole[cut:], coding)
    assert response.status_code in {200, 400}
