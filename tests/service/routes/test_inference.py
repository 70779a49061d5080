"""The Open Inference Protocol, as an unmodified client of Triton's speaks it, and against what is none of it."""

import base64
import io
import json
import threading
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
from numpy.typing import NDArray
from PIL import Image
from tritonclient.utils import InferenceServerException

from inknet import Recognizer
from inknet.digits import load_mnist
from inknet.digits.imaging.decode import ImageLike
from inknet.digits.recognizer import Timed
from inknet.mlp import Network
from inknet.service import Settings, create_app
from tests.service.conftest import SEVEN, Client, Server, assert_problem, draw_seven, encode, running_server

IMAGES, LABELS = load_mnist("test")


@pytest.fixture(scope="module")
def shipped() -> Recognizer:
    return Recognizer.load()


@pytest.fixture(scope="module")
def real() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture
def triton_client(real: Server) -> Iterator[Any]:
    client = triton.InferenceServerClient(real.url.removeprefix("http://"))
    yield client
    client.close()


def image_tensor(images: NDArray[np.generic], datatype: str, *, binary: bool) -> Any:  # noqa: ANN401 - it ships no types
    tensor = triton.InferInput("image", list(images.shape), datatype)
    tensor.set_data_from_numpy(images, binary_data=binary)
    return tensor


def test_metadata(triton_client: Any, shipped: Recognizer) -> None:  # noqa: ANN401
    version = shipped.sha256[:12]
    assert triton_client.is_server_live()
    assert triton_client.is_server_ready()
    assert triton_client.is_model_ready("digits")
    assert triton_client.is_model_ready("digits", version)
    assert not triton_client.is_model_ready("digits", "7")
    assert not triton_client.is_model_ready("letters")
    assert triton_client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
    metadata = triton_client.get_model_metadata("digits")
    assert metadata == triton_client.get_model_metadata("digits", version)
    assert metadata["versions"] == [version]
    assert metadata["inputs"] == [{"name": "image", "datatype": "FP32", "shape": [-1, 784]}]
    assert [(one["name"], one["datatype"]) for one in metadata["outputs"]] == [
        ("digit", "INT64"),
        ("probabilities", "FP32"),
        ("certain", "BOOL"),
    ]


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("datatype", ["FP32", "FP64", "UINT8"])
@pytest.mark.parametrize("count", [1, 256])
def test_mnist(triton_client: Any, shipped: Recognizer, count: int, datatype: str, binary: bool) -> None:  # noqa: ANN401
    rows = IMAGES[:count]
    dtype = {"FP32": np.float32, "FP64": np.float64, "UINT8": np.uint8}[datatype]
    images = (np.rint(rows * 255) if datatype == "UINT8" else rows).astype(dtype)
    outputs = [triton.InferRequestedOutput(name, binary) for name in ("probabilities", "certain", "digit")]
    result = triton_client.infer(
        "digits", [image_tensor(images, datatype, binary=binary)], outputs=outputs, request_id="a"
    )
    expected = shipped.predict(rows)
    np.testing.assert_allclose(result.as_numpy("probabilities"), expected, atol=1e-6)
    np.testing.assert_array_equal(result.as_numpy("digit"), expected.argmax(axis=1))
    np.testing.assert_array_equal(result.as_numpy("certain"), shipped.is_certain(rows))
    assert result.get_response()["id"] == "a"
    assert (result.as_numpy("digit") == LABELS[:count]).mean() > 0.98


@pytest.mark.parametrize("shape", [(2, 28, 28), (2, 1, 28, 28), (2, 28, 28, 1)])
def test_any_shape_of_an_image(triton_client: Any, shipped: Recognizer, shape: tuple[int, ...]) -> None:  # noqa: ANN401
    result = triton_client.infer("digits", [image_tensor(IMAGES[:2].reshape(shape), "FP32", binary=True)])
    np.testing.assert_allclose(result.as_numpy("probabilities"), shipped.predict(IMAGES[:2]), atol=1e-6)


