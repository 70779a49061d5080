"""A real server and a real browser for the tests of the page."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.programs import CHROMIUM, FLAGS, leave_out

#: Paths of requests that tests let fail.
MAY_FAIL = ("/predict", "/model/network")


# On a busy machine the page takes several seconds for what it usually does at once.
expect.set_options(timeout=20_000)


class Visit(Protocol):
    """Opens the page in a new context; `workers` allows service workers, requests that match `before` fail."""

    def __call__(
        self,
        *,
        width: int = 1280,
        height: int = 900,
        scale: float = 1,
        touch: bool = False,
        still: bool = False,
        workers: bool = False,
        before: str | None = None,
    ) -> Page: ...


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a service with the shipped model."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "inknet", "serve", "--port", str(port)]
    # The pipe is not read; a verbose log would fill it and block the server.
    quiet = {**os.environ, "INKNET_LOG_LEVEL": "warning"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=quiet)
    address = f"http://127.0.0.1:{port}/"
    try:
        if not _ready(address, process, seconds=90):
            process.terminate()
            pytest.fail(f"the server did not become ready:\n{process.communicate(timeout=10)[0]}")
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _ready(address: str, process: subprocess.Popen[str], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address + "health/ready", timeout=5) as response:
                return bool(response.status == 200)
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            pass
        time.sleep(0.1)
    return False


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium; only for this package, because nothing else in the process can use asyncio while Playwright runs."""
    if CHROMIUM is None:
        leave_out("no chromium on this machine: apt-get install chromium, and these tests run")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(server: str, browser: Browser) -> Iterator[Visit]:
    """Opens pages, and afterwards checks every page.

    There must be no script error, no violation of the Content-Security-Policy, no console error (except for requests
    that a test lets fail), and no request to another host.
    """
    contexts: list[BrowserContext] = []
    hosts: set[str] = set()
    errors: list[str] = []

    def note_error(message: ConsoleMessage) -> None:
        failed = str(message.location["url"]).endswith(MAY_FAIL) and "Failed to load" in message.text
        if message.type == "error" and not failed:
            errors.append(message.text)

    def open_page(
        *,
        width: int = 1280,
        height: int = 900,
        scale: float = 1,
        touch: bool = False,
        still: bool = False,
        workers: bool = False,
        before: str | None = None,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            has_touch=touch,
            is_mobile=touch,
            reduced_motion="reduce" if still else "no-preference",
            service_workers="allow" if workers else "block",
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note_error)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        if before is not None:
            page.route(before, lambda route: route.abort())
        page.goto(server)
        page.locator(".handwriting button:enabled").last.wait_for(state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
    assert hosts <= {urlsplit(server).netloc}


@pytest.fixture
def run_node() -> Callable[..., str]:
    """Runs JavaScript modules with node; the arguments go to node."""
    node = shutil.which("node")
    if node is None:
        leave_out("no node on this machine: apt-get install nodejs, and these tests run")

    def run(*arguments: str, text: str = "") -> str:
        done = subprocess.run([node, *arguments], input=text, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
