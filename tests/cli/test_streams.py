"""Standard error that is closed, full or read by nobody: the command does its work, with its own exit status."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full"),
]

SEVEN = Path(__file__).parents[2] / "examples" / "seven.png"
STREAMS = {"closed": '"$@" 2>&-', "full": '"$@" 2>/dev/full', "gone": '"$@"'}


def start(stream: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start `inknet` with such a standard error."""
    read, write = os.pipe()
    os.close(read)
    command = ["sh", "-c", f"exec {STREAMS[stream]}", "sh", sys.executable, "-m", "inknet"]
    process = subprocess.Popen([*command, *map(str, arguments)], stdout=subprocess.PIPE, stderr=write, text=True)
    os.close(write)
    return process


@pytest.mark.parametrize("stream", STREAMS)
def test_messages_are_dropped(stream: str) -> None:
    process = start(stream, "predict", "nowhere.png", SEVEN)
    output, _ = process.communicate(timeout=60)
    # The message is not printed among the results, and the other image is recognized.
    assert (process.returncode, output.split()[1], output.count("\n")) == (2, "7", 1)


@pytest.mark.parametrize("stream", ["closed", "gone"])
def test_log_of_the_service_is_dropped(stream: str) -> None:
    process = start(stream, "serve", "--port", "0")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("inknet is at http://127.0.0.1:")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 0
