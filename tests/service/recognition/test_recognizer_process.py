"""The recognizer process: its answers, and waiting requests when it ends."""

import asyncio
import io
import logging
import os
import pickle
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from inknet.digits import ImageError, NoInkError, Recognizer
from inknet.digits.imaging.decode import ImageLike
from inknet.digits.recognizer import Timed
from inknet.mlp import Network
from inknet.service.recognition import recognizer_process as module
from inknet.service.recognition.batcher import Batcher
from inknet.service.recognition.recognizer_process import (
    DeadlineError,
    RecognizerProcess,
    RecognizerProcessError,
    kept_running,
)
from inknet.service.recognition.worker import PREFIX_BYTES, recognize_images, serve
from tests.service.conftest import SEVEN, Server, assert_problem, draw_seven, encode, running_server

pytestmark = pytest.mark.slow

BLANK = encode(Image.new("L", (28, 28), "white"))
LARGER = encode(draw_seven(60))
IMAGE = {"Content-Type": "image/png"}

linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(Network([784, 10], seed=1), "tiny")


@asynccontextmanager
async def ready_process(recognizer: Recognizer) -> AsyncIterator[RecognizerProcess]:
    process = RecognizerProcess(recognizer)
    async with kept_running(process):
        await until_ready(process)
        yield process


def pid_of(process: RecognizerProcess) -> int:
    assert process._process is not None
    return process._process.pid


async def until_ready(process: RecognizerProcess) -> None:
    async with asyncio.timeout(20):
        while not process.is_ready:
            await asyncio.sleep(0.01)


