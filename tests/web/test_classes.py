"""The page with a model of three named classes instead of digits."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from inknet import Network, Recognizer
from inknet.digits import ink_strokes
from tests.service.conftest import running_server
from tests.web.conftest import Visit
from tests.web.helpers import Stroke, alpha_of, draw, press, send, status_of

pytestmark = pytest.mark.browser

KINDS = ["bar", "ring, or so", "<b>cross</b>-Donaudampfschifffahrtsgesellschaft"]
TURNS = np.linspace(0, 2 * np.pi, 25)
BAR: list[Stroke] = [[(140, 60), (140, 220)]]
RING: list[Stroke] = [[(140 + 70 * float(np.cos(turn)), 140 + 70 * float(np.sin(turn))) for turn in TURNS]]
CROSS: list[Stroke] = [[(70, 70), (210, 210)], [(210, 70), (70, 210)]]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a network on thirty noisy drawings per class."""
    rng = np.random.default_rng(0)
    rows, labels = [], []
    for label, strokes in enumerate((BAR, RING, CROSS)):
        for _ in range(30):
            shaky = [np.asarray(stroke) + rng.normal(0, 6, (len(stroke), 2)) for stroke in strokes]
            rows.append(ink_strokes(shaky).ravel() / 255)
            labels.append(label)
    network = Network([784, 12, 3], init="he", seed=0)
    network.metadata = {"classes": KINDS}
    network.train(np.array(rows), labels, epochs=30, learning_rate=0.05, batch_size=10)
    path = tmp_path_factory.mktemp("model") / "kinds.pkl"
    network.save(path)
    return path


@pytest.fixture(scope="module")
def server(model: Path) -> Iterator[str]:
    """The URL of a service with that model, for `visit`."""
    with running_server("--model", str(model), INKNET_LOG_LEVEL="warning") as running:
        yield running.url + "/"


def rows_of(page: Page) -> list[str]:
    return page.locator(".bars tbody th").all_inner_texts()


def test_every_class_is_recognized_and_shown_by_name(visit: Visit, model: Path) -> None:
    page = visit()
    expect(page.locator("#class-names")).to_have_text(", ".join(KINDS))
    assert rows_of(page) == KINDS
    expect(status_of(page)).to_have_text("Draw something.")
    for name, strokes in zip(KINDS, (BAR, RING, CROSS), strict=True):
        draw(page, strokes)
        image = send(page)
        expect(status_of(page)).to_contain_text("sure")
        expect(status_of(page).locator(".numeral")).to_have_text(name)
        values = page.locator(".bars .value").all_inner_texts()
        expected = Recognizer.load(model).predict(np.array([alpha_of(image)], np.float32) / np.float32(255))[0]
        assert values == [percent(float(share)) for share in expected]
        press(page, "Clear")


def test_elements_for_digits_are_hidden(visit: Visit) -> None:
    page = visit(still=True)
    expect(page.locator("#class-names")).to_be_visible()
    for text in ("Or borrow someone", "to 9 draw a digit", "The digit buttons replay", "--from MODEL"):
        expect(page.get_by_text(text).first).to_be_hidden()
    for text in ("Enter", "--classes NAMES.txt"):
        expect(page.get_by_text(text).first).to_be_visible()
    # The digit keys are disabled too.
    page.keyboard.press("3")
    expect(status_of(page)).to_have_text("Draw something.")


def test_looking_inside(visit: Visit) -> None:
    page = visit()
    expect(page.locator("#nodes button")).to_have_count(12)
    assert page.locator("#outputs button").all_inner_texts() == KINDS
    draw(page, RING)
    press(page, "Output ring, or so")
    expect(page.get_by_role("heading", name="Output ring, or so")).to_be_visible()
    expect(page.locator("#details")).to_contain_text("Softmax compares this sum")
    press(page, "Hidden node 0")
    assert page.locator("#details .diverging dt").all_inner_texts() == KINDS


def test_drawings_have_class_names_and_their_own_database(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    draw(page, RING)
    send(page)
    card = page.locator("#drawings > li")
    expect(card).to_have_count(1)
    expect(card.locator("p")).to_have_text("Read as ring, or so")
    assert card.locator("option").all_inner_texts() == ["…", *KINDS]
    card.get_by_label("That was").select_option(KINDS[2])
    expect(card).to_have_class("wrong")
    with page.expect_download() as download:
        press(page, "Export strokes")
    download.value.save_as(tmp_path / "drawings.jsonl")
    (line,) = (tmp_path / "drawings.jsonl").read_text(encoding="utf-8").splitlines()
    assert (json.loads(line)["label"], json.loads(line)["answer"]) == (2, 1)
    # A model of digits at the same URL has another database.
    names: list[str] = page.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name))")
    assert names == [f"inknet {','.join(KINDS)}"]


def test_recognizes_locally_while_the_service_is_unavailable(visit: Visit) -> None:
    page = visit()
    expect(page.locator("#nodes button")).to_have_count(12)
    page.route("**/predict", lambda route: route.abort())
    draw(page, CROSS)
    send(page)
    expect(status_of(page)).to_contain_text("The service is unavailable; recognized in the browser.")
    expect(status_of(page).locator(".numeral")).to_have_text(KINDS[2])


@pytest.mark.parametrize("width", [320, 800, 1280])
def test_long_names_fit(visit: Visit, width: int) -> None:
    page = visit(width=width)
    draw(page, RING)
    send(page)
    expect(status_of(page)).to_contain_text("sure")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    bar = page.locator(".bars .chosen .bar").bounding_box()
    assert bar is not None
    assert bar["width"] > 60
    # Nothing overflows: neither the names of the bars and outputs nor the contributions of a node or the cards.
    press(page, "Hidden node 0")
    expect(page.locator("#drawings > li")).to_have_count(1)
    sticking: list[str] = page.evaluate("""() => {
        const right = (element) => element.getBoundingClientRect().right;
        const all = document.querySelectorAll('header p, .bars *, .outputs *, .details *, .kept > li *');
        const place = (element) => element.closest('header, .bars, .outputs, .details, .kept > li');
        return [...all].filter((element) => right(element) > right(place(element)) + 1)
            .map((element) => element.outerHTML);
    }""")
    assert sticking == []
    overlapping: list[str] = page.evaluate("""() => [...document.querySelectorAll('.bars tr, .diverging div')]
        .filter(({ children: [name, value] }) => {
            const range = document.createRange();
            range.selectNodeContents(name);
            return range.getBoundingClientRect().right > value.getBoundingClientRect().left + 1;
        }).map((row) => row.textContent)""")
    assert overlapping == []


def percent(share: float) -> str:
    if share >= 0.9995:
        return "> 99.9 %"
    return "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"
