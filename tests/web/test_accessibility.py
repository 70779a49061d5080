"""The page for assistive technology: axe finds no violations, Tab reaches everything, the answer is announced."""

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page

from tests.programs import leave_out
from tests.web.conftest import Visit
from tests.web.helpers import press, read_digit, wait_until

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> list[str]:
    if not AXE.is_file():
        leave_out("no axe-core here: npm ci, and these tests run")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    # Details of passed checks, on two hundred nodes, would take most of the time.
    found: dict[str, Any] = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {node['html'][:120]} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (768, 1024), (375, 667)])
def test_axe_finds_no_violations(visit: Visit, width: int, height: int, scheme: Literal["light", "dark"]) -> None:
    page = visit(width=width, height=height, still=True)
    page.emulate_media(color_scheme=scheme)
    page.locator("#nodes button").last.wait_for()
    assert violations(page) == []
    press(page, "Draw a 4")
    press(page, "Send")
    read_digit(page)
    page.locator("#drawings > li").wait_for()
    press(page, "Hidden node 7")
    assert violations(page) == []
    press(page, "Output 4")
    press(page, "Draw a 7")
    page.wait_for_timeout(100)
    assert violations(page) == []
    press(page, "Clear")
    press(page, "Send")
    assert violations(page) == []


def test_everything_can_be_reached_by_tab(visit: Visit) -> None:
    page = visit(still=True)
    press(page, "Draw a 4")
    press(page, "Send")
    page.locator("#drawings > li").wait_for()
    names = []
    page.evaluate("document.activeElement.blur()")
    for _ in range(40):
        page.keyboard.press("Tab")
        script = """(() => { const e = document.activeElement;
            return e.ariaLabel || e.labels?.[0]?.textContent.trim() || e.textContent.trim() })()"""
        names.append(page.evaluate(script))
    wanted = {"Send", "Clear", "Undo", "Draw a 0", "Draw a 9", "show where", "Output 0", "Hidden node 0", "Delete"}
    wanted |= {
        "Draw this again, read as a 4",
        "Mark the rest as correct",
        "Export strokes",
        "Export IDX",
        "Import strokes",
    }
    assert wanted <= set(names)
    assert any(name.startswith("That was a") for name in names)


def test_only_the_answer_is_announced(visit: Visit) -> None:
    """The announced part of the status changes on Send, not while the pen moves."""
    page = visit()
    heard: list[str] = []

    def hear(text: str) -> None:
        heard.append(text)

    page.expose_function("hear", hear)
    page.evaluate("""() => {
        const status = document.querySelector('[role=status]');
        const isHeard = (e) => e.ariaHidden !== 'true';
        const audible = () => [...status.children].filter(isHeard).map((e) => e.textContent).join(' ');
        let last = audible();
        new MutationObserver(() => {
            if (audible() !== last) window.hear((last = audible()));
        }).observe(status, { subtree: true, childList: true, characterData: true });
    }""")
    press(page, "Draw a 7")
    wait_until(page, lambda: bool(heard))
    page.wait_for_timeout(800)
    assert heard == ["Press Send when you are done."]
    press(page, "Send")
    read_digit(page)
    wait_until(page, lambda: heard[-1].startswith("7 The network is"))
    page.wait_for_timeout(50)
    assert len(heard) <= 3
    # The bars are not a live region.
    assert page.locator(".bars[aria-live], .bars [aria-live]").count() == 0
