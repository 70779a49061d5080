import re
from pathlib import Path

import httpx
import pytest

from inknet.service import Settings, create_app
from tests.service.conftest import SEVEN, Client, draw_seven, encode, running_server


def figures(text: str) -> dict[str, float]:
    """Return the samples of an exposition, by name and labels."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_metrics(client: Client) -> None:
    answer = client.predict(SEVEN).json()
    client.predict(b"no image")
    client.predict(encode(draw_seven(), "GIF"), "text/plain")
    client("GET", "/")
    client("GET", "/nothing/at/all")
    client("BREW", "/predict")
    response = client("GET", "/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    told = figures(response.text)
    assert told['inknet_requests_total{method="POST",route="/predict",status="200"}'] == 1
    assert told['inknet_requests_total{method="POST",route="/predict",status="400"}'] == 1
    assert told['inknet_requests_total{method="GET",route="the page",status="200"}'] == 1
    assert told['inknet_requests_total{method="GET",route="none",status="404"}'] == 1
    assert sum(value for name, value in told.items() if 'method="other"' in name and "requests_total" in name) == 1
    assert told['inknet_problems_total{kind="not-an-image"}'] == 1
    assert told['inknet_problems_total{kind="not-an-image-type"}'] == 1
    assert told[f'inknet_answers_total{{certain="{str(answer["certain"]).lower()}",digit="{answer["digit"]}"}}'] == 1
    for stage in ("decode", "normalize", "network"):
        assert told[f'inknet_stage_seconds_count{{stage="{stage}"}}'] == 1
        assert 0 < told[f'inknet_stage_seconds_sum{{stage="{stage}"}}'] < 1
    assert told['inknet_request_seconds_count{route="/predict"}'] == 4
    # The one that asks.
    assert told["inknet_requests_in_progress"] == 1
    (model,) = [name for name in told if name.startswith("inknet_model{")]
    assert 'name="tiny"' in model
    assert answer["model_sha256"] in model


def test_unexpected_errors_are_counted(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(Settings(model=tiny_model))
    client = Client(app)
    monkeypatch.setattr("inknet.service.routes.predict._count_pixels", lambda _: 1 / 0)
    assert client.predict(SEVEN).status_code == 500
    told = figures(client("GET", "/metrics").text)
    assert told['inknet_requests_total{method="POST",route="/predict",status="500"}'] == 1


@pytest.mark.slow
def test_metrics_of_all_workers_are_combined(tiny_model: Path) -> None:
    with running_server("--model", str(tiny_model), "--workers", "2") as server:
        for _ in range(20):
            # A connection each, so that both workers come to answer.
            assert httpx.post(f"{server.url}/predict", content=SEVEN, headers={"Content-Type": "image/png"}).is_success
        told = figures(httpx.get(f"{server.url}/metrics").text)
    assert told['inknet_requests_total{method="POST",route="/predict",status="200"}'] == 20
    assert told["inknet_requests_in_progress"] == 1
    assert any(re.match(r"inknet_model\{", name) for name in told)


def test_dashboard_uses_existing_metrics(client: Client) -> None:
    import json

    client.predict(SEVEN)
    client.predict(b"")
    named = set(re.findall(r"^# TYPE (\S+)", client("GET", "/metrics").text, re.MULTILINE))
    samples = named | {f"{name}_{part}" for name in named for part in ("bucket", "count", "sum")}
    dashboard = json.loads((Path(__file__).parents[3] / "deploy/grafana/inknet.json").read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(asked) >= 8
    for expression in asked:
        names = set(re.findall(r"inknet_\w+", expression))
        assert names
        assert names <= samples, expression