def image_files(images: NDArray[np.float32], kind: str) -> list[bytes]:
    return [encode(Image.fromarray(np.rint(255 * image.reshape(28, 28)).astype(np.uint8)), kind) for image in images]


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_image_files(triton_client: Any, shipped: Recognizer, shape: tuple[int, ...], binary: bool) -> None:  # noqa: ANN401
    """As KServe's examples send images: elements of a BYTES tensor, which in JSON are base64."""
    files = [*image_files(IMAGES[:2], "PNG"), encode(draw_seven(300, "RGB"), "JPEG")]
    elements: list[bytes] | list[str] = files if binary else [base64.b64encode(file).decode() for file in files]
    tensor = image_tensor(np.array(elements, dtype=np.object_).reshape(shape), "BYTES", binary=binary)
    result = triton_client.infer("digits", [tensor])
    expected = [shipped.recognize(file) for file in files]
    assert result.as_numpy("digit").tolist() == [prediction.digit for prediction in expected]
    assert result.as_numpy("certain").tolist() == [prediction.certain for prediction in expected]
    np.testing.assert_allclose(result.as_numpy("probabilities"), [one.probabilities for one in expected], atol=1e-6)


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_compressed_requests(triton_client: Any, shipped: Recognizer, algorithm: str) -> None:  # noqa: ANN401
    tensor = image_tensor(IMAGES[:50], "FP32", binary=True)
    options = {"request_compression_algorithm": algorithm, "response_compression_algorithm": algorithm}
    result = triton_client.infer("digits", [tensor], **options)
    np.testing.assert_allclose(result.as_numpy("probabilities"), shipped.predict(IMAGES[:50]), atol=1e-6)


def test_all_outputs_by_default(triton_client: Any) -> None:  # noqa: ANN401
    tensor = image_tensor(IMAGES[:2].reshape(2, 28, 28), "FP32", binary=True)
    result = triton_client.infer("digits", [tensor])
    assert result.as_numpy("digit").shape == (2,)
    assert result.as_numpy("probabilities").shape == (2, 10)
    assert result.as_numpy("certain").dtype == np.bool_


def test_client_shows_the_error_message(triton_client: Any) -> None:  # noqa: ANN401
    with pytest.raises(InferenceServerException, match=r"from 0 \(paper\) to 1 \(ink\)"):
        triton_client.infer("digits", [image_tensor(2 * IMAGES[:1], "FP32", binary=True)])


STROKE = [255 if 4 <= row < 24 and 13 <= column < 16 else 0 for row in range(28) for column in range(28)]
GOOD: dict[str, Any] = {"name": "image", "datatype": "UINT8", "shape": [1, 784], "data": STROKE}


def infer(client: Client, document: object, **headers: str) -> Any:  # noqa: ANN401
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return client("POST", "/v2/models/digits/infer", content=content, headers=headers)