def test_exits_silently_when_cancelled_during_startup(recognizer: Recognizer) -> None:
    """As when a service is stopped right after its start on a slow machine."""
    ours, theirs = socket.socketpair()
    with theirs:
        with ours:
            ours.sendall(pickle.dumps((recognizer, None)))
        command = [sys.executable, "-m", "inknet.service.recognition.worker"]
        result = subprocess.run(command, stdin=theirs.fileno(), capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_answers_equal_the_recognizers(recognizer: Recognizer) -> None:
    images = [SEVEN, b"no image", LARGER, BLANK]

    async def ask() -> Sequence[Timed | Exception]:
        async with ready_process(recognizer) as process:
            return await process.run(recognize_images, images, deadline=10)

    answers = asyncio.run(ask())
    assert [type(answer) for answer in answers] == [tuple, ImageError, tuple, NoInkError]
    for answer, image in zip(answers, images, strict=True):
        if isinstance(answer, tuple):
            # To the last bit.
            assert answer[0] == recognizer.recognize(image)
            assert set(answer[1]) == {"decode", "normalize", "network"}
        else:
            with pytest.raises(ImageError) as raised:
                recognizer.recognize(image)
            assert str(answer) == str(raised.value)


def test_successive_batches_keep_their_answers(recognizer: Recognizer) -> None:
    images = [encode(draw_seven(28 + index)) for index in range(20)]

    async def ask() -> list[Timed]:
        async with ready_process(recognizer) as process:
            batcher = Batcher(recognizer, process, deadline=10)
            return await asyncio.gather(*(batcher.recognize(image, 784) for image in images))

    assert [answer[0] for answer in asyncio.run(ask())] == [recognizer.recognize(image) for image in images]


def test_ends_with_its_owner(recognizer: Recognizer) -> None:
    async def start() -> int:
        async with ready_process(recognizer) as process:
            return pid_of(process)

    began = time.monotonic()
    pid = asyncio.run(start())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert time.monotonic() - began < 5


def test_can_be_stopped_during_startup(recognizer: Recognizer) -> None:
    async def start() -> int:
        process = RecognizerProcess(recognizer)
        async with kept_running(process):
            while process._process is None:
                await asyncio.sleep(0)
            return pid_of(process)

    pid = asyncio.run(start())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_kill_fails_waiting_requests_and_later_ones_succeed(
    recognizer: Recognizer, caplog: pytest.LogCaptureFixture
) -> None:
    async def kill() -> list[int]:
        async with ready_process(recognizer) as process:
            batcher, first = Batcher(recognizer, process, deadline=10), pid_of(process)
            # It has the batch in hand, and does not get on with it.
            os.kill(first, signal.SIGSTOP)
            waiting = [asyncio.create_task(batcher.recognize(SEVEN, 784)) for _ in range(7)]
            await asyncio.sleep(0.1)
            os.kill(first, signal.SIGKILL)
            told = await asyncio.gather(*waiting, return_exceptions=True)
            # Four were with it; the other three are recognized here until there is another one.
            assert [type(one) for one in told] == [RecognizerProcessError] * 4 + [tuple] * 3
            await until_ready(process)
            assert (await batcher.recognize(SEVEN, 784))[0] == recognizer.recognize(SEVEN)
            return [first, pid_of(process)]

    with caplog.at_level(logging.ERROR, "inknet.service"):
        first, second = asyncio.run(kill())
    assert first != second
    assert [record.message for record in caplog.records] == ["a recognizer process ended with status -9 (death)"]


def test_a_task_that_takes_too_long_is_killed(recognizer: Recognizer) -> None:
    ends: list[str] = []

    async def hang() -> int:
        process = RecognizerProcess(recognizer, on_end=ends.append)
        async with kept_running(process):
            await until_ready(process)
            first = pid_of(process)
            os.kill(first, signal.SIGSTOP)
            with pytest.raises(DeadlineError, match=r"more than 0\.3 s"):
                await process.run(recognize_images, [SEVEN], deadline=0.3)
            assert not process.is_ready
            await until_ready(process)
            assert len(await process.run(recognize_images, [SEVEN], deadline=10)) == 1
            return first

    pid = asyncio.run(hang())
    assert ends == ["deadline"]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def allocate(_: Recognizer, size: int) -> int:
    return len(bytes(size))


@linux
def test_a_task_that_takes_too_much_memory_fails_alone(recognizer: Recognizer) -> None:
    async def ask() -> int:
        process = RecognizerProcess(recognizer, memory=2**28)
        await process.start()
        try:
            assert await process.run(allocate, 2**26, deadline=10) == 2**26
            with pytest.raises(MemoryError):
                await process.run(allocate, 2**29, deadline=10)
            result: int = await process.run(allocate, 2**26, deadline=10)
        finally:
            await process.stop()
        return result

    assert asyncio.run(ask()) == 2**26


def test_a_death_between_tasks_is_counted_and_it_can_start_again(recognizer: Recognizer) -> None:
    ends: list[str] = []

    async def ask() -> None:
        process = RecognizerProcess(recognizer, on_end=ends.append)
        await process.start()
        os.kill(pid_of(process), signal.SIGKILL)
        await process.wait()
        assert not process.is_ready
        await process.start()
        assert len(await process.run(recognize_images, [SEVEN], deadline=10)) == 1
        await process.stop()
        assert not process.is_ready

    asyncio.run(ask())
    assert ends == ["death"]


def test_recognizes_in_this_process_while_it_cannot_start(
    recognizer: Recognizer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "_PAUSE", 0.2)
    interpreter = sys.executable

    async def ask(broken: Path) -> Timed:
        monkeypatch.setattr(sys, "executable", str(broken))
        process = RecognizerProcess(recognizer)
        async with kept_running(process):
            await asyncio.sleep(0.5)
            assert not process.is_ready
            answer = await Batcher(recognizer, process, deadline=10).recognize(SEVEN, 784)
            # Once what is wrong has been mended, it starts.
            monkeypatch.setattr(sys, "executable", interpreter)
            await until_ready(process)
            return answer

    for broken in (tmp_path / "none", Path("/bin/false")):
        caplog.clear()
        assert asyncio.run(ask(broken))[0] == recognizer.recognize(SEVEN)
        pauses = [float(record.message.split()[-2]) for record in caplog.records if "failed to start" in record.message]
        assert pauses[:2] == [0.2, 0.4]


def test_unexpected_error_includes_its_traceback() -> None:
    source, sink = (
        io.BytesIO(pickle.dumps((Poisoned(), None)) + pickle.dumps((recognize_images, ([SEVEN, BLANK],)))),
        io.BytesIO(),
    )
    serve(source, sink)
    sink.seek(0)
    messages = []
    while size := sink.read(PREFIX_BYTES):
        messages.append(pickle.loads(sink.read(int.from_bytes(size))))  # noqa: S301 - from just above
    ready, [seven, blank] = messages
    assert ready is None
    assert isinstance(seven, tuple)
    assert isinstance(blank, RuntimeError)
    assert "in recognize_each" in str(blank)
    assert "ZeroDivisionError: poisoned" in str(blank)


@pytest.mark.parametrize("read", [0, 100, -1], ids=["nothing", "half a recognizer", "half a batch"])
def test_exits_silently_on_a_truncated_message(read: int) -> None:
    whole, sink = pickle.dumps((Recognizer(Network([784, 10], seed=1)), None)), io.BytesIO()
    told = whole + pickle.dumps((recognize_images, ([SEVEN],)))[:20] if read < 0 else whole[:read]
    serve(io.BytesIO(told), sink)
    assert bool(sink.getvalue()) == (read < 0)


class Poisoned(Recognizer):
    """Fails on a blank image."""

    def __init__(self) -> None:
        super().__init__(Network([784, 10], seed=1))

    def recognize_each(self, images: Iterable[ImageLike]) -> list[Timed | ImageError]:
        images = list(images)
        if BLANK in images:
            raise ZeroDivisionError("poisoned")
        return super().recognize_each(images)


def test_loads_no_http_modules() -> None:
    code = "import sys, inknet.service.recognition.worker\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"numpy", "PIL.Image"} <= set(loaded)
    assert {"asyncio", "fastapi", "pydantic", "starlette", "uvicorn"}.isdisjoint(loaded)


def ready_children(server: Server) -> list[int]:
    """Return the recognizer processes of a server, once they are ready."""
    # They start last, while the server answers already; once they have loaded what they need, they take no more time.
    deadline = time.monotonic() + 20
    before: dict[int, tuple[int, int]] | None = None
    while True:
        time.sleep(1)
        now = {pid: processor_ticks(pid) for pid in children(server)}
        if now == before:
            return list(now)
        assert time.monotonic() < deadline
        before = now


def processor_ticks(pid: int) -> tuple[int, int]:
    """Return the CPU time of a process, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[11]), int(fields[12])


def children(server: Server) -> list[int]:
    """Return the recognizer processes of a server."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, status = (folder / "cmdline").read_bytes(), (folder / "stat").read_text(encoding="utf-8")
        except (FileNotFoundError, ProcessLookupError):
            continue
        parent = int(status.rpartition(")")[2].split()[1])
        if parent == server.process.pid and b"inknet.service.recognition.worker" in command:
            found.append(int(folder.name))
    return found


@linux
@pytest.mark.parametrize(("setting", "count"), [("true", 1), ("false", 0)])
def test_recognizer_process_setting(tiny_model: Path, setting: str, count: int) -> None:
    with running_server("--model", str(tiny_model), INKNET_RECOGNIZER_PROCESS=setting) as server:
        assert len(ready_children(server)) == count
        assert httpx.post(f"{server.url}/predict", content=SEVEN, headers=IMAGE).status_code == 200


@linux
def test_default_needs_two_cores(tiny_model: Path) -> None:
    with running_server("--model", str(tiny_model)) as server:
        assert len(ready_children(server)) == (len(os.sched_getaffinity(0)) >= 2)


@linux
def test_request_in_progress_gets_a_503_when_it_is_killed(tiny_model: Path) -> None:
    with running_server("--model", str(tiny_model), INKNET_RECOGNIZER_PROCESS="true") as server:
        post = f"{server.url}/predict"
        expected = httpx.post(post, content=SEVEN, headers=IMAGE).json()
        [pid] = ready_children(server)
        os.kill(pid, signal.SIGSTOP)
        with ThreadPoolExecutor() as pool:
            asked = pool.submit(httpx.post, post, content=SEVEN, headers=IMAGE, timeout=20)
            time.sleep(0.3)
            assert not asked.done()
            assert httpx.get(f"{server.url}/health/live").status_code == 200
            os.kill(pid, signal.SIGKILL)
            answer = asked.result()
        assert assert_problem(answer, 503, "Recognizer failed")["type"] == "/problems/recognizer-gone"
        assert answer.headers["Retry-After"] == "1"
        assert httpx.post(post, content=SEVEN, headers=IMAGE).json() == expected
        assert [other for other in ready_children(server) if other != pid]


@linux
def test_keeps_working_while_the_service_drains(tiny_model: Path) -> None:
    options = {"INKNET_RECOGNIZER_PROCESS": "true", "INKNET_DRAIN_TIMEOUT": "1", "INKNET_LOG_LEVEL": "warning"}
    with running_server("--model", str(tiny_model), **options) as server:
        [pid] = ready_children(server)
        # A terminal's Ctrl-C does not reach it even before it can ignore anything.
        assert os.getsid(pid) != os.getsid(server.process.pid)
        for process in (pid, server.process.pid):
            os.kill(process, signal.SIGTERM)
        time.sleep(0.3)
        assert children(server) == [pid]
        assert httpx.post(f"{server.url}/predict", content=SEVEN, headers=IMAGE).status_code == 200
        assert server.process.wait(10) is not None
        assert [line for line in server.log if "rror" in line] == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@linux
def test_ends_when_the_server_is_killed(tiny_model: Path) -> None:
    with running_server("--model", str(tiny_model), INKNET_RECOGNIZER_PROCESS="true") as server:
        [pid] = ready_children(server)
        server.process.kill()
        server.process.wait(5)
        deadline = time.monotonic() + 5
        while Path(f"/proc/{pid}/stat").exists() and ") Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8"):
            assert time.monotonic() < deadline
            time.sleep(0.05)


