"""The section "Look inside" shows the values of the model."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from inknet import Recognizer
from tests.web.conftest import Visit
from tests.web.helpers import SEVEN, alpha_of, draw, press, read_digit, send, wait_until

pytestmark = pytest.mark.browser

#: The pixels of a canvas or an image: red, green, blue and alpha.
PIXELS = """picture => {
    const context = document.createElement('canvas').getContext('2d');
    context.drawImage(picture, 0, 0);
    return [...context.getImageData(0, 0, 28, 28).data];
}"""


def number(text: str) -> float:
    return float(text.replace("−", "-").replace("+", ""))


def lit(page: Page, group: str) -> list[float]:
    """Return the activation that each button of a group shows, from 0 to 1, after the next frame."""
    script = """async (buttons) => {
        for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
        return buttons.map((button) => Number(getComputedStyle(button.querySelector('.activation')).opacity));
    }"""
    values: list[float] = page.locator(f"{group} button").evaluate_all(script)
    return values


def test_nodes_show_their_activations(visit: Visit) -> None:
    page = visit()
    expect(page.locator("#nodes button")).to_have_count(200)
    assert set(lit(page, "#nodes")) == {0}
    draw(page, SEVEN)
    recognizer = Recognizer.load()
    hidden, output = recognizer.network.layers
    row = recognizer.features(np.array([alpha_of(send(page))], dtype=np.float32) / np.float32(255))
    activations = hidden.forward(row)[0]
    assert lit(page, "#nodes") == pytest.approx((activations / activations.max()).tolist(), abs=1e-3)
    probabilities = output.forward(hidden.forward(row))[0]
    assert lit(page, "#outputs") == pytest.approx((probabilities / probabilities.max()).tolist(), abs=1e-3)
    press(page, "Clear")
    assert set(lit(page, "#nodes")) == {0}


def test_details_of_a_hidden_node(visit: Visit) -> None:
    page = visit()
    draw(page, SEVEN)
    image = np.array([alpha_of(send(page))], dtype=np.float32) / np.float32(255)
    recognizer = Recognizer.load()
    hidden, output = recognizer.network.layers
    row = recognizer.features(image)
    index = int(hidden.forward(row)[0].argmax())
    node = hidden.nodes[index]
    press(page, f"Hidden node {index}")
    details = page.locator("#details")
    expect(details.get_by_role("heading", name=f"Hidden node {index}")).to_be_visible()
    told = [number(text) for text in re.findall(r"−?\d+\.\d\d", details.locator(".sum").inner_text())]
    bias, total = float(node.bias), node.weighted_sum(row[0])
    assert told == pytest.approx([total - bias, bias, total, max(0.0, total)], abs=0.006)
    added = [number(text) for text in details.locator(".contributions dd").all_inner_texts()]
    assert added == pytest.approx((total * output.weights[:, index]).tolist(), abs=0.006)
    # The pictures are opaque where weights, or weights times ink, are large.
    alpha = f"picture => ({PIXELS})(picture).filter((_, i) => i % 4 === 3)"
    painted = details.get_by_role("img", name=f"The weights of hidden node {index}").evaluate(alpha)
    assert np.corrcoef(painted, np.abs(node.weights))[0, 1] > 0.95
    painted = details.get_by_role("img", name="Ink times weight, pixel by pixel").evaluate(alpha)
    assert np.corrcoef(painted, np.abs(node.weights * row[0]))[0, 1] > 0.9
    for picture in (details.get_by_role("img", name="What the network sees"), page.locator("#inputs")):
        np.testing.assert_allclose(picture.evaluate(alpha), row[0] * 255, atol=1)
    # The most activating drawings, in order.
    sums = [number(text) for text in details.locator(".thumbnails li").all_inner_texts()]
    assert len(sums) == 8
    assert sums == sorted(sums, reverse=True)
    names = details.locator(".thumbnails img").evaluate_all("all => all.map((image) => image.alt)")
    assert len(names) == 8
    assert all(names)


def test_details_of_an_output(visit: Visit) -> None:
    page = visit()
    draw(page, SEVEN)
    image = np.array([alpha_of(send(page))], dtype=np.float32) / np.float32(255)
    recognizer = Recognizer.load()
    hidden, output = recognizer.network.layers
    row = recognizer.features(image)
    added = hidden.forward(row)[0] * output.weights[7]
    press(page, "Output 7")
    details = page.locator("#details")
    spoke_for, against = details.locator(".thumbnails").all()
    names = spoke_for.get_by_role("button").evaluate_all("all => all.map((button) => button.ariaLabel)")
    assert names == [f"Hidden node {index}" for index in np.argsort(-added, kind="stable")[:8]]
    assert [number(text) for text in against.locator("li").all_inner_texts()] == pytest.approx(
        np.sort(added)[:8].tolist(), abs=0.006
    )
    bias, logit = (number(text) for text in re.findall(r"−?\d+\.\d\d", details.locator(".sum").inner_text())[:2])
    assert bias == pytest.approx(float(output.biases[7]), abs=0.006)
    assert logit == pytest.approx(added.sum() + bias, abs=0.02)
    # The saliency picture.
    expect(details.get_by_role("img", name="The pixels that mattered to output 7")).to_be_visible()
    # A click on a node shows its details.
    spoke_for.get_by_role("button").first.click()
    expect(details.get_by_role("heading", name=names[0])).to_be_visible()
    expect(page.locator(f"#nodes [aria-label='{names[0]}']")).to_have_attribute("aria-pressed", "true")


def test_focus_moves_to_the_node_chosen_in_an_output(visit: Visit) -> None:
    page = visit(still=True)
    press(page, "Draw a 3")
    press(page, "Output 3")
    first = page.locator("#details .thumbnails button").first
    name = first.get_attribute("aria-label")
    first.press("Enter")
    expect(page.locator(f"#nodes [aria-label='{name}']")).to_be_focused()
    expect(page.locator(f"#nodes [aria-label='{name}']")).to_be_in_viewport()


def test_counts_in_headings(visit: Visit) -> None:
    page = visit()
    for count in ("784 inputs", "200 hidden nodes", "10 outputs"):
        expect(page.get_by_role("heading", name=count)).to_be_visible()


def test_pictures_change_their_colors_with_the_scheme(visit: Visit) -> None:
    page = visit()
    press(page, "Hidden node 5")
    red = f"""picture => ({PIXELS})(picture).reduce((sum, value, i, data) =>
        sum + (i % 4 === 0 ? value * data[i + 3] : 0), 0)"""
    node = page.locator("#nodes img").nth(5)
    wait_until(page, lambda: node.evaluate(red) > 0)
    page.wait_for_timeout(300)
    light = node.evaluate(red)
    page.emulate_media(color_scheme="dark")
    wait_until(page, lambda: node.evaluate(red) > light)
    page.emulate_media(color_scheme="light")


def test_only_live_pictures_are_canvases(visit: Visit) -> None:
    """Each canvas is a compositing layer, and the browser composes all layers at every move of the pen."""
    page = visit()
    for kept in (1, 2):
        press(page, "Draw a 4")
        press(page, "Send")
        read_digit(page)
        expect(page.locator("#drawings > li")).to_have_count(kept)
    press(page, "Hidden node 5")
    expect(page.locator("#nodes img")).to_have_count(200)
    expect(page.locator("#drawings img")).to_have_count(2)
    # The drawing area and its overlay, the preview, the inputs, and a node's ink and products.
    expect(page.locator("canvas")).to_have_count(6)


def test_details_follow_the_drawing(visit: Visit) -> None:
    page = visit(still=True)
    press(page, "Output 3")
    details = page.locator("#details")
    expect(details).to_contain_text("Draw a digit")
    press(page, "Draw a 3")
    expect(details.locator(".sum")).to_contain_text(re.compile(r"9\d\.\d %"))
    press(page, "Draw a 1")
    expect(details.locator(".sum")).to_contain_text(re.compile(r"outputs: (< )?0\.\d %"))
    press(page, "Clear")
    expect(details).to_contain_text("Draw a digit")


def test_arrow_keys_move_between_nodes(visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="Hidden node 0", exact=True).focus()
    focused = "document.activeElement.ariaLabel"
    for key, node in (("ArrowRight", 1), ("ArrowDown", 11), ("ArrowLeft", 10), ("ArrowUp", 0), ("ArrowUp", 0)):
        page.keyboard.press(key)
        assert page.evaluate(focused) == f"Hidden node {node}"
    page.keyboard.press("End")
    assert page.evaluate(focused) == "Hidden node 199"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hidden node 199")).to_be_visible()
    # One Tab leaves the group.
    page.keyboard.press("Tab")
    assert "Hidden node" not in str(page.evaluate(focused))


def test_network_is_reloaded_when_another_model_answers(visit: Visit) -> None:
    page = visit()
    loads: list[str] = []
    page.on("request", lambda request: loads.append(request.url) if request.url.endswith("/model/network") else None)
    draw(page, SEVEN)
    send(page)
    read_digit(page)
    assert loads == []
    answer = {"digit": 1, "confidence": 1, "probabilities": [0, 1, 0, 0, 0, 0, 0, 0, 0, 0], "model_sha256": "another"}
    page.route("**/predict", lambda route: route.fulfill(json=answer))
    press(page, "Output 1")
    send(page)
    wait_until(page, lambda: bool(loads))
    page.wait_for_timeout(300)
    # The network is still the same, so the details stay.
    expect(page.get_by_role("heading", name="Output 1")).to_be_visible()


def test_network_is_requested_again_after_a_failure(visit: Visit) -> None:
    page = visit(before="**/model/network")
    expect(page.locator("#nodes button")).to_have_count(0)
    page.unroute("**/model/network")
    draw(page, SEVEN)
    expect(page.locator("#nodes button")).to_have_count(200)
