"""The service works on a read-only file system, as in the images."""

import json
import os
import signal
import subprocess
import sys

import httpx
import pytest
from PIL import Image

from tests.service.conftest import SEVEN, draw_seven, encode

pytestmark = pytest.mark.slow

# What a read-only file system would refuse is refused by Python itself, and said.
SERVE = """
import errno, os, sys

def refuse(event, arguments):
    writes = event in {"os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink"}
    if event == "open":
        path, _, flags = arguments
        # An open file by its number, such as standard error, is not opened.
        is_file = not isinstance(path, int) and not str(path).startswith("/dev/")
        writes = is_file and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if writes:
        print("refused:", event, arguments[0], file=sys.stderr)
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), arguments[0])

sys.addaudithook(refuse)
from inknet.cli import main
main()
"""


def test_serves_without_writing_a_file() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            assert process.stdout is not None
            url = next(word for word in process.stdout.readline().split() if word.startswith("http://"))
            large = encode(draw_seven(2000))
            assert httpx.get(url).status_code == 200
            for image in (SEVEN, large, encode(Image.new("L", (28, 28)), "BMP")):
                httpx.post(f"{url}/predict", files={"image": ("digit", image, "image/png")})
            answer = httpx.post(f"{url}/predict", content=large, headers={"Content-Type": "image/png"})
            assert set(json.loads(answer.text)) >= {"digit", "confidence"}
            process.send_signal(signal.SIGTERM)
            assert "refused" not in process.communicate(timeout=15)[1]
        finally:
            process.kill()


def test_writing_a_file_would_be_refused() -> None:
    writes = SERVE.replace("from inknet.cli import main", "main = lambda: open('written', 'w')")
    done = subprocess.run([sys.executable, "-c", writes], capture_output=True, text=True, check=False)
    assert "refused: open written" in done.stderr
