"""The other two browsers: Firefox, driven by puppeteer-core in node; WebKitGTK's MiniBrowser, driven by Selenium."""

import json
import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.web.pen import Stroke

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

HERE = Path(__file__).resolve().parent
PACKAGES = HERE.parents[1] / "node_modules"

#: In the page: the bytes of many drawings, and what the console is told of each image that is sent.
SCRIPT = """
window.inkAll = async (drawings) => {
  const { inkStrokes } = await import("/ink.js");
  const hex = (byte) => byte.toString(16).padStart(2, "0");
  return drawings.map((strokes) => Array.from(inkStrokes(strokes), hex).join(""));
};
window.told = [];
const log = console.log;
console.log = (text) => {
  if (String(text).startsWith("Its numbers")) window.told.push(text);
  log(text);
};
undefined;
"""


@dataclass(frozen=True)
class Result:
    """What came of a visit: bytes of drawings, digits read, and what was sent before, with, and without a stroke."""

    images: list[bytes]
    answers: list[int]
    undone: dict[str, str] | None
    ratio: float


def missing() -> dict[str, str]:
    """Return which of the browsers are not on this machine, and what to do about it."""
    lacking = {}
    if not shutil.which("firefox-esr"):
        lacking["firefox"] = "no firefox-esr on this machine: apt-get install firefox-esr, and these tests run"
    elif not shutil.which("node") or not (PACKAGES / "puppeteer-core").is_dir():
        lacking["firefox"] = "no puppeteer-core: install node and npm, run scripts/check once, and these tests run"
    if not (shutil.which("WebKitWebDriver") and shutil.which("Xvfb") and _mini_browsers()):
        lacking["webkit"] = "no WebKitGTK on this machine: apt-get install webkit2gtk-driver xvfb, and these tests run"
    return lacking


def _mini_browsers() -> list[str]:
    return sorted(map(str, Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser")))


def visit_in_firefox(
    address: str, drawings: Sequence[Any], digits: Sequence[Sequence[Stroke]], ratio: float = 1, resist: bool = False
) -> Result:
    """Ink drawings in Firefox, and draw digits by mouse; `resist`: it hides from fingerprinting, by noise and more."""
    job = {
        "executable": shutil.which("firefox-esr"),
        "address": address,
        "ratio": ratio,
        "resist": resist,
        "drawings": drawings,
        "digits": digits,
        "script": SCRIPT,
    }
    command = ["node", str(HERE / "firefox.mjs")]
    done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    return Result(
        [bytes.fromhex(image) for image in found["images"]], found["answers"], found["undone"], found["ratio"]
    )


def visit_in_webkit(
    address: str, drawings: Sequence[Any], digits: Sequence[Sequence[Stroke]], ratio: int = 1
) -> Result:
    """The same in WebKitGTK, on a screen of its own, whose pixels `ratio` times ratio make one of the page's."""
    with _webkit(ratio) as driver:
        page = _WebKitPage(driver, address)
        ask = "const done = arguments[1]; window.inkAll(arguments[0]).then(done);"
        images = [bytes.fromhex(image) for image in driver.execute_async_script(ask, drawings)]
        answers = []
        for strokes in digits:
            page.press("#clear")
            page.draw(strokes)
            answers.append(page.send())
        undone = page.undo() if digits else None
        return Result(images, answers, undone, float(driver.execute_script("return window.devicePixelRatio")))


class _WebKitPage:
    """What a person does on the page."""

    def __init__(self, driver: "WebDriver", address: str) -> None:
        from selenium.webdriver.support.ui import WebDriverWait

        self.driver = driver
        self.wait = WebDriverWait(driver, 20, poll_frequency=0.05)
        driver.set_script_timeout(60)
        driver.get(address)
        self.wait.until(lambda page: page.find_elements("css selector", ".digits button:enabled"))
        driver.execute_script(SCRIPT)

    def press(self, selector: str) -> None:
        self.driver.find_element("css selector", selector).click()

    def draw(self, strokes: Sequence[Stroke]) -> None:
        from selenium.webdriver import ActionChains

        pad = self.driver.find_element("css selector", "[role=img][aria-label='Drawing area']")
        for stroke in strokes:
            pen = ActionChains(self.driver, duration=0)
            for number, (x, y) in enumerate(stroke):
                # From the middle of the element.
                pen.move_to_element_with_offset(pad, round(x - 140), round(y - 140))
                if number == 0:
                    pen.click_and_hold()
            pen.release().perform()

    def send(self) -> int:
        self.press("#send")
        status = self.driver.find_element("css selector", "[role=status]")
        self.wait.until(lambda _: status.get_attribute("data-kind") in {"answer", "unsure"})
        return int(next(character for character in status.text if character.isdigit()))

    def undo(self) -> dict[str, str]:
        before = self._told()
        self.draw([[(20, 20), (260, 260)]])
        self.send()
        changed = self._told()
        self.press("#undo")
        self.send()
        return {"before": before, "changed": changed, "after": self._told()}

    def _told(self) -> str:
        return str(self.driver.execute_script("return told.at(-1)"))


@contextmanager
def _webkit(ratio: int) -> Iterator["WebDriver"]:
    """Start the browser, and end it."""
    from selenium import webdriver
    from selenium.webdriver.webkitgtk.options import Options
    from selenium.webdriver.webkitgtk.service import Service

    options = Options()
    options.binary_location = _mini_browsers()[-1]
    options.add_argument("--automation")
    with _screen() as display:
        # Only the driver and its browser see this screen.
        environment = os.environ | {
            "DISPLAY": display,
            "GDK_SCALE": str(ratio),
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
            "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
        }
        service = Service(shutil.which("WebKitWebDriver"), env=environment)
        with warnings.catch_warnings():
            # It calls what it has itself deprecated.
            warnings.simplefilter("ignore", DeprecationWarning)
            driver = webdriver.WebKitGTK(options=options, service=service)
        try:
            yield driver
        finally:
            driver.quit()


@contextmanager
def _screen() -> Iterator[str]:
    """Start an X server that shows nothing to anybody; its name."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "4000x3000x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            yield f":{pipe.readline().strip()}"
    finally:
        server.terminate()
        server.wait(timeout=10)
