"""The Lambda handler, called as a function."""

import asyncio
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from inknet.digits import Recognizer
from inknet.mlp import ModelFileError
from tests.deploy.conftest import body_of, read_event

MODULE = "inknet.service.aws"


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """Record each call of `Recognizer.load` with its argument."""
    paths: list[Path | None] = []
    load = Recognizer.load

    def load_and_count(path: Path | None = None) -> Recognizer:
        paths.append(path)
        return load(path)

    monkeypatch.setattr(Recognizer, "load", load_and_count)
    return paths


@pytest.fixture
def container(loaded: list[Path | None]) -> Iterator[None]:  # noqa: ARG001 - what counts is to be there first
    """Start from the state of a new container, and restore the previous one afterwards."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    sys.modules.pop(MODULE, None)
    with threadpool_limits(limits=2, user_api="blas"):
        yield
    sys.modules.pop(MODULE, None)
    asyncio.set_event_loop(None)
    loop.close()


@pytest.mark.usefixtures("container")
def test_two_events_one_load(loaded: list[Path | None]) -> None:
    handler = importlib.import_module(MODULE).handler
    answers: list[dict[str, Any]] = [handler(read_event("predict"), None) for _ in range(2)]
    assert loaded == [None]
    assert [answer["statusCode"] for answer in answers] == [200, 200]
    assert [json.loads(body_of(answer))["digit"] for answer in answers] == [7, 7]


@pytest.mark.usefixtures("container")
def test_numpy_uses_one_thread() -> None:
    importlib.import_module(MODULE)
    assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {1}


@pytest.mark.usefixtures("container")
def test_missing_model_fails_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INKNET_MODEL", str(tmp_path / "none.pkl"))
    with pytest.raises(ModelFileError, match=r"none\.pkl"):
        importlib.import_module(MODULE)
