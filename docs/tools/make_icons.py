"""Draw web/icon-192.png and web/icon-512.png: the favicon, with the margin that systems crop to their icon shapes.

Run it as ``python -m docs.tools.make_icons``.
"""

from pathlib import Path

from PIL import Image, ImageDraw

WEB = Path(__file__).resolve().parents[2] / "web"
PAPER, INK, RED = "#fbf7ee", "#1c2b4a", "#a5332a"
#: The favicon's 32 units, with a margin of 4 around them; the icon is drawn four times as large, then scaled down.
UNITS, MARGIN, OVERSAMPLING = 40, 4, 4


def seven() -> list[tuple[float, float]]:
    """Return the favicon's path: a bar, and a Bézier curve down from its end."""
    start, first, second, end = (22, 9.5), (18, 14), (15.5, 18.5), (14.5, 24.5)
    curve = []
    for step in range(41):
        t = step / 40
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
        x, y = (
            sum(weight * point[axis] for weight, point in zip(weights, (start, first, second, end), strict=True))
            for axis in (0, 1)
        )
        curve.append((x, y))
    return [(9, 9.5), *curve]


def draw(size: int) -> Image.Image:
    image = Image.new("RGB", (size * OVERSAMPLING, size * OVERSAMPLING), PAPER)
    pen = ImageDraw.Draw(image)
    scale = size * OVERSAMPLING / UNITS

    def dot(x: float, y: float, radius: float, color: str) -> None:
        x, y, radius = (x + MARGIN) * scale, (y + MARGIN) * scale, radius * scale
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), color)

    points = seven()
    pen.line([((x + MARGIN) * scale, (y + MARGIN) * scale) for x, y in points], INK, round(4 * scale), "curve")
    for x, y in (points[0], points[1], points[-1]):
        dot(x, y, 2, INK)
    dot(24, 24, 2.2, RED)
    return image.resize((size, size), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    for size in (192, 512):
        draw(size).quantize(32).save(WEB / f"icon-{size}.png", optimize=True)
