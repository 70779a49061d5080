"""The page's modules that need no browser, run by node and compared with Python."""

import base64
import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inknet.digits import ink_strokes, load_pen_digits

HERE = Path(__file__).resolve().parent
WEB = HERE.parents[1] / "web"

INK = f"""
import {{ text }} from "node:stream/consumers";
import {{ inkStrokes }} from {json.dumps((WEB / "ink.js").as_uri())};
const drawings = JSON.parse(await text(process.stdin));
console.log(JSON.stringify(drawings.map((strokes) => Buffer.from(inkStrokes(strokes)).toString("hex"))));
"""
PNG = f"""
import {{ text }} from "node:stream/consumers";
import {{ encodePng }} from {json.dumps((WEB / "png.js").as_uri())};
const [alpha, width, height] = JSON.parse(await text(process.stdin));
console.log(Buffer.from(encodePng(Uint8Array.from(alpha), width, height)).toString("base64"));
"""


def test_hand_worked_cases(run_node: Callable[..., str]) -> None:
    run_node("--test", str(HERE / "ink.test.js"))


@pytest.mark.parametrize(("width", "height"), [(28, 28), (1, 1), (3, 7), (180, 180)])
def test_png_holds_the_picture_in_its_alpha_channel(run_node: Callable[..., str], width: int, height: int) -> None:
    alpha = np.random.default_rng(width).integers(0, 256, (height, width), dtype=np.uint8)
    file = run_node("--input-type=module", "--eval", PNG, text=json.dumps([alpha.ravel().tolist(), width, height]))
    with Image.open(io.BytesIO(base64.b64decode(file))) as image:
        assert image.format == "PNG"
        assert image.mode == "LA"
        image.verify()  # the chunks' checksums
    with Image.open(io.BytesIO(base64.b64decode(file))) as image:
        grey, read = np.asarray(image).transpose(2, 0, 1)
    assert not grey.any()
    np.testing.assert_array_equal(read, alpha)


def test_the_page_and_python_ink_the_same_bytes(run_node: Callable[..., str]) -> None:
    digits = random.Random(3).sample(load_pen_digits(), 480)
    drawings = [[stroke.tolist() for stroke in digit.strokes] for digit in digits]
    # Canvas coordinates are no whole numbers: the same again, turned and scaled by what no double holds exactly.
    chance = random.Random(4)
    for drawing in drawings[:20]:
        a, b = chance.uniform(-3, 3), chance.uniform(-3, 3)
        drawings.append([[[a * x - b * y, b * x + a * y] for x, y in stroke] for stroke in drawing])
    images = json.loads(run_node("--input-type=module", "--eval", INK, text=json.dumps(drawings)))
    assert len(images) == 500
    different = [i for i, image in enumerate(images) if bytes.fromhex(image) != ink_strokes(drawings[i]).tobytes()]
    assert different == []
