"""Other things on the page: frames, grids, guides, buttons, specks."""

from collections.abc import Callable

from experiments.other_pages.canvas import draw, paint, png
from experiments.other_pages.conditions import (
    STROKE_CONDITIONS,
    Generator,
    Sent,
    Strokes,
    on_strokes,
)
from PIL import Image, ImageDraw, ImageFilter, ImageFont


def page_with(
    print_under: Callable[[ImageDraw.ImageDraw, Generator], None], strokes: Strokes, rng: Generator, **how: object
) -> bytes:
    """Return a page of 280×280 with something under the drawing."""
    page = Image.new("RGB", (280, 280), "white")
    print_under(ImageDraw.Draw(page), rng)
    return png(paint(draw(strokes, rng, **how), paper=page))  # type: ignore[arg-type]


@on_strokes
def border_inside_a_margin(strokes: Strokes, rng: Generator) -> Sent:
    def print_under(pencil: ImageDraw.ImageDraw, rng: Generator) -> None:
        margin = int(rng.integers(2, 12))
        pencil.rectangle((margin, margin, 279 - margin, 279 - margin), outline="black", width=int(rng.integers(1, 4)))

    return page_with(print_under, strokes, rng, size=rng.uniform(0.3, 0.7), position=(0.5, 0.5))


@on_strokes
def card_with_round_corners_on_nothing(strokes: Strokes, rng: Generator) -> Sent:
    page = paint(draw(strokes, rng, size=0.6))
    mask = Image.new("L", (280, 280))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 279, 279), 30, fill=255)
    page.putalpha(mask)
    return png(page)


@on_strokes
def card_with_a_shadow_on_a_page(strokes: Strokes, rng: Generator) -> Sent:
    page = Image.new("RGB", (340, 340), (238, 240, 244))
    pencil = ImageDraw.Draw(page)
    pencil.rounded_rectangle((32, 36, 312, 316), 12, fill=(190, 192, 198))
    page = page.filter(ImageFilter.GaussianBlur(8))
    ImageDraw.Draw(page).rounded_rectangle((28, 28, 312, 312), 12, fill="white")
    page.paste(paint(draw(strokes, rng)), (30, 30))
    return png(page)


@on_strokes
def dark_page_round_a_white_canvas(strokes: Strokes, rng: Generator) -> Sent:
    page = Image.new("RGB", (360, 360), (40, 44, 52))
    page.paste(paint(draw(strokes, rng)), (40, 40))
    return png(page)


@on_strokes
def white_page_round_a_black_canvas(strokes: Strokes, rng: Generator) -> Sent:
    page = Image.new("RGB", (360, 360), "white")
    page.paste(paint(draw(strokes, rng), (255, 255, 255), (0, 0, 0)), (40, 40))
    return png(page)


def _grid(pencil: ImageDraw.ImageDraw, step: int, color: object, both: bool = True) -> None:
    for at in range(step, 280, step):
        pencil.line((0, at, 279, at), fill=color)  # type: ignore[arg-type]
        if both:
            pencil.line((at, 0, at, 279), fill=color)  # type: ignore[arg-type]


@on_strokes
def dashed_guides(strokes: Strokes, rng: Generator) -> Sent:
    """Draw over the box and the cross that show where to write, dashed in light gray."""

    def print_under(pencil: ImageDraw.ImageDraw, _: Generator) -> None:
        for at in range(0, 280, 12):
            for line in (40, 140, 240):
                pencil.line((at, line, at + 6, line), fill=(200, 200, 200))
                pencil.line((line, at, line, at + 6), fill=(200, 200, 200))

    return page_with(print_under, strokes, rng)


@on_strokes
def faint_placeholder_digit(strokes: Strokes, rng: Generator) -> Sent:
    def print_under(pencil: ImageDraw.ImageDraw, rng: Generator) -> None:
        digit = str(int(rng.integers(10)))
        pencil.text((140, 140), digit, font=ImageFont.load_default(200), fill=(225, 225, 225), anchor="mm")

    return page_with(print_under, strokes, rng)


@on_strokes
def placeholder_text(strokes: Strokes, rng: Generator) -> Sent:
    def print_under(pencil: ImageDraw.ImageDraw, _: Generator) -> None:
        pencil.text((140, 140), "Draw a digit here", font=ImageFont.load_default(18), fill=(190, 190, 190), anchor="mm")

    return page_with(print_under, strokes, rng)


