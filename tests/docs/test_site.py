"""The book builds without warnings, has no broken link, and requests nothing from other hosts."""

import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from docs.tools.figures import FIGURES
from playwright.sync_api import sync_playwright

from tests.docs.pages import DOCS, PAGES, ROOT
from tests.programs import CHROMIUM, FLAGS, leave_out

pytestmark = pytest.mark.slow

#: Pages that are written elsewhere, and may not be here yet.
#: What `inknet report` draws of a model and of a sweep, what benchmarks draws, and two screenshots of the page.
OTHER_FIGURES = {"growth", "inside", "nodes", "page", "reliability", "robustness", "sweep-finalists", "sweep-settings"}


class References(HTMLParser):
    """Collects the links, the loaded files and the anchors of a page."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.names: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"id", "name"} and value:
                self.names.add(value)
            elif name == "src" or (name == "href" and tag == "link"):
                self.loaded.add(value or "")
            elif name == "href":
                self.links.add(value or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book, built from a copy of the repository."""
    folder = tmp_path_factory.mktemp("book")
    shutil.copy(ROOT / "zensical.toml", folder)
    shutil.copytree(DOCS, folder / "docs", ignore=shutil.ignore_patterns("tools"))
    (folder / "src").symlink_to(ROOT / "src")
    built = subprocess.run(
        [sys.executable, ROOT / "docs" / "tools" / "build.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "build" / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, References]:
    """The built pages."""
    return {page: References(page) for page in site.rglob("*.html")}


def in_navigation(entry: Any) -> set[str]:  # noqa: ANN401 - as TOML has it
    """Return the pages in a part of the navigation."""
    if isinstance(entry, str):
        return {entry}
    parts = entry.values() if isinstance(entry, dict) else entry
    return set().union(*(in_navigation(part) for part in parts))


def test_every_page_is_in_the_navigation_and_every_entry_is_a_page() -> None:
    navigation = in_navigation(tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"])
    assert navigation == set(PAGES)


def test_every_link_works(site: Path, pages: dict[Path, References]) -> None:
    names = {page: references.names for page, references in pages.items()}
    dead = []
    for page, references in pages.items():
        for link in references.links | references.loaded:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or page.name == "404.html":
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            # As a server answers for a folder.
            target = target / "index.html" if target.is_dir() else target
            fragment = unquote(parts.fragment)
            known = names.get(target, set())
            if not target.is_file() or (fragment and target.suffix == ".html" and fragment not in {*known, "__skip"}):
                dead.append(f"{page.relative_to(site)}: {link}")
    assert dead == []


def test_pages_load_nothing_from_other_hosts(site: Path, pages: dict[Path, References]) -> None:
    for page, references in pages.items():
        foreign = [source for source in references.loaded if urlsplit(source).netloc]
        assert foreign == [], f"{page.relative_to(site)} loads {foreign}"
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert re.findall(r"(?:@import|url\()\s*['\"]?(?:https?:)?//", text) == [], sheet


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """The URL of the built book."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.browser
def test_browser_requests_no_other_host_and_phones_do_not_scroll_sideways(
    address: str, site: Path, pages: dict[Path, References]
) -> None:
    if CHROMIUM is None:
        leave_out("Chromium is not installed")
    requests, complaints, wide = set(), [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 375, "height": 812})
        page.on("request", lambda request: requests.add(request.url))
        page.on("response", lambda answer: complaints.append(answer.url) if answer.status >= 400 else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for name in sorted(path.relative_to(site).as_posix() for path in pages if path.name != "404.html"):
            page.goto(f"{address}/{name}", wait_until="load")
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                wide.append(name)
        browser.close()
    assert [url for url in requests if not url.startswith((address, "data:", "blob:"))] == []
    assert (complaints, wide) == ([], [])


def test_quotations_and_formulas_are_rendered(site: Path) -> None:
    text = (site / "network.html").read_text(encoding="utf-8")
    assert text.count("quote highlight") >= 7
    assert '<span class="filename">src/inknet/mlp/layer.py</span>' in text
    assert "<span>z = w₁x₁ + w₂x₂ + w₃x₃ + b</span>" in text
    # A fence that could not be read is left as text.
    for page in site.rglob("*.html"):
        assert "<code>quote" not in page.read_text(encoding="utf-8"), page


def test_reference_has_every_public_name(site: Path) -> None:
    import inknet.digits
    import inknet.mlp

    for module, page in ((inknet.mlp, "mlp"), (inknet.digits, "digits")):
        names = References(site / "reference" / f"{page}.html").names
        assert [name for name in module.__all__ if f"{module.__name__}.{name}" not in names] == []


def test_all_short_names_are_explained() -> None:
    import inknet

    page = (DOCS / "reference" / "inknet.md").read_text(encoding="utf-8")
    assert [name for name in inknet.__all__ if name != "__version__" and f"`inknet.{name}`" not in page] == []


def test_figures_and_scripts_correspond() -> None:
    there = {image.stem for image in (DOCS / "images").glob("*.png")}
    assert set(FIGURES) | OTHER_FIGURES <= there
    programs = "".join(program.read_text(encoding="utf-8") for program in (ROOT / "examples").glob("*.py"))
    assert [stem for stem in there - set(FIGURES) - OTHER_FIGURES if f"{stem}.png" not in programs] == []
    named = {Path(name).stem for page in PAGES for name in _images(page)}
    assert set(FIGURES) <= named, "a figure that no page shows"
    assert named <= there


def _images(page: str) -> list[str]:
    return re.findall(r"!\[[^\]]*\]\(([^)]+)\)", (DOCS / page).read_text(encoding="utf-8"))
