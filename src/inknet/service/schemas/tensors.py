"""Tensors of the Open Inference Protocol: values in the JSON, or bytes after it."""

import re
import reprlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from inknet.digits.grid import GRID, PIXELS
from inknet.service.problems import Kind, ProblemError, first_error
from inknet.service.schemas import inference as schemas
from inknet.service.schemas.image import decode_base64

__all__ = ["HEADER_LENGTH", "Batch", "read_request", "write_response"]

#: The header with the size of a body's JSON, in bytes; binary tensors follow it. Without it, the whole body is JSON.
HEADER_LENGTH = "Inference-Header-Content-Length"

#: A request, and its images: an array of ink, or image files.
Batch = tuple[schemas.InferRequest, NDArray[np.float32] | list[bytes]]

_SHAPES = ((PIXELS,), (GRID, GRID), (1, GRID, GRID), (GRID, GRID, 1))
_DATATYPES: dict[str, type[np.generic]] = {"FP32": np.float32, "FP64": np.float64, "UINT8": np.uint8}
_OUTPUTS: dict[schemas.OutputName, tuple[schemas.OutputType, str]] = {
    "digit": ("INT64", "<i8"),
    "probabilities": ("FP32", "<f4"),
    "certain": ("BOOL", "?"),
}


def read_request(body: bytes, header_length: str | None, max_batch: int) -> Batch:
    """Return a request and its images: shape (n, 28, 28), from 0 (paper) to 1 (ink); or image files, for BYTES.

    `header_length` is the value of the header `HEADER_LENGTH`, if present.

    Raises
    ------
    ProblemError
        If the request is invalid; the detail says why.
    """
    length = len(body)
    if header_length is not None:
        # No more digits than a size can have: Python refuses to convert thousands of them.
        length = int(header_length) if re.fullmatch(r"[0-9]{1,18}", header_length) else -1
        if not 0 < length <= len(body):
            raise _invalid(f"{HEADER_LENGTH} must be the size of the JSON in bytes, got {reprlib.repr(header_length)}")
    # Each value and each list takes some 50 bytes: counted before they are made. Each value can have its own list.
    if max(body.count(b",", 0, length), body.count(b"[", 0, length)) > 2 * PIXELS * max_batch:
        raise _invalid(f"the JSON has more values than {max_batch} images")
    try:
        request = schemas.InferRequest.model_validate_json(body[:length])
    except ValidationError as error:
        where, reason = first_error(error)
        raise _invalid(f"invalid {where}: {reason}") from None
    tensor = request.inputs[0]
    count = tensor.shape[0]
    if not 1 <= count <= max_batch:
        raise _invalid(f"a batch must have 1 to {max_batch} images, got {count}")
    if tensor.datatype == "BYTES":
        if tensor.shape[1:] not in ([], [1]):
            raise _invalid(f"image files must have the shape [n] or [n, 1], got {tensor.shape}")
        files = _files(tensor, body[length:])
        if len(files) != count:
            raise _invalid(f"the image must have {count} files for its shape {tensor.shape}, got {len(files)}")
        return request, files
    if tuple(tensor.shape[1:]) not in _SHAPES:
        raise _invalid(
            f"the image must have the shape [n, {PIXELS}], [n, {GRID}, {GRID}] or [n, 1, {GRID}, {GRID}],"
            f" got {tensor.shape}"
        )
    values = _values(tensor, body[length:])
    if values.size != count * PIXELS:
        raise _invalid(f"the image must have {count * PIXELS} values for its shape {tensor.shape}, got {values.size}")
    return request, _images(tensor, values).reshape(count, GRID, GRID)


