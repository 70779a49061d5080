"""``inknet predict``: recognize the digit, or another class, in each image file."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from inknet.cli.output import print_json, printable

#: More than an image of 16 megapixels takes in any supported format.
_MAX_BYTES = 1 << 28


def predict(
    images: Annotated[list[Path], typer.Argument(help="Image files; - reads standard input.", metavar="IMAGE")],
    model: Annotated[Path | None, typer.Option(help="The model file.", show_default="the shipped model")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as one JSON array.")] = False,
) -> None:
    """Recognize the digit, or another class of the model, in each image file.

    Unreadable files are reported on standard error with exit status 2; the others are still recognized.

    For example:

      inknet predict seven.png two.jpg

      curl https://example.org/seven.png | inknet predict - --json
    """
    from inknet.digits import ImageError, Recognizer

    recognizer = Recognizer.load(model)
    nothing = "no digit" if recognizer.reads_digits else "none of its classes"
    answers: list[dict[str, Any]] = []
    failed = False
    for image in images:
        try:
            prediction = recognizer.recognize(_read(image))
        except (ImageError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            print(printable(f"inknet: {image}: {reason}"), file=sys.stderr)
            failed = True
            continue
        answers.append({"image": str(image), **prediction.as_dict()})
        if not as_json:
            doubt = "" if prediction.certain else f"  perhaps {nothing}"
            print(f"{printable(str(image))}  {printable(prediction.label)}  {100 * prediction.confidence:.1f} %{doubt}")
    if as_json:
        print_json(answers)
    if failed:
        raise typer.Exit(2)


def _read(image: Path) -> bytes:
    """Return the bytes of a file or of standard input."""
    from inknet.digits import ImageTooLargeError

    with open(0, "rb", closefd=False) if str(image) == "-" else image.open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise ImageTooLargeError(f"larger than {_MAX_BYTES:,} bytes")
    return data
