"""The REST service's documentation in a browser, under the page's security policy and without other hosts."""

import httpx
import pytest
from playwright.sync_api import expect

from tests.web.conftest import Visit

pytestmark = pytest.mark.browser


def test_every_operation_is_shown_and_can_be_tried(visit: Visit, server: str) -> None:
    page = visit()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server}docs")
    paths = httpx.get(f"{server}openapi.json").json()["paths"]
    expect(page.locator(".opblock")).to_have_count(sum(len(methods) for methods in paths.values()))
    page.get_by_role("button", name="GET /model Model").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .response .microlight").first).to_contain_text("digits-784-200-10")
    assert {url.split("/")[2] for url in asked if not url.startswith("data:")} == {server.split("/")[2]}
