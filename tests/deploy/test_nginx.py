"""deploy/nginx/inknet.conf, run by nginx in front of a service on the loopback."""

import getpass
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from inknet.service import Settings
from tests.deploy.local_lambda import ROOT
from tests.service.conftest import running_server

pytestmark = pytest.mark.slow

CONF = (ROOT / "deploy" / "nginx" / "inknet.conf").read_text(encoding="utf-8")
SEVEN = (ROOT / "examples" / "seven.png").read_bytes()
PNG = {"Content-Type": "image/png"}


def replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run nginx with the configuration, on other ports, and return its address."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        pytest.skip("not run: there is no nginx (apt-get install nginx-light)")
    folder = tmp_path_factory.mktemp("nginx")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with running_server() as server:
        conf = replaced(CONF, "listen 80;", f"listen 127.0.0.1:{port};")
        conf = replaced(conf, "server 127.0.0.1:8000;", f"server {server.url.removeprefix('http://')};")
        temporary = "".join(
            f"{kind}_temp_path {folder / kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        path = folder / "nginx.conf"
        path.write_text(
            # Its workers must reach this folder.
            f"user {getpass.getuser()}; daemon off; pid {folder / 'pid'};\n"
            f"error_log {folder / 'error.log'};\nevents {{}}\n"
            f"http {{ access_log off; {temporary}{conf} }}\n",
            encoding="utf-8",
        )
        subprocess.run([program, "-t", "-q", "-c", path], check=True)
        with subprocess.Popen([program, "-c", path]) as process:
            url = f"http://127.0.0.1:{port}"
            for _ in range(100):
                with suppress(httpx.ConnectError):
                    httpx.get(url)
                    break
                time.sleep(0.05)
            yield url
            process.terminate()


def test_ordinary_answers(proxy: str) -> None:
    answer = httpx.post(f"{proxy}/predict", content=SEVEN, headers=PNG)
    assert (answer.status_code, answer.json()["digit"]) == (200, 7)
    network = httpx.get(f"{proxy}/model/network", headers={"Accept-Encoding": "gzip"})
    assert network.status_code == 200
    assert network.headers["Content-Encoding"] == "gzip"
    assert httpx.get(f"{proxy}/metrics").status_code == 404


def test_large_bodies_are_refused_before_the_service(proxy: str) -> None:
    limit = Settings().max_image_bytes
    answer = httpx.post(f"{proxy}/predict", content=bytes(limit + 1), headers=PNG)
    assert (answer.status_code, answer.headers["Server"]) == (413, "nginx")
    # The service answers at the limit itself: these bytes are not an image.
    answer = httpx.post(f"{proxy}/predict", content=bytes(limit), headers=PNG)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")


def test_client_that_asks_too_often_gets_429(proxy: str) -> None:
    # Last in the file: it uses up the burst of 40.
    with httpx.Client() as client:
        found = Counter(client.get(f"{proxy}/health/live").status_code for _ in range(150))
    assert found.keys() == {200, 429}
    assert found[200] >= 40
    time.sleep(2.5)
    assert httpx.get(f"{proxy}/health/live").status_code == 200
