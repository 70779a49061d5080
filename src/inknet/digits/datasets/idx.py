"""IDX files: arrays of any rank and element type, the format of MNIST.

Two zero bytes, a byte for the element type, a byte for the rank, each dimension as a big-endian 32-bit number, then the
elements, big-endian, the last dimension running fastest (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of
handwritten digits").
"""

import gzip
import math
import reprlib
import struct
import zlib
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inknet.errors import IdxError
from inknet.files.atomic_write import write_atomically

__all__ = ["read_idx", "write_idx"]

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_CODES = {np.dtype(dtype): code for code, dtype in _TYPES.items()}
_GZIP = b"\x1f\x8b"
#: numpy's own limit.
_MAX_RANK = 64
#: Larger arrays are refused. A file is never read beyond the size in its header, however far gzip would expand.
_MAX_BYTES = 1 << 32


def read_idx(path: str | Path) -> NDArray[Any]:
    """Read an IDX file, plain, gzipped or doubly gzipped (detected by its first bytes).

    Returns
    -------
    array
        In native byte order.

    Raises
    ------
    IdxError
        If the file is missing or invalid; the message names the file and the reason.
    """
    path = Path(path)
    try:
        with ExitStack() as stack:
            file: BufferedReader | gzip.GzipFile = stack.enter_context(path.open("rb"))
            # Twice: some servers compress what is compressed already, and some programs keep it so.
            for _ in range(2):
                if file.peek(2)[:2] == _GZIP:
                    file = stack.enter_context(gzip.open(file))
            return _read(file)
    except IdxError as error:
        raise IdxError(f"{path}: {error}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise IdxError(f"{path}: its gzip compression is broken: {error}") from None
    except (MemoryError, OSError, ValueError) as error:
        # ValueError: an invalid path.
        reason = getattr(error, "strerror", None) or str(error) or "it does not fit into memory"
        raise IdxError(f"{path}: cannot be read: {reason}") from None


def write_idx(path: str | Path, array: NDArray[Any]) -> None:
    """Write an array as an IDX file, atomically; gzipped if the name ends in ``.gz``.

    The same array always gives the same bytes.

    Raises
    ------
    IdxError
        If IDX has no such element type, or the array has too many dimensions.
    OSError
        If the file cannot be written.
    """
    dtype = array.dtype.newbyteorder(">")
    if dtype not in _CODES:
        raise IdxError(
            f"{path}: an IDX file cannot hold {array.dtype}; use uint8, int8, int16, int32, float32 or float64"
        )
    header = struct.pack(f">HBB{array.ndim}I", 0, _CODES[dtype], array.ndim, *array.shape)
    data = header + array.astype(dtype).tobytes()
    write_atomically(path, gzip.compress(data, mtime=0) if Path(path).suffix == ".gz" else data)


def _read(file: BufferedReader | gzip.GzipFile) -> NDArray[Any]:
    """Read an array; nothing may follow it."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise IdxError(f"not an IDX file: it must start with 00 00, got {magic.hex(' ') or 'nothing'}")
    code, rank = magic[2], magic[3]
    if code not in _TYPES:
        raise IdxError(f"not an IDX file: unknown element type 0x{code:02x}")
    if rank > _MAX_RANK:
        raise IdxError(f"its rank must be at most {_MAX_RANK}, got {rank}")
    header = file.read(4 * rank)
    if len(header) < 4 * rank:
        raise IdxError(f"its header ends after {4 + len(header)} of {4 + 4 * rank} bytes")
    shape = struct.unpack(f">{rank}I", header)
    dtype = np.dtype(_TYPES[code])
    # Even an empty array must have a shape that numpy can handle.
    if math.prod(length or 1 for length in shape) * dtype.itemsize > _MAX_BYTES:
        raise IdxError(f"it claims the shape {reprlib.repr(shape)}, which is more than {_MAX_BYTES:,} bytes")
    size = math.prod(shape) * dtype.itemsize
    # Memory grows with the file, not with the size in its header.
    data = bytearray()
    while part := file.read(min(1 << 20, size - len(data))):
        data += part
    if len(data) < size:
        raise IdxError(f"it ends after {len(data):,} of {size:,} bytes of data")
    if file.read(1):
        raise IdxError(f"more follows after its {size:,} bytes of data")
    array = np.frombuffer(data, dtype=dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)
