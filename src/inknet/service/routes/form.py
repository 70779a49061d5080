"""The image in a form (multipart/form-data, RFC 7578)."""

import logging

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, FormParser, parse_options_header

from inknet.service.problems import MALFORMED_FORM, ProblemError

__all__ = ["FORM_TYPE", "image_of_form"]

FORM_TYPE = "multipart/form-data"

# A malformed form is told to its sender, who can do something about it; it is no matter for our log.
logging.getLogger("python_multipart").setLevel(logging.ERROR)

#: A form for one image has no need of more.
MAX_PARTS = 16


def image_of_form(body: bytes, content_type: str) -> bytes:
    """Return the bytes of the form's one file field `image`, whatever that file says that it is.

    Parameters
    ----------
    body : bytes
        The whole form. It is small, so its files are kept in memory; none is ever written to the disk.
    content_type : str
        The request's, with the boundary.

    Raises
    ------
    ProblemError
        If the form is malformed, or has no such field, or several.
    """
    parts: list[Field | File] = []
    ends: list[bool] = []

    def add(part: Field | File) -> None:
        if len(parts) == MAX_PARTS:
            raise _malformed(f"The form has more than {MAX_PARTS} parts: send the image alone.")
        parts.append(part)

    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise _malformed(f"The Content-Type has no boundary: send {FORM_TYPE}; boundary=….")
    in_memory = {"MAX_MEMORY_FILE_SIZE": len(body)}
    try:
        parser = FormParser(FORM_TYPE, add, add, lambda: ends.append(True), boundary, config=in_memory)
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise _malformed("The form cannot be read: its parts are not as its boundary says.") from error
    if not ends:
        raise _malformed("The form ends before its last boundary.")
    images = [part for part in parts if part.field_name == b"image"]
    if len(images) != 1:
        raise _malformed(f"The form needs one file field 'image'; it has {len(images)}.")
    if not isinstance(images[0], File):
        raise _malformed("The form's field 'image' is text: send it as a file, with a file name.")
    images[0].file_object.seek(0)
    return images[0].file_object.read()


def _malformed(detail: str) -> ProblemError:
    return ProblemError(MALFORMED_FORM, detail)
