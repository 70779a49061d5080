"""Firefox and WebKitGTK with one interface: Firefox by puppeteer-core in node, WebKitGTK's MiniBrowser by Selenium."""

import json
import os
import select
import shutil
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.command import Command
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement

from tests.web.helpers import Stroke

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
#: Each browser is closed after this time, even if its test hangs.
LIFETIME = 150  # seconds
TIMEOUT = 60  # seconds, for one action


class Engine(ABC):
    """A browser with one page, whose elements are found by role and name, as by a screen reader."""

    @abstractmethod
    def open(self, address: str) -> None: ...

    @abstractmethod
    def evaluate(self, function: str, *arguments: object) -> Any:  # noqa: ANN401 - as the script will have it
        """Call a function in the page, and return its result or the value of its promise."""

    @abstractmethod
    def box(self, role: str, name: str) -> dict[str, float]: ...

    @abstractmethod
    def click(self, role: str, name: str) -> None: ...

    @abstractmethod
    def text(self, role: str) -> str: ...

    @abstractmethod
    def pen(self, points: Sequence[tuple[int, int]]) -> None:
        """Press the mouse at the first point, move it along the others, release it; in CSS pixels of the window."""

    def draw(self, strokes: Sequence[Stroke]) -> None:
        """Draw with real pointer events; the coordinates are the area's units, 280 × 280."""
        # Both browsers report the role img by its newer name.
        box = self.box("image", "Drawing area")
        scale = box["width"] / 280
        for stroke in strokes:
            self.pen([(round(box["x"] + x * scale), round(box["y"] + y * scale)) for x, y in stroke])

    def press(self, name: str) -> None:
        self.click("button", name)


def lacking_for_firefox() -> str | None:
    """Return a sentence about what to install for Firefox, or None."""
    if shutil.which("firefox-esr") is None:
        return "no Firefox on this machine: apt-get install firefox-esr, and these tests run"
    if shutil.which("node") is None:
        return "no node on this machine: apt-get install nodejs npm, and these tests run"
    if not (ROOT / "node_modules" / "puppeteer-core").is_dir():
        return "no puppeteer-core here: npm ci, and these tests run"
    return None


def lacking_for_webkit() -> str | None:
    """Return a sentence about what to install for WebKitGTK, or None."""
    if shutil.which("WebKitWebDriver") is None or shutil.which("Xvfb") is None:
        return "no WebKitGTK or no Xvfb on this machine: apt-get install webkit2gtk-driver xvfb, and these tests run"
    return None


class _Firefox(Engine):
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.version = self._answer()

    def _answer(self) -> Any:  # noqa: ANN401 - whatever was asked for
        assert self._process.stdout is not None
        # Every request has a response of one line, so the buffer is empty here.
        ready, _, _ = select.select([self._process.stdout], [], [], TIMEOUT)
        line = self._process.stdout.readline() if ready else ""
        assert line, f"Firefox did not respond; exit code {self._process.poll()}"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer.get("value")

    def _ask(self, action: str, **what: object) -> Any:  # noqa: ANN401 - whatever was asked for
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"action": action, **what}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def open(self, address: str) -> None:
        self._ask("open", address=address)

    def evaluate(self, function: str, *arguments: object) -> Any:  # noqa: ANN401 - as the script will have it
        return self._ask("evaluate", expression=f"({function})(...{json.dumps(arguments)})")

    def box(self, role: str, name: str) -> dict[str, float]:
        box: dict[str, float] = self._ask("box", role=role, name=name)
        return box

    def click(self, role: str, name: str) -> None:
        self._ask("click", role=role, name=name)

    def text(self, role: str) -> str:
        return str(self._ask("text", role=role))

    def pen(self, points: Sequence[tuple[int, int]]) -> None:
        self._ask("pen", points=points)

    def errors(self) -> list[str]:
        errors: list[str] = self._ask("errors")
        return errors