def write_response(
    request: schemas.InferRequest,
    model: tuple[str, str],
    probabilities: NDArray[np.floating],
    certain: NDArray[np.bool_],
) -> tuple[bytes, int | None]:
    """Return the body of a response, and the size of its JSON if binary tensors follow.

    `model` is the model's name and version, `probabilities` of shape (n, classes) and `certain` of shape (n,).
    """
    tensors = {"digit": probabilities.argmax(axis=1), "probabilities": probabilities, "certain": certain}
    requested = request.outputs or [schemas.RequestedOutput(name=name) for name in _OUTPUTS]
    binary_output = request.parameters.get("binary_data_output") is True
    outputs, data = [], b""
    for wanted in requested:
        datatype, dtype = _OUTPUTS[wanted.name]
        tensor = tensors[wanted.name].astype(dtype)
        output = schemas.OutputTensor(name=wanted.name, datatype=datatype, shape=list(tensor.shape))
        if wanted.parameters.get("binary_data", binary_output) is True:
            output.parameters = {"binary_data_size": tensor.nbytes}
            data += tensor.tobytes()
        else:
            output.data = tensor.ravel().tolist()
        outputs.append(output)
    response = schemas.InferResponse(
        model_name=model[0], model_version=model[1], id=request.id or None, outputs=outputs
    )
    header = response.model_dump_json(exclude_none=True).encode()
    return header + data, len(header) if data else None


def _values(tensor: schemas.InputTensor, binary: bytes) -> NDArray[np.generic]:
    """Return the values of a tensor, from the JSON or the bytes after it."""
    if not _is_binary(tensor, binary):
        return _numbers(tensor.data or [])
    dtype = np.dtype(_DATATYPES[tensor.datatype]).newbyteorder("<")
    if len(binary) % dtype.itemsize:
        raise _invalid(f"the parameter binary_data_size must be a multiple of {dtype.itemsize}, got {len(binary)}")
    return np.frombuffer(binary, dtype)


def _numbers(data: list[Any]) -> NDArray[np.generic]:
    """Return the numbers of a tensor in JSON, flat: numpy would make an array of strings as wide as the longest."""
    while data and all(type(row) is list for row in data) and len(set(map(len, data))) == 1:
        data = [value for row in data for value in row]
    kinds = set(map(type, data))
    if not kinds <= {int, float}:
        raise _invalid("the data of the image must be numbers, flat or evenly nested")
    try:
        return np.array(data, dtype=np.int64 if kinds == {int} else np.float64)
    except OverflowError:
        raise _invalid("the data of the image must be numbers of at most 64 bits") from None


def _files(tensor: schemas.InputTensor, binary: bytes) -> list[bytes]:
    """Return the elements of a BYTES tensor: base64 in the JSON, or bytes after it, each after its size."""
    if not _is_binary(tensor, binary):
        try:
            nested = [one if isinstance(one, list) else [one] for one in tensor.data or []]
            return [decode_base64(text) for texts in nested for text in texts]
        except ValueError as error:
            raise _invalid(f"the data of the image {error}") from None
    files, place = [], 0
    while place < len(binary):
        size = int.from_bytes(binary[place : place + 4], "little")
        files.append(binary[place + 4 : place + 4 + size])
        place += 4 + size
    if place > len(binary):
        raise _invalid("each image file must follow its size, four bytes, little-endian; the last one is truncated")
    return files


def _is_binary(tensor: schemas.InputTensor, binary: bytes) -> bool:
    """Return whether a tensor's data is in the bytes after the JSON, which must then have the size that it says."""
    size = tensor.parameters.get("binary_data_size")
    if size is None and tensor.data is None:
        raise _invalid("the image must have data or binary_data_size, got neither")
    if size is not None and (type(size) is not int or size != len(binary)):
        raise _invalid(f"the parameter binary_data_size must be {len(binary)}, the bytes after the JSON, got {size!r}")
    return size is not None


def _images(tensor: schemas.InputTensor, values: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return the values as ink from 0 to 1."""
    if tensor.datatype == "UINT8":
        if values.dtype.kind == "f" or values.min() < 0 or values.max() > 255:
            raise _invalid("UINT8 values must be integers from 0 to 255")
        return values.astype(np.float32) / np.float32(255)
    # Written so that NaN is rejected.
    if not (values.min() >= 0 and values.max() <= 1):
        raise _invalid(f"{tensor.datatype} values must be from 0 (paper) to 1 (ink)")
    return values.astype(np.float32)


def _invalid(detail: str) -> ProblemError:
    return ProblemError(Kind.NOT_THE_TENSORS, detail)
