"""Small images, 28×28 and thereabouts, as others make them."""

import numpy as np
from experiments.other_pages.canvas import draw, encode, png
from experiments.other_pages.conditions import (
    MNIST_CONDITIONS,
    STROKE_CONDITIONS,
    Generator,
    Gray,
    Sent,
    Strokes,
    on_mnist,
    on_strokes,
)
from experiments.other_pages.photographs import add_noise
from PIL import Image, ImageFilter


def shrink(ink: Gray, side: int = 28, how: Image.Resampling = Image.Resampling.BILINEAR) -> Image.Image:
    return Image.fromarray(ink).resize((side, side), how)


def _cropped(ink: Gray) -> Image.Image:
    image = Image.fromarray(ink)
    return image.crop(image.getbbox())


@on_strokes
def eight_by_eight(strokes: Strokes, rng: Generator) -> Sent:
    image = _cropped(draw(strokes, rng, pen=30))
    square = Image.new("L", (max(image.size),) * 2)
    square.paste(image, ((square.width - image.width) // 2, (square.height - image.height) // 2))
    return png(square.resize((8, 8), Image.Resampling.BOX))


@on_mnist
def moved(rows: Gray, rng: Generator) -> Sent:
    image = Image.fromarray(rows)
    page = Image.new("L", (28, 28))
    left, top, right, bottom = image.getbbox() or (0, 0, 28, 28)
    corner = rng.integers(0, (29 - right + left, 29 - bottom + top))
    page.paste(image.crop((left, top, right, bottom)), tuple(corner.tolist()))
    return png(page)


@on_mnist
def of_half_the_size(rows: Gray, rng: Generator) -> Sent:
    page = Image.new("L", (28, 28))
    page.paste(Image.fromarray(rows).resize((16, 16), Image.Resampling.BOX), tuple(rng.integers(0, 13, 2).tolist()))
    return png(page)


STROKE_CONDITIONS |= {
    "canvas resized to 28": lambda strokes, rng: png(shrink(draw(strokes, rng, pen=20))),
    "canvas resized to 28 and inverted": lambda strokes, rng: png(shrink(255 - draw(strokes, rng, pen=20))),
    "canvas resized to 28 by nearest": lambda strokes, rng: png(
        shrink(draw(strokes, rng, pen=20), how=Image.Resampling.NEAREST)
    ),
    "canvas resized to 28 of a thin pen": lambda strokes, rng: png(shrink(draw(strokes, rng, pen=5))),
    "small in 28": lambda strokes, rng: png(shrink(draw(strokes, rng, pen=14, size=0.4))),
    "cropped to 20 without margins": lambda strokes, rng: png(
        _cropped(draw(strokes, rng, pen=20)).resize((20, 20), Image.Resampling.BOX)
    ),
    "cropped and stretched to 28": lambda strokes, rng: png(
        _cropped(draw(strokes, rng, pen=20)).resize((28, 28), Image.Resampling.BOX)
    ),
}

MNIST_CONDITIONS |= {
    "MNIST as it is": lambda rows, _: png(Image.fromarray(rows)),
    "MNIST inverted": lambda rows, _: png(Image.fromarray(255 - rows)),
    "MNIST thresholded": lambda rows, _: png(Image.fromarray((rows > 127).astype(np.uint8) * 255)),
    "MNIST thresholded low": lambda rows, _: png(Image.fromarray((rows > 20).astype(np.uint8) * 255)),
    "MNIST blurred": lambda rows, _: png(Image.fromarray(rows).filter(ImageFilter.GaussianBlur(1))),
    "MNIST blown up by nearest": lambda rows, _: png(
        Image.fromarray(rows).resize((280, 280), Image.Resampling.NEAREST)
    ),
    "MNIST blown up smoothly": lambda rows, _: png(
        Image.fromarray(255 - rows).resize((500, 500), Image.Resampling.BICUBIC)
    ),
    "MNIST with noise of 20": lambda rows, rng: png(add_noise(Image.fromarray(rows), 20, rng)),
    "MNIST of low contrast": lambda rows, _: png(Image.fromarray((100 + rows * 0.2).astype(np.uint8))),
    "MNIST cropped to 20": lambda rows, _: png(Image.fromarray(rows[4:24, 4:24])),
    "MNIST resized to 32 and back": lambda rows, _: png(
        Image.fromarray(rows).resize((32, 32), Image.Resampling.BICUBIC)
    ),
    "MNIST jpeg quality 50": lambda rows, _: encode(Image.fromarray(rows), "JPEG", quality=50),
}