@contextmanager
def firefox(*, ratio: float = 1, hides: bool = False) -> Iterator[Engine]:
    """Start Firefox with this device pixel ratio; `hides` makes it resist fingerprinting."""
    settings = {
        "executable": shutil.which("firefox-esr"),
        "prefs": {"layout.css.devPixelsPerPx": str(ratio), "privacy.resistFingerprinting": hides},
        "seconds": LIFETIME,
    }
    process = subprocess.Popen(
        ["node", str(HERE / "firefox.mjs"), json.dumps(settings)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        engine = _Firefox(process)
        yield engine
        assert engine.errors() == []
    finally:
        try:
            process.communicate(timeout=20)  # the end of its input
        except subprocess.TimeoutExpired:
            process.terminate()  # puppeteer then ends its browser
            process.communicate(timeout=20)


class _WebKit(Engine):
    def __init__(self, driver: WebDriver) -> None:
        self._driver = driver
        self._found: dict[tuple[str, str], WebElement] = {}
        driver.set_script_timeout(TIMEOUT)
        driver.set_page_load_timeout(TIMEOUT)

    def _find(self, role: str, name: str = "") -> WebElement:
        if (role, name) not in self._found:
            for element in self._driver.find_elements("css selector", "canvas, button, [role]"):
                if element.aria_role == role and name in ("", element.accessible_name):
                    self._found[role, name] = element
                    break
        return self._found[role, name]

    def open(self, address: str) -> None:
        self._found.clear()
        self._driver.get(address)

    def evaluate(self, function: str, *arguments: object) -> Any:  # noqa: ANN401 - as the script will have it
        return self._driver.execute_script(f"return ({function})(...arguments)", *arguments)

    def box(self, role: str, name: str) -> dict[str, float]:
        # Selenium's `rect` is rounded, and relative to the page instead of the window.
        box: dict[str, float] = self._driver.execute_script(
            "return arguments[0].getBoundingClientRect().toJSON()", self._find(role, name)
        )
        return box

    def click(self, role: str, name: str) -> None:
        # The driver's click fails sometimes: "Could not parse element file upload information".
        box = self.box(role, name)
        self.pen([(round(box["x"] + box["width"] / 2), round(box["y"] + box["height"] / 2))])

    def text(self, role: str) -> str:
        return self._find(role).text

    def pen(self, points: Sequence[tuple[int, int]]) -> None:
        moves: list[dict[str, object]] = [
            {"type": "pointerMove", "x": x, "y": y, "origin": "viewport", "duration": 0} for x, y in points
        ]
        moves.insert(1, {"type": "pointerDown", "button": 0})
        moves.append({"type": "pointerUp", "button": 0})
        for move in moves:
            self._act(move)

    def _act(self, move: dict[str, object]) -> None:
        """Make one move of the mouse, with two retries: on a busy machine the driver fails sometimes."""
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [move]}
        for _ in range(2):
            with suppress(WebDriverException):
                self._driver.execute(Command.W3C_ACTIONS, {"actions": [mouse]})
                return
        self._driver.execute(Command.W3C_ACTIONS, {"actions": [mouse]})


@contextmanager
def webkit(*, ratio: int = 1, zoom: float = 1) -> Iterator[Engine]:
    """Start WebKitGTK on a new X screen.

    GTK 3 supports only integer device pixel ratios; `zoom` scales the page by any factor, like a larger font size of
    the desktop, and so covers the ratios between.
    """
    with _screen() as display:
        surroundings = {
            "DISPLAY": display,
            "GDK_BACKEND": "x11",
            "GDK_SCALE": str(ratio),
            "GDK_DPI_SCALE": str(zoom),
            # Its sandbox needs rights that a container lacks. The page is ours.
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
        }
        service = webdriver.WebKitGTKService(
            shutil.which("WebKitWebDriver") or "", env=os.environ | surroundings, popen_kw={"start_new_session": True}
        )
        options = webdriver.WebKitGTKOptions()
        options.binary_location = str(max(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser")))
        options.add_argument("--automation")
        service.start()
        try:
            # Selenium's WebKitGTK class has no timeout, and raises a deprecation warning.
            settings = ClientConfig(remote_server_addr=service.service_url, timeout=TIMEOUT)
            driver = webdriver.Remote(RemoteConnection(client_config=settings), options=options)
            try:
                yield _WebKit(driver)
            finally:
                driver.quit()
        finally:
            _end_group(service.process)


def _end_group(process: "subprocess.Popen[Any]") -> None:
    """End the driver, and its browser if that is still running."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    process.wait(timeout=20)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def _screen() -> Iterator[str]:
    """Start a virtual X server, and yield the name of its display."""
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "4000x3000x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        with os.fdopen(reader) as names:
            ready, _, _ = select.select([names], [], [], TIMEOUT)
            name = names.readline().strip() if ready else ""
        assert name, "Xvfb did not start"
        yield f":{name}"
    finally:
        process.terminate()
        process.wait(timeout=20)
