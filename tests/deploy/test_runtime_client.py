"""The Lambda handler, run by Amazon's runtime client as the image starts it."""

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.deploy.conftest import EVENTS, body_of, read_event
from tests.deploy.local_lambda import LocalLambda, running_lambda
from tests.service.conftest import running_server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="Amazon's runtime client is for Linux"),
]

STATUS = {"page": 200, "ready": 200, "predict": 200, "predict_form": 200, "not_found": 404, "not_an_image": 400}


@pytest.fixture(scope="module")
def container() -> Iterator[LocalLambda]:
    with running_lambda() as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running_server() as running:
        yield running.url


def test_every_event_is_expected_here() -> None:
    assert {path.stem for path in EVENTS.glob("*.json")} == set(STATUS)


@pytest.mark.parametrize(("name", "status"), STATUS.items())
def test_answers_as_the_server_does(container: LocalLambda, server: str, name: str, status: int) -> None:
    event = read_event(name)
    answer = container.invoke(event)
    request = event["requestContext"]["http"]
    headers = {name: event["headers"].get(name, "") for name in ("content-type", "x-forwarded-proto")}
    body = body_of(event) if "body" in event else b""
    same = httpx.request(request["method"], server + request["path"], headers=headers, content=body)
    assert answer["statusCode"] == same.status_code == status
    content = body_of(answer)
    if answer["headers"].get("content-encoding") == "gzip":
        content = gzip.decompress(content)
    assert content == same.content
    own = {"date", "server", "connection", "x-request-id"}
    assert {name: value for name, value in answer["headers"].items() if name not in own} == {
        name: value for name, value in same.headers.items() if name not in own
    }


def test_reads_the_seven(container: LocalLambda) -> None:
    for name in ("predict", "predict_form"):
        assert json.loads(body_of(container.invoke(read_event(name))))["digit"] == 7


def test_invalid_event_is_reported_and_the_container_survives(container: LocalLambda) -> None:
    with pytest.raises(RuntimeError, match="unable to infer"):
        container.invoke({"Records": []})
    assert container.invoke(read_event("ready"))["statusCode"] == 200


def test_logs_nothing_without_errors() -> None:
    with running_lambda(PYTHONWARNINGS="default", INKNET_LOG_LEVEL="warning") as container:
        assert container.invoke(read_event("predict"))["statusCode"] == 200
        assert container.stop() == ""


def test_missing_model_is_an_initialization_error(tmp_path: Path) -> None:
    with running_lambda(INKNET_MODEL=str(tmp_path / "none.pkl")) as container:
        with pytest.raises(RuntimeError, match="ModelFileError"):
            container.invoke(read_event("ready"))
        assert container.process.wait(10) == 1