@on_strokes
def clear_button_in_a_corner(strokes: Strokes, rng: Generator) -> Sent:
    def print_under(pencil: ImageDraw.ImageDraw, _: Generator) -> None:
        pencil.rounded_rectangle((222, 6, 272, 26), 4, fill=(225, 225, 225), outline=(120, 120, 120))
        pencil.text((247, 16), "Clear", font=ImageFont.load_default(12), fill=(40, 40, 40), anchor="mm")

    return page_with(print_under, strokes, rng, size=rng.uniform(0.3, 0.6), position=(rng.random(), 0.8))


@on_strokes
def title_line(strokes: Strokes, rng: Generator) -> Sent:
    def print_under(pencil: ImageDraw.ImageDraw, _: Generator) -> None:
        pencil.text((140, 14), "Draw a digit (0-9)", font=ImageFont.load_default(14), fill=(60, 60, 60), anchor="mm")

    return page_with(print_under, strokes, rng, size=rng.uniform(0.3, 0.65), position=(rng.random(), 0.85))


@on_strokes
def arrow_of_the_mouse(strokes: Strokes, rng: Generator) -> Sent:
    """Leave the mouse where the last stroke ended or, as often, anywhere."""
    ink = draw(strokes, rng)
    page = paint(ink)
    x, y = rng.integers(0, 260, 2).tolist()
    arrow = [(x, y), (x, y + 16), (x + 4, y + 12), (x + 7, y + 19), (x + 10, y + 18), (x + 7, y + 11), (x + 12, y + 11)]
    ImageDraw.Draw(page).polygon(arrow, fill="white", outline="black")
    return png(page)


@on_strokes
def paper_erased_with_another_white(strokes: Strokes, rng: Generator) -> Sent:
    """Rub out something drawn before, in pure white on paper that is not quite."""
    page = Image.new("RGB", (280, 280), (248, 249, 250))
    pencil = ImageDraw.Draw(page)
    for _ in range(4):
        pencil.line([tuple(point) for point in rng.integers(20, 260, (3, 2)).tolist()], fill="white", width=24)
    return png(paint(draw(strokes, rng), paper=page))


@on_strokes
def rests_of_what_was_erased(strokes: Strokes, rng: Generator) -> Sent:
    """Leave slivers of an earlier drawing that the eraser missed."""

    def print_under(pencil: ImageDraw.ImageDraw, rng: Generator) -> None:
        for _ in range(int(rng.integers(2, 6))):
            x, y = rng.integers(5, 270, 2).tolist()
            dx, dy = rng.integers(-6, 7, 2).tolist()
            pencil.line((x, y, x + dx, y + dy), fill="black", width=int(rng.integers(1, 3)))

    return page_with(print_under, strokes, rng)


@on_strokes
def a_touch_of_the_pen(strokes: Strokes, rng: Generator) -> Sent:
    """Touch the canvas once by mistake, away from the digit."""
    ink = draw(strokes, rng, pen=16, size=rng.uniform(0.4, 0.6), position=(0.5, 0.5))
    page = paint(ink)
    x, y = rng.choice([14, 266], 2).tolist()
    ImageDraw.Draw(page).ellipse((x - 8, y - 8, x + 8, y + 8), fill="black")
    return png(page)


def _specks(pencil: ImageDraw.ImageDraw, rng: Generator, count: int, side: int) -> None:
    for x, y in rng.integers(0, 278, (count, 2)).tolist():
        pencil.rectangle((x, y, x + side - 1, y + side - 1), fill="black")


STROKE_CONDITIONS |= {
    "border": lambda strokes, rng: page_with(
        lambda pencil, _: pencil.rectangle((0, 0, 279, 279), outline="black", width=2), strokes, rng
    ),
    "grid of light lines": lambda strokes, rng: page_with(
        lambda pencil, _: _grid(pencil, 10, (221, 221, 221)), strokes, rng
    ),
    "grid of clear lines": lambda strokes, rng: page_with(
        lambda pencil, _: _grid(pencil, 28, (160, 190, 220)), strokes, rng
    ),
    "ruled lines": lambda strokes, rng: page_with(
        lambda pencil, _: _grid(pencil, 40, (150, 180, 230), both=False), strokes, rng
    ),
    "five specks": lambda strokes, rng: page_with(lambda pencil, rng: _specks(pencil, rng, 5, 2), strokes, rng),
    "thirty specks": lambda strokes, rng: page_with(lambda pencil, rng: _specks(pencil, rng, 30, 2), strokes, rng),
}
