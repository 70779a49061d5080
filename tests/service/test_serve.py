"""The command `inknet serve`."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from inknet.mlp import Network
from tests.service.conftest import running_server

pytestmark = pytest.mark.slow


def serve(*options: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "inknet", "serve", *options],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, **environment},
        check=False,
    )


def assert_refused(done: "subprocess.CompletedProcess[str]", *says: str) -> None:
    """Assert that it exited with status 2 and a one-line error."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in says:
        assert word in done.stderr


def test_missing_model(tmp_path: Path) -> None:
    assert_refused(serve("--port", "0", "--model", str(tmp_path / "none.pkl")), "none.pkl")


def test_broken_model(tmp_path: Path) -> None:
    path = tmp_path / "broken.pkl"
    path.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    assert_refused(serve("--port", "0", "--model", str(path)), "broken.pkl")


def test_model_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "xor.pkl"
    Network([2, 2, 1], output="sigmoid").save(path)
    assert_refused(serve("--port", "0", "--model", str(path)), "is not a classifier")


def test_port_in_use(tiny_model: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert_refused(serve("--port", port, "--model", str(tiny_model)), port, "in use", "--port")


def test_unavailable_host(tiny_model: Path) -> None:
    assert_refused(serve("--host", "192.0.2.1", "--port", "0", "--model", str(tiny_model)), "192.0.2.1")


def test_invalid_environment_variable(tiny_model: Path) -> None:
    assert_refused(serve("--model", str(tiny_model), INKNET_PORT="many"), "INKNET_PORT")


def test_options_override_the_environment(tiny_model: Path) -> None:
    environment = {"INKNET_MODEL": str(tiny_model), "INKNET_MAX_IMAGE_BYTES": "10", "INKNET_PORT": "1"}
    with running_server(**environment) as server:
        assert httpx.get(f"{server.url}/model").json()["name"] == "tiny"
        response = httpx.post(f"{server.url}/predict", content=bytes(11), headers={"Content-Type": "image/png"})
        assert response.status_code == 413
        assert server.port != 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::1"])  # noqa: S104 - the address of every interface is what is tested
def test_printed_url_works(tiny_model: Path, host: str) -> None:
    if ":" in host and not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with running_server("--model", str(tiny_model), "--host", host) as server:
        assert httpx.get(f"{server.url}/health/ready").status_code == 200


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)])
def test_ends_quietly(tiny_model: Path, sent: signal.Signals, status: int) -> None:
    with running_server("--model", str(tiny_model), INKNET_LOG_LEVEL="info") as server:
        assert httpx.get(f"{server.url}/health/live").status_code == 200
        server.process.send_signal(sent)
        out, _ = server.process.communicate(timeout=15)
        assert [json.loads(line)["path"] for line in server.log] == ["/health/live"]
    assert server.process.returncode == status
    assert out == ""