@linux
def test_processes_are_killed_at_random_moments_under_load(tiny_model: Path) -> None:
    """Only the requests in their hands fail; each death is counted, and nothing else is logged as an error."""
    kills, random = 12, np.random.default_rng(0)
    jpeg = encode(draw_seven(600, "RGB"), "JPEG")
    batch = {"inputs": [{"name": "image", "shape": [64, 784], "datatype": "UINT8", "data": [0, 255] * (32 * 784)}]}
    with running_server("--model", str(tiny_model), INKNET_RECOGNIZER_PROCESS="true") as server:
        over = threading.Event()
        requests: list[dict[str, Any]] = [
            {"url": f"{server.url}/predict", "content": SEVEN, "headers": IMAGE},
            {"url": f"{server.url}/predict", "content": jpeg, "headers": {"Content-Type": "image/jpeg"}},
            {"url": f"{server.url}/v2/models/digits/infer", "json": batch},
        ]

        def ask(request: dict[str, Any]) -> list[httpx.Response]:
            answers = []
            with httpx.Client(timeout=30) as client:
                while not over.is_set():
                    answers.append(client.post(**request))
            return answers

        with ThreadPoolExecutor() as pool:
            clients = [pool.submit(ask, request) for request in requests * 2]
            killed = 0
            while killed < kills:
                time.sleep(random.uniform(0.05, 0.8))
                alive = children(server)
                if alive:
                    os.kill(alive[random.integers(len(alive))], signal.SIGKILL)
                    killed += 1
            time.sleep(1)
            over.set()
            answers = [answer for client in clients for answer in client.result()]
        metrics = httpx.get(f"{server.url}/metrics").text
        log = server.log
    failed = [answer for answer in answers if answer.status_code != 200]
    # At most four small images, or one of the others, are in a process's hands.
    assert len(failed) <= 2 * kills
    assert {answer.json()["type"] for answer in failed} <= {"/problems/recognizer-gone"}
    counts = re.findall(r'^inknet_recognizer_process_ends_total{reason="(?:death|start)"} (\d+)', metrics, re.MULTILINE)
    assert sum(map(int, counts)) == kills
    assert not [line for line in log if "Traceback" in line]
