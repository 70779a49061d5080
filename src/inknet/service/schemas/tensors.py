"""Tensors as the Open Inference Protocol writes them: numbers in the JSON, or bytes behind it."""

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from inknet.digits.grid import GRID, PIXELS
from inknet.service.problems import NOT_THE_TENSORS, ProblemError
from inknet.service.schemas.inference import (
    InferRequest,
    InferResponse,
    InputTensor,
    OutputName,
    OutputTensor,
    OutputType,
    RequestedOutput,
)

__all__ = ["HEADER_LENGTH", "read_request", "write_response"]

#: The header that says how many bytes of a body are JSON; the tensors' bytes follow. Without it, all is JSON.
HEADER_LENGTH = "Inference-Header-Content-Length"

_SHAPES = ((PIXELS,), (GRID, GRID))
_DATATYPES: dict[str, type[np.generic]] = {"FP32": np.float32, "UINT8": np.uint8}
_OUTPUTS: dict[OutputName, tuple[OutputType, str]] = {
    "digit": ("INT64", "<i8"),
    "probabilities": ("FP32", "<f4"),
    "certain": ("BOOL", "?"),
}


def read_request(body: bytes, header_length: str | None, max_batch: int) -> tuple[InferRequest, NDArray[np.float32]]:
    """Return a request and its images, (n, 28, 28), from 0, paper, to 1, ink.

    Parameters
    ----------
    body : bytes
        The request's body.
    header_length : str or None
        The value of the header `HEADER_LENGTH`, if there is one.
    max_batch : int
        How many images there may be.

    Raises
    ------
    ProblemError
        If it is not what the model takes; the text says what is wrong.
    """
    length = len(body)
    if header_length is not None:
        length = int(header_length) if header_length.isascii() and header_length.isdecimal() else -1
        if not 0 < length <= len(body):
            raise _wrong(f"{HEADER_LENGTH} is {header_length!r}: it must be the length of the body's JSON, in bytes")
    try:
        request = InferRequest.model_validate_json(body[:length])
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise _wrong(f"the request's {where or 'body'}: {first['msg']}") from None
    tensor = request.inputs[0]
    count = tensor.shape[0]
    if not 1 <= count <= max_batch:
        raise _wrong(f"a batch has from 1 to {max_batch} images; this has {count}")
    if tuple(tensor.shape[1:]) not in _SHAPES:
        raise _wrong(f"the tensor image has the shape [n, {PIXELS}] or [n, {GRID}, {GRID}], not {tensor.shape}")
    values = _values(tensor, body[length:])
    if values.size != count * PIXELS:
        raise _wrong(f"the tensor image has {values.size} numbers; its shape {tensor.shape} says {count * PIXELS}")
    return request, _images(tensor, values).reshape(count, GRID, GRID)


def write_response(
    request: InferRequest,
    model: tuple[str, str],
    probabilities: NDArray[np.floating],
    certain: NDArray[np.bool_],
) -> tuple[bytes, int | None]:
    """Return the answer to a request, and how much of it is JSON if bytes follow.

    Parameters
    ----------
    request : InferRequest
    model : tuple of str
        The model's name and version.
    probabilities, certain : array, shape (n, classes) and (n,)
    """
    tensors = {"digit": probabilities.argmax(axis=1), "probabilities": probabilities, "certain": certain}
    every = request.outputs or [RequestedOutput(name=name) for name in _OUTPUTS]
    as_bytes = request.parameters.get("binary_data_output") is True
    outputs, tail = [], b""
    for wanted in every:
        datatype, dtype = _OUTPUTS[wanted.name]
        tensor = tensors[wanted.name].astype(dtype)
        output = OutputTensor(name=wanted.name, datatype=datatype, shape=list(tensor.shape))
        if wanted.parameters.get("binary_data", as_bytes) is True:
            output.parameters = {"binary_data_size": tensor.nbytes}
            tail += tensor.tobytes()
        else:
            output.data = tensor.ravel().tolist()
        outputs.append(output)
    response = InferResponse(model_name=model[0], model_version=model[1], id=request.id or None, outputs=outputs)
    head = response.model_dump_json(exclude_none=True).encode()
    return head + tail, len(head) if tail else None


def _values(tensor: InputTensor, tail: bytes) -> NDArray[np.generic]:
    """Return a tensor's numbers, wherever they are."""
    dtype = _DATATYPES[tensor.datatype]
    size = tensor.parameters.get("binary_data_size")
    if size is None:
        if tensor.data is None:
            raise _wrong("the tensor image has no data, and no binary_data_size")
        return _numbers(tensor.data)
    if type(size) is not int or size != len(tail):
        raise _wrong(f"binary_data_size is {size!r}; {len(tail)} bytes follow the JSON")
    if size % np.dtype(dtype).itemsize:
        raise _wrong(f"{size} bytes are no whole number of {tensor.datatype}")
    return np.frombuffer(tail, np.dtype(dtype).newbyteorder("<"))


def _numbers(data: list[object]) -> NDArray[np.generic]:
    try:
        values = np.asarray(data)
    except ValueError:
        values = np.asarray(None)
    if values.dtype.kind not in "iuf":
        raise _wrong("the data of the tensor image are not all numbers, or are not nested evenly")
    return values


def _images(tensor: InputTensor, values: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return the numbers as ink from 0 to 1."""
    if tensor.datatype == "UINT8":
        if values.dtype.kind == "f" or values.min() < 0 or values.max() > 255:
            raise _wrong("the numbers of a UINT8 tensor are whole, from 0 to 255")
        return values.astype(np.float32) / np.float32(255)
    # What is no number is in no range.
    if not (values.min() >= 0 and values.max() <= 1):
        raise _wrong("the numbers of an FP32 tensor are from 0, paper, to 1, ink")
    return values.astype(np.float32)


def _wrong(detail: str) -> ProblemError:
    return ProblemError(NOT_THE_TENSORS, detail)
