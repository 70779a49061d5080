"""The page without the service, and without a network."""

import json

import pytest
from playwright.sync_api import Page, expect

from inknet.resources import resource
from tests.web.conftest import Visit
from tests.web.helpers import SEVEN, draw, press, read_digit, recorded, send, status_of, words_of

pytestmark = pytest.mark.browser

KEPT = (
    "caches.open('inknet').then((cache) => cache.keys()).then((keys) => keys.map(({ url }) => new URL(url).pathname))"
)


def kept(page: Page) -> set[str]:
    """Wait for the service worker, and return the paths that it cached."""
    page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    paths: list[str] = page.evaluate(KEPT)
    return set(paths)


def test_recognizes_locally_and_says_so(visit: Visit) -> None:
    page = visit()
    draw(page, SEVEN)
    send(page)
    read_digit(page)
    alike = page.locator(".bars tbody td:last-child").all_inner_texts()
    press(page, "Clear")
    page.route("**/predict", lambda route: route.abort())
    draw(page, SEVEN)
    expect(words_of(page)).to_have_text("The service is unavailable; recognizing in the browser.")
    with recorded(page) as sent:
        press(page, "Send")
        assert read_digit(page) == 7
    expect(status_of(page)).to_contain_text("The service is unavailable; recognized in the browser.")
    assert len(sent) == 1
    assert page.locator(".bars tbody td:last-child").all_inner_texts() == alike
    page.unroute("**/predict")
    press(page, "Send")
    expect(status_of(page)).not_to_contain_text("unavailable")


def test_every_file_is_cached(visit: Visit) -> None:
    page = visit(workers=True)
    files = {
        "/" + path.relative_to(resource("web")).as_posix() for path in resource("web").rglob("*") if path.is_file()
    }
    assert kept(page) == files - {"/sw.js"} | {"/", "/model/network"}


def test_starts_offline(visit: Visit) -> None:
    page = visit(workers=True)
    kept(page)
    page.context.set_offline(True)
    try:
        page.reload()
        page.locator("#nodes button").last.wait_for()
        draw(page, SEVEN)
        press(page, "Send")
        assert read_digit(page) == 7
        expect(status_of(page)).to_contain_text("in the browser")
        expect(page.locator("#drawings > li")).to_have_count(1)
    finally:
        page.context.set_offline(False)


def test_newer_files_replace_cached_ones(visit: Visit) -> None:
    page = visit(workers=True)
    kept(page)
    page.evaluate("caches.open('inknet').then((cache) => cache.put('/page/base.css', new Response('stale')))")
    assert page.evaluate("fetch('/page/base.css').then((response) => response.text())") != "stale"
    stored = "caches.open('inknet').then((cache) => cache.match('/page/base.css')).then((response) => response.text())"
    assert page.evaluate(stored) != "stale"


def test_manifest() -> None:
    manifest = json.loads((resource("web") / "inknet.webmanifest").read_text(encoding="utf-8"))
    assert manifest["display"] == "standalone"
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    assert all((resource("web") / icon["src"]).is_file() for icon in manifest["icons"])