def test_blank_images_are_not_certain(client: Client) -> None:
    answer = infer(client, {"inputs": [GOOD | {"shape": [2, 28, 28], "data": [0] * 784 + STROKE}]}).json()
    digit, probabilities, certain = answer["outputs"]
    assert (digit["shape"], probabilities["shape"], certain["shape"]) == ([2], [2, 10], [2])
    assert certain["data"][0] is False
    assert "parameters" not in digit


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        ({"name": "picture"}, "inputs.0.name"),
        ({"datatype": "FP16"}, "inputs.0.datatype"),
        ({"shape": []}, "inputs.0.shape"),
        ({"shape": [1, 1, 1, 28, 28]}, "inputs.0.shape"),
        ({"shape": [784]}, "must have the shape [n, 784], [n, 28, 28] or [n, 1, 28, 28], got [784]"),
        ({"shape": [1, 3, 28, 28]}, "must have the shape [n, 784], [n, 28, 28] or [n, 1, 28, 28], got [1, 3, 28, 28]"),
        ({"datatype": "FP64", "data": [1.5] * 784}, "FP64 values must be from 0 (paper) to 1 (ink)"),
        ({"datatype": "BYTES"}, "files must have the shape [n] or [n, 1], got [1, 784]"),
        ({"datatype": "BYTES", "shape": [2], "data": ["iVBO"]}, "must have 2 files for its shape [2], got 1"),
        ({"datatype": "BYTES", "shape": [1], "data": [7]}, "must be a string, got int"),
        ({"datatype": "BYTES", "shape": [1], "data": ["?"]}, "must be base64"),
        ({"datatype": "BYTES", "shape": [1], "data": ["aGVsbG8="]}, "0, counted from 0: unknown image format"),
        ({"datatype": "BYTES", "shape": [1], "data": None}, "must have data or binary_data_size"),
        ({"shape": [1, 783], "data": [0] * 783}, "must have the shape [n, 784]"),
        ({"shape": [0, 784], "data": []}, "must have 1 to 1024 images"),
        ({"shape": [-1, 784]}, "must have 1 to 1024 images"),
        ({"shape": [10**30, 784]}, "must have 1 to 1024 images"),
        ({"shape": [1025, 784]}, "must have 1 to 1024 images"),
        ({"shape": [2, 784]}, "must have 1568 values for its shape [2, 784], got 784"),
        ({"data": None}, "must have data or binary_data_size"),
        ({"data": ["7"] * 784}, "must be numbers"),
        ({"data": [[[0] * 783, ["0"]]]}, "must be numbers"),
        ({"data": [[]] * 784}, "must have 784 values for its shape [1, 784], got 0"),
        ({"data": [[[[0]]]] * 784, "datatype": "FP32", "shape": [2, 784]}, "must have 1568 values"),
        ({"data": [2**63] + [0] * 783}, "of at most 64 bits"),
        ({"data": [10**400, 0.5] + [0] * 782, "datatype": "FP64"}, "of at most 64 bits"),
        ({"data": [True] * 784}, "must be numbers"),
        ({"data": [[0] * 783, [0]]}, "evenly nested"),
        ({"data": [10**40] + [0] * 783}, "must be numbers of at most 64 bits"),
        ({"data": [256] + [0] * 783}, "integers from 0 to 255"),
        ({"data": [-1] + [0] * 783}, "integers from 0 to 255"),
        ({"data": [0.5] * 784}, "integers from 0 to 255"),
        ({"datatype": "FP32", "data": [1.5] * 784}, "from 0 (paper) to 1 (ink)"),
        ({"parameters": {"binary_data_size": 784}}, "must be 0, the bytes after the JSON, got 784"),
        ({"parameters": {"binary_data_size": "784"}}, "'784'"),
    ],
)
def test_invalid_tensors(client: Client, tensor: dict[str, Any], reason: str) -> None:
    response = infer(client, {"inputs": [GOOD | tensor]})
    problem = response.json()
    assert response.status_code == 400
    assert problem["error"] == problem["detail"]
    assert problem["type"] == "/problems/not-the-tensors"
    assert reason in problem["detail"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'{"inputs": []}',
        b'{"inputs": [1]}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"inputs": [{"name": "image", "datatype": "FP32", "shape": [1, 784], "data": [NaN' + b", 0" * 783 + b"]}]}",
        json.dumps({"inputs": [GOOD, GOOD]}).encode(),
        json.dumps({"inputs": [GOOD], "outputs": [{"name": "x"}]}).encode(),
        json.dumps({"inputs": [GOOD], "outputs": [{"name": "digit"}] * 2}).encode(),
        json.dumps({"inputs": [GOOD], "outputs": [{"name": "digit"}] * 1000}).encode(),
    ],
)
def test_invalid_requests(client: Client, content: bytes) -> None:
    assert infer(client, content).status_code == 400


@pytest.mark.parametrize("length", ["0", "-1", "x", "٣", "1000000", "9" * 5000])
def test_invalid_header_length(client: Client, length: str) -> None:
    headers = {b"Inference-Header-Content-Length": length.encode()}
    body = json.dumps({"inputs": [GOOD]}).encode()
    response = client("POST", "/v2/models/digits/infer", content=body, headers=headers)
    assert response.status_code == 400
    assert "Inference-Header-Content-Length" in response.json()["detail"]


def test_strings_take_no_memory(client: Client) -> None:
    """Numpy would make an array of n × the longest × 4 bytes: 400 MB."""
    body = json.dumps({"inputs": [GOOD | {"data": ["a" * 1_000_000, *[""] * 99]}]}).encode()
    tracemalloc.start()
    try:
        assert infer(client, body).status_code == 400
        assert tracemalloc.get_traced_memory()[1] < 30 * len(body)
    finally:
        tracemalloc.stop()


