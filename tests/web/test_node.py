"""The page's modules that need no browser, run in node and compared with Python."""

import base64
import io
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inknet import Network, Recognizer
from inknet.digits import ink_strokes, load_pen_digits
from inknet.digits.drawing.non_digits import draw_non_digit
from inknet.mlp.layer import Layer
from inknet.service.routes.network import network_document

HERE = Path(__file__).resolve().parent
RECOGNITION = HERE.parents[1] / "web" / "recognition"

INK = f"""
import {{ text }} from "node:stream/consumers";
import {{ inkStrokes }} from {json.dumps((RECOGNITION / "rasterize.js").as_uri())};
const drawings = JSON.parse(await text(process.stdin));
console.log(JSON.stringify(drawings.map((strokes) => Buffer.from(inkStrokes(strokes)).toString("hex"))));
"""
NETWORK = f"""
import {{ text }} from "node:stream/consumers";
import {{ inkStrokes }} from {json.dumps((RECOGNITION / "rasterize.js").as_uri())};
import {{ Network }} from {json.dumps((RECOGNITION / "network.js").as_uri())};
const [document, drawings] = JSON.parse(await text(process.stdin));
const network = Network.from(document);
console.log(JSON.stringify(drawings.map((strokes) => {{
  const pass = network.forward(inkStrokes(strokes));
  const {{ certain, probabilities }} = network.predict(pass);
  const gradients = [-1, 0].map((layer) => [...network.gradient(pass, 3, layer)]);
  return [certain, probabilities, [...pass.sums[0]], gradients];
}})));
"""
PNG = f"""
import {{ text }} from "node:stream/consumers";
import {{ encodePng }} from {json.dumps((RECOGNITION / "png.js").as_uri())};
const [pixels, width, height] = JSON.parse(await text(process.stdin));
console.log(Buffer.from(encodePng(Uint8Array.from(pixels), width, height)).toString("base64"));
"""


@pytest.mark.parametrize("file", ["rasterize.test.js", "sw.test.js"])
def test_hand_worked_cases(run_node: Callable[..., str], file: str) -> None:
    run_node("--test", str(HERE / file))


@pytest.mark.parametrize(("width", "height"), [(28, 28), (1, 1), (3, 7), (180, 180)])
def test_png_alpha(run_node: Callable[..., str], width: int, height: int) -> None:
    alpha = np.random.default_rng(width).integers(0, 256, (height, width), dtype=np.uint8)
    file = run_node("--input-type=module", "--eval", PNG, text=json.dumps([alpha.ravel().tolist(), width, height]))
    with Image.open(io.BytesIO(base64.b64decode(file))) as image:
        assert image.format == "PNG"
        assert image.mode == "LA"
        image.verify()  # the chunks' checksums
    with Image.open(io.BytesIO(base64.b64decode(file))) as image:
        gray, read = np.asarray(image).transpose(2, 0, 1)
    assert not gray.any()
    np.testing.assert_array_equal(read, alpha)


def test_png_rgba(run_node: Callable[..., str]) -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (7, 3, 4), dtype=np.uint8)
    file = run_node("--input-type=module", "--eval", PNG, text=json.dumps([pixels.ravel().tolist(), 3, 7]))
    with Image.open(io.BytesIO(base64.b64decode(file))) as image:
        assert image.mode == "RGBA"
        np.testing.assert_array_equal(np.asarray(image), pixels)


def test_the_page_and_python_ink_the_same_bytes(run_node: Callable[..., str]) -> None:
    digits = random.Random(3).sample(load_pen_digits(), 480)
    drawings = [[stroke.tolist() for stroke in digit.strokes] for digit in digits]
    # Canvas coordinates are not integers: rotate and scale some drawings by factors that no double holds exactly.
    chance = random.Random(4)
    for drawing in drawings[:20]:
        a, b = chance.uniform(-3, 3), chance.uniform(-3, 3)
        drawings.append([[[a * x - b * y, b * x + a * y] for x, y in stroke] for stroke in drawing])
    images = json.loads(run_node("--input-type=module", "--eval", INK, text=json.dumps(drawings)))
    assert len(images) == 500
    different = [i for i, image in enumerate(images) if bytes.fromhex(image) != ink_strokes(drawings[i]).tobytes()]
    assert different == []


def test_the_page_answers_like_the_service(run_node: Callable[..., str]) -> None:
    """The same network in JavaScript, on a thousand drawings: digits and non-digits."""
    recognizer = Recognizer.load()
    document = network_document(recognizer).decode()
    drawings = [
        [stroke.tolist() for stroke in digit.strokes] for digit in random.Random(5).sample(load_pen_digits(), 900)
    ]
    chance = np.random.default_rng(6)
    drawings += [[stroke.tolist() for stroke in draw_non_digit(chance)] for _ in range(100)]
    text = f"[{document}, {json.dumps(drawings)}]"
    answers = json.loads(run_node("--input-type=module", "--eval", NETWORK, text=text))
    rows = np.array([ink_strokes(drawing).ravel() for drawing in drawings], dtype=np.float32) / np.float32(255)
    expected = recognizer.predict(rows)
    probabilities = np.array([answer[1] for answer in answers])
    assert np.abs(probabilities - expected).max() < 1e-5
    certain = np.array([answer[0] for answer in answers])
    # At the threshold, 32-bit and 64-bit floats may decide differently.
    assert (certain == recognizer.is_certain(rows)).mean() >= 0.999
    assert certain[:900].mean() > 0.85
    assert certain[900:].mean() < 0.2


@pytest.mark.parametrize("hidden", [[], [12], [12, 8]], ids=str)
@pytest.mark.parametrize("activation", ["relu", "leaky-relu", "tanh", "sigmoid"])
def test_gradients_and_sums_of_any_network(run_node: Callable[..., str], hidden: list[int], activation: str) -> None:
    network = Network([784, *hidden, 10], hidden=activation, seed=4, dtype="float64")
    network.metadata["moments"] = True
    drawing = [[(0.0, 0.0), (10.0, 3.0), (4.0, 20.0)]]
    text = f"[{network_document(Recognizer(network)).decode()}, {json.dumps([drawing])}]"
    ((_, _, sums, gradients),) = json.loads(run_node("--input-type=module", "--eval", NETWORK, text=text))
    row = Recognizer(network).features(ink_strokes(drawing).reshape(1, 784) / 255).astype(np.float64)
    assert sums == pytest.approx(network.layers[0].logits(row)[0], abs=1e-4)

    def logit(values: NDArray[np.floating], layers: Sequence[Layer]) -> float:
        for layer in layers[:-1]:
            values = layer.forward(values)
        return float(layers[-1].logits(values)[0, 3])

    starts = [(row, network.layers)] + ([(network.layers[0].forward(row), network.layers[1:])] if hidden else [])
    for (start, layers), gradient in zip(starts, gradients, strict=False):
        for index in range(0, start.shape[1], 37 if start is row else 5):
            step = np.zeros_like(start)
            step[0, index] = 1e-5
            slope = (logit(start + step, layers) - logit(start - step, layers)) / 2e-5
            assert gradient[index] == pytest.approx(slope, abs=1e-4)
