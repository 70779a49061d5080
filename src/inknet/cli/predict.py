"""``inknet predict``: the digit in each image file."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer


def predict(
    images: Annotated[list[Path], typer.Argument(help="Image files; - is the standard input.", metavar="IMAGE…")],
    model: Annotated[Path | None, typer.Option(help="The model file.  [default: the shipped model]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document, a list.")] = False,
) -> None:
    """Print the digit in each image file, and how sure that is.

    A file that cannot be read is named on standard error; the others are answered all the same.
    """
    from inknet.digits import ImageError, Recognizer

    recognizer = Recognizer.load(model)
    answers: list[dict[str, Any]] = []
    failed = False
    for image in images:
        try:
            prediction = recognizer.recognize(_read(image))
        except (ImageError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            print(f"inknet: {image}: {reason}", file=sys.stderr)
            failed = True
            continue
        answers.append({"image": str(image), **prediction.as_dict()})
        if not as_json:
            print(f"{image}  {prediction.digit}  {100 * prediction.confidence:.1f} %")
    if as_json:
        print(json.dumps(answers))
    if failed:
        raise typer.Exit(2)


def _read(image: Path) -> bytes:
    return sys.stdin.buffer.read() if str(image) == "-" else image.read_bytes()