def test_invalid_binary_data(client: Client) -> None:
    head = json.dumps({"inputs": [{**GOOD, "datatype": "FP32", "parameters": {"binary_data_size": 3135}}]}).encode()
    response = infer(client, head + bytes(3135), **{"Inference-Header-Content-Length": str(len(head))})
    assert "multiple of 4" in response.json()["detail"]
    head = head.replace(b"3135", b"3136")
    noise = np.full(784, np.nan, "<f4").tobytes()
    response = infer(client, head + noise, **{"Inference-Header-Content-Length": str(len(head))})
    assert "from 0 (paper) to 1 (ink)" in response.json()["detail"]


@pytest.mark.parametrize(
    "data", [b"\x02\0\0\0a", b"\x01\0\0", b"\xff\xff\xff\xffabc", b"", bytes(4 * 3), bytes(4) + b"\x01"]
)
def test_invalid_binary_files(client: Client, data: bytes) -> None:
    tensor = {"name": "image", "datatype": "BYTES", "shape": [2], "parameters": {"binary_data_size": len(data)}}
    head = json.dumps({"inputs": [tensor]}).encode()
    response = infer(client, head + data, **{"Inference-Header-Content-Length": str(len(head))})
    assert response.status_code == 400
    assert "file" in response.json()["detail"]


def files_tensor(*files: bytes) -> dict[str, Any]:
    data = [base64.b64encode(file).decode() for file in files]
    return {"inputs": [{"name": "image", "datatype": "BYTES", "shape": [len(files)], "data": data}]}


@pytest.mark.slow
def test_the_pixels_of_all_files_together_are_limited(client: Client) -> None:
    large = encode(Image.new("1", (3000, 3000), 1))
    assert infer(client, files_tensor(SEVEN, large)).json()["detail"].startswith("Image 1, counted from 0: there is no")
    large = encode(draw_seven(3000, "1"))
    assert infer(client, files_tensor(large)).status_code == 200
    problem = infer(client, files_tensor(large, large)).json()
    assert (problem["status"], problem["type"]) == (413, "/problems/too-many-pixels")
    assert "more than 16,000,000 pixels together" in problem["error"]
    frames = io.BytesIO()
    Image.new("L", (1000, 1000)).save(frames, "GIF", save_all=True, append_images=[Image.new("L", (1000, 1000), 9)] * 9)
    assert infer(client, files_tensor(frames.getvalue(), frames.getvalue())).status_code == 400
    assert infer(client, files_tensor(encode(Image.new("1", (4001, 4000), 1)))).status_code == 413


def test_image_files_are_recognized_in_a_thread() -> None:
    """A small file can be a large image."""
    threads = []

    class Watched(Recognizer):
        def recognize_timed(self, image: ImageLike) -> Timed:
            threads.append(threading.current_thread())
            return super().recognize_timed(image)

    client = Client(create_app(Settings(), Watched(Network([784, 10]))))
    assert infer(client, files_tensor(SEVEN)).status_code == 200
    assert threads
    assert threading.current_thread() not in threads


def test_limits(client: Client) -> None:
    small = Client(create_app(Settings(max_tensor_bytes=5000, max_batch=1), client.app.state.recognizer))
    assert infer(small, bytes(5001)).status_code == 413
    small = Client(create_app(Settings(max_batch=1)))
    assert infer(small, {"inputs": [GOOD]}).status_code == 200
    assert "must have 1 to 1 images" in infer(small, {"inputs": [GOOD | {"shape": [2, 784]}]}).json()["detail"]


def test_same_probabilities_as_predict(client: Client) -> None:
    from inknet.digits.imaging.ink import read_ink

    ink = read_ink(SEVEN)
    tensor = {"name": "image", "datatype": "FP32", "shape": [1, 28, 28], "data": ink.tolist()}
    batch = infer(client, {"inputs": [tensor]}).json()["outputs"][1]["data"]
    assert batch == pytest.approx(client.predict(SEVEN).json()["probabilities"], abs=1e-6)


def test_unknown_model_is_a_protocol_error(client: Client) -> None:
    response = client("GET", "/v2/models/letters")
    assert (response.status_code, response.json()["error"]) == (404, "Nothing found at /v2/models/letters.")
    assert_problem(client("GET", "/nothing"), 404)
