import asyncio
import base64
import hashlib
import io
import json
import struct
import threading
import time
import zlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from threadpoolctl import threadpool_info

from inknet.digits import ImageError, Recognizer
from inknet.digits.imaging.decode import ImageLike
from inknet.digits.recognizer import Timed
from inknet.mlp import Network
from inknet.service import Settings, create_app
from tests.service.conftest import SEVEN, Client, assert_problem, draw_seven, encode

TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
}


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width: int, height: int) -> bytes:
    """Return the header chunk of a gray PNG."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))


PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: It says that it is small, and then that it is not.
TWO_HEADERS = PNG_SIGNATURE + header(28, 28) + header(2000, 2000) + chunk(b"IDAT", b"")


def form(*parts: tuple[str, bytes]) -> tuple[bytes, str]:
    """Return the body and content type of a form with these parts: a Content-Disposition and content each."""
    body = b"".join(
        b"--edge\r\nContent-Disposition: form-data; " + disposition.encode() + b"\r\n\r\n" + content + b"\r\n"
        for disposition, content in parts
    )
    return body + b"--edge--\r\n", "multipart/form-data; boundary=edge"


IMAGE_PART = 'name="image"; filename="seven.png"'


def test_answer_equals_the_recognizers(client: Client, tiny_model: Path) -> None:
    expected = Recognizer.load(tiny_model).recognize(SEVEN)
    response = client.predict(SEVEN)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {
        "digit": expected.digit,
        "label": str(expected.digit),
        "confidence": expected.confidence,
        "certain": expected.certain,
        "probabilities": list(expected.probabilities),
        "model": "tiny",
        "model_sha256": hashlib.sha256(tiny_model.read_bytes()).hexdigest(),
    }
    assert sum(response.json()["probabilities"]) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("side", [28, 500])
def test_every_format_raw_and_in_a_form(client: Client, kind: str, side: int) -> None:
    image = encode(draw_seven(side, "RGB"), kind)
    raw = client.predict(image, TYPES[kind])
    in_form = client("POST", "/predict", files={"image": ("seven", image, "application/octet-stream")})
    assert raw.status_code == in_form.status_code == 200
    assert raw.json() == in_form.json()


@pytest.mark.parametrize("content_type", ["IMAGE/PNG", "image/png; charset=binary", " image/png ;x=y", "image/gif"])
def test_format_is_detected_from_the_bytes(client: Client, content_type: str) -> None:
    assert client.predict(SEVEN, content_type).status_code == 200


def test_other_fields_of_a_form_are_ignored(client: Client) -> None:
    files = {"image": SEVEN, "other": b"x"}
    assert client("POST", "/predict", files=files, data={"note": "mine"}).status_code == 200


@pytest.mark.parametrize("body", [b"", b"not an image", SEVEN[:60], b"\x89PNG\r\n\x1a\n", b"%PDF-1.4", TWO_HEADERS])
def test_not_an_image(client: Client, body: bytes) -> None:
    problem = assert_problem(client.predict(body), 400, "Not an image")
    assert problem["type"] == "/problems/not-an-image"
    assert problem["instance"] == "/predict"
    assert_problem(client("POST", "/predict", files={"image": ("x.png", body)}), 400, "Not an image")


@pytest.mark.parametrize("color", ["white", "black"])
@pytest.mark.parametrize("side", [28, 800])
def test_no_ink(client: Client, color: str, side: int) -> None:
    problem = assert_problem(client.predict(encode(Image.new("L", (side, side), color))), 400, "No ink in the image")
    assert problem["type"] == "/problems/no-ink"


def test_too_many_pixels_are_refused_by_the_header_alone(client: Client) -> None:
    claim = PNG_SIGNATURE + header(50000, 50000) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    problem = assert_problem(client.predict(claim), 413, "Too many pixels")
    assert "16,000,000" in problem["detail"]


def test_just_over_16_megapixels(client: Client) -> None:
    assert_problem(client.predict(encode(Image.new("1", (4001, 4000), 1))), 413, "Too many pixels")


@pytest.mark.parametrize(
    "content_type",
    [
        *("image/jpg", "image/pjpeg", "image/x-png", "image/x-ms-bmp", "image/tiff", "image/heic", "image/svg+xml"),
        *(
            "application/x-www-form-urlencoded",
            "image/*",
            "image/png, image/jpeg",
            "application/octet-stream",
            "Application/Octet-Stream; x=y",
            "",
            None,
        ),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_bytes_decide_whatever_their_label(client: Client, content_type: str | None, kind: str) -> None:
    image = encode(draw_seven(), kind)
    response = client.predict(image, content_type)
    assert response.json() == client.predict(image, TYPES[kind]).json()
    assert response.status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/pdf", "video/mp4", "image"])
def test_not_an_image_type(client: Client, content_type: str) -> None:
    response = client.predict(SEVEN, content_type)
    problem = assert_problem(response, 415, "Not an image type")
    assert "image/png" in problem["detail"]
    assert "image/png" in response.headers["accept"]
    assert f"got '{content_type}'" in problem["detail"]


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (*form(('name="image"', SEVEN)), "got text 'image'"),
        (*form(('name="note"', b"x"), ('name="x"', b"")), "must have one file, which has a file name, got text 'note'"),
        (*form(('name="a"; filename="a"', SEVEN), ('name="b"; filename="b"', SEVEN)), "got 2: file 'a', file 'b'"),
        (*form((IMAGE_PART, SEVEN), (IMAGE_PART, SEVEN)), "got 2"),
        (*form((IMAGE_PART, SEVEN), ('name="image"', b"7")), "got 2"),
        (*form(("nothing", SEVEN)), '"name" must be provided'),
        (*form((IMAGE_PART, SEVEN), *[('name="note"', b"")] * 17), "Maximum number of fields is 16"),
        (*form(), "got 0"),
        (form((IMAGE_PART, SEVEN))[0][:-3], "multipart/form-data; boundary=edge", "truncated"),
        (form((IMAGE_PART, SEVEN))[0][:-30], "multipart/form-data; boundary=edge", "truncated"),
        (form((IMAGE_PART, SEVEN))[0], "multipart/form-data; boundary=other", "truncated or has another one"),
        (form((IMAGE_PART, SEVEN))[0], "multipart/form-data", "must have a boundary"),
        (form((IMAGE_PART, SEVEN))[0], "multipart/form-data; boundary=", "must have a boundary"),
        (b"", "multipart/form-data; boundary=edge", "truncated"),
        (b"junk" + form((IMAGE_PART, SEVEN))[0], "multipart/form-data; boundary=edge", "Invalid multipart data"),
        (form((IMAGE_PART, SEVEN))[0], "multipart/form-data; boundary=edge; charset=undefined", "cannot be decoded"),
    ],
)
def test_malformed_form(client: Client, body: bytes, content_type: str, says: str) -> None:
    problem = assert_problem(client.predict(body, content_type), 422, "Malformed form")
    assert says in problem["detail"]


def with_compressed_text() -> bytes:
    """Return a small PNG with a text chunk that takes longer to decompress than its pixels."""
    text = PngInfo()
    text.add_text("Comment", "a" * 2**20, zip=True)
    buffer = io.BytesIO()
    draw_seven().save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()


def animation() -> bytes:
    """Return a small PNG of two frames."""
    buffer = io.BytesIO()
    draw_seven().save(buffer, "PNG", save_all=True, append_images=[draw_seven().transpose(Image.Transpose.ROTATE_90)])
    return buffer.getvalue()


class WatchedRecognizer(Recognizer):
    """Records the thread of each recognition."""

    def __init__(self) -> None:
        super().__init__(Network([784, 10]), "watched")
        self.threads: list[threading.Thread] = []
        self.blas_threads: set[int] = set()

    def recognize_each(self, images: Iterable[ImageLike]) -> list[Timed | ImageError]:
        self.threads.append(threading.current_thread())
        self.blas_threads |= {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}
        return super().recognize_each(images)


@pytest.mark.parametrize(
    ("image", "inline"),
    [
        (SEVEN, True),
        (encode(draw_seven(280, "RGBA")), True),
        (encode(draw_seven(320)), True),
        (encode(draw_seven(321)), False),
        (encode(draw_seven(28), "JPEG"), False),
        (encode(Image.effect_noise((300, 300), 90)), False),
        (TWO_HEADERS, False),
        (with_compressed_text(), False),
        (animation(), False),
        (b"", False),
    ],
    ids=["28", "280", "320", "321", "jpeg", "noise", "two-headers", "compressed-text", "animation", "empty"],
)
def test_only_small_images_are_recognized_in_the_event_loop(image: bytes, inline: bool) -> None:
    recognizer = WatchedRecognizer()
    Client(create_app(Settings(), recognizer)).predict(image)
    (thread,) = recognizer.threads
    assert (thread is threading.current_thread()) == inline


def test_numpy_has_one_thread_while_serving() -> None:
    recognizer = WatchedRecognizer()
    client = Client(create_app(Settings(), recognizer))
    client.predict(SEVEN)
    client.predict(encode(draw_seven(700)))
    assert len(recognizer.threads) == 2
    assert recognizer.blas_threads == {1}


class SlowRecognizer(Recognizer):
    """Takes its time over large images: until told to go on."""

    def __init__(self) -> None:
        super().__init__(Network([784, 10]), "slow")
        self.started, self.go_on = threading.Event(), threading.Event()

    def recognize_timed(self, image: ImageLike) -> Timed:
        if image != SEVEN:
            self.started.set()
            assert self.go_on.wait(20)
        return super().recognize_timed(image)


def test_large_image_does_not_delay_a_small_one() -> None:
    recognizer = SlowRecognizer()
    app = create_app(Settings(), recognizer)

    async def send() -> tuple[httpx.Response, httpx.Response]:
        headers = {"Content-Type": "image/png"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            large = asyncio.create_task(client.post("/predict", content=encode(draw_seven(2000, "1")), headers=headers))
            await asyncio.to_thread(recognizer.started.wait, 20)
            small = await client.post("/predict", content=SEVEN, headers=headers)
            assert not large.done()
            recognizer.go_on.set()
            return small, await large

    small, large = asyncio.run(send())
    assert small.status_code == large.status_code == 200


def test_body_in_many_pieces(client: Client) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for byte in SEVEN:
            yield bytes([byte])

    response = client("POST", "/predict", content=pieces(), headers={"Content-Type": "image/png"})
    assert response.json() == client.predict(SEVEN).json()


def test_json_is_plain(client: Client) -> None:
    values = json.loads(client.predict(SEVEN).text)
    assert type(values["digit"]) is int
    assert [type(p) for p in values["probabilities"]] == [float] * 10


def answers_calmly(client: Client, body: bytes, content_type: str) -> None:
    response = client.predict(body, content_type)
    if response.status_code != 200:
        assert 400 <= response.status_code < 500, response.text
        assert_problem(response, response.status_code)


calm = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.slow
@calm
@given(body=st.binary(max_size=300), content_type=st.sampled_from([*TYPES.values(), "multipart/form-data; boundary=e"]))
def test_random_bytes_are_a_client_error(client: Client, body: bytes, content_type: str) -> None:
    answers_calmly(client, body, content_type)


@pytest.mark.slow
@calm
@given(kind=st.sampled_from(sorted(TYPES)), data=st.data())
def test_damaged_images(client: Client, kind: str, data: st.DataObject) -> None:
    whole = encode(draw_seven(28, "RGB"), kind)
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)), "length")])
    for place in data.draw(st.lists(st.integers(0, max(0, len(damaged) - 1)), max_size=5), "places"):
        if damaged:
            damaged[place] = data.draw(st.integers(0, 255), "byte")
    answers_calmly(client, bytes(damaged), TYPES[kind])


@pytest.mark.slow
@calm
@given(data=st.data())
def test_damaged_forms(client: Client, data: st.DataObject) -> None:
    whole, content_type = form((IMAGE_PART, SEVEN), ('name="note"', b"mine"))
    cut, insert = data.draw(st.integers(0, len(whole)), "cut"), data.draw(st.binary(max_size=20), "insert")
    answers_calmly(client, whole[:cut] + insert + whole[cut:], content_type)


@pytest.mark.slow
@calm
@given(content_type=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
@example(content_type="multipart/form-data; boundary=" + "x" * 5000)
@example(content_type='multipart/form-data; boundary="')
@example(content_type="multipart/form-data; boundary=edge; charset=utf-16")
@example(content_type="multipart/form-data; charset=zlib; boundary=edge")
def test_any_content_type(client: Client, content_type: str) -> None:
    answers_calmly(client, form((IMAGE_PART, SEVEN))[0], content_type)


@pytest.mark.parametrize(
    ("image", "detail"),
    [
        (encode(draw_seven(), "PPM"), "Unknown image format; send one of PNG, JPEG,"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG images are not supported: export this one as PNG."),
    ],
)
def test_unsupported_image_formats(client: Client, image: bytes, detail: str) -> None:
    assert assert_problem(client.predict(image), 400, "Not an image")["detail"].startswith(detail)


@pytest.mark.parametrize("field", ["file", "picture", "upload[]", "Image", ""])
def test_the_one_file_of_a_form_has_any_name(client: Client, field: str) -> None:
    expected = client.predict(SEVEN).json()
    for others in ((), (('name="note"', b"mine"),), (('name="image"', b"a text"),)):
        body, content_type = form(*others, (f'name="{field}"; filename="x"', SEVEN))
        assert client.predict(body, content_type).json() == expected


def test_a_large_file_of_a_form_needs_no_disk(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", None)
    body, content_type = form((IMAGE_PART, SEVEN + bytes(2**21)))
    assert client.predict(body, content_type).json() == client.predict(SEVEN).json()


BASE64 = base64.b64encode(SEVEN).decode()


@pytest.mark.parametrize(
    "text",
    [
        BASE64,
        BASE64.rstrip("="),
        base64.urlsafe_b64encode(SEVEN).decode(),
        base64.encodebytes(SEVEN).decode(),
        f"data:image/png;base64,{BASE64}",
        f"data:;base64,{BASE64}",
        f"data:image/jpeg;charset=utf-8;base64,{BASE64}",
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8"])
def test_base64_in_json(client: Client, text: str, content_type: str) -> None:
    response = client.predict(json.dumps({"image": text, "other": 1}).encode(), content_type)
    assert response.json() == client.predict(SEVEN).json()
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "Invalid body: "),
        (b"{", "Invalid body: "),
        (b"[" * 100_000, "Invalid body: "),
        (b"null", "Invalid body: "),
        (b'"iVBO"', "Invalid body: "),
        (b"{}", "Invalid image: Field required"),
        (b'{"image": null}', "Invalid image: must be a string, got NoneType"),
        (b'{"image": [137, 80]}', "Invalid image: must be a string, got list"),
        (b'{"image": "seven.png"}', "Invalid image: must be base64, or a data: URL of it: "),
        ('{"image": "ü"}'.encode(), "Invalid image: must be base64"),
        (b'{"image": "iVBOR"}', "Invalid image: must be base64"),
        (b'{"image": "data:image/svg+xml,<svg/>"}', "or a URL of the form data:image/png;base64,"),
        (b'{"image": "https://example.org/a,b"}', "or a URL of the form data:image/png;base64,"),
    ],
)
def test_malformed_json(client: Client, body: bytes, says: str) -> None:
    problem = assert_problem(client.predict(body, "application/json"), 422, "Malformed JSON")
    assert says in problem["detail"]


@pytest.mark.parametrize("text", ["", "aGVsbG8", "data:,", "data:image/png;base64,"])
def test_base64_of_something_else(client: Client, text: str) -> None:
    status = 422 if text == "data:," else 400
    assert_problem(client.predict(json.dumps({"image": text}).encode(), "application/json"), status)


@pytest.mark.slow
def test_a_photograph_of_a_telephone(client: Client) -> None:
    """48 megapixels, in a file of some megabytes."""
    noise = Image.effect_noise((2000, 1500), 20).resize((8000, 6000))
    noise.paste(40, (3800, 1500, 4200, 4500))
    photograph = encode(noise, "JPEG")
    assert 2**21 < len(photograph) < 12 * 2**20
    assert client.predict(photograph, "image/jpeg").status_code == 200
    body, content_type = form((IMAGE_PART, photograph))
    assert client.predict(body, content_type).json() == client.predict(photograph, "image/jpeg").json()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "height"),
    [(280, 280), (280, 70), (70, 280), (2000, 40), (40, 2000), (1, 3000), (400_000, 40), (16_000_000, 1)],
)
def test_bar_in_an_image_of_any_shape(client: Client, width: int, height: int) -> None:
    image = Image.new("L", (width, height), "white")
    image.paste("black", (width // 4, height // 4, width // 2 + 1, height // 2 + 1))
    start = time.process_time()
    response = client.predict(encode(image))
    if response.status_code != 200:
        assert_problem(response, 400)
    assert time.process_time() - start < 5
