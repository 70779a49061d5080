"""The OpenAPI document, tested by schemathesis."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.conftest import running_server

#: The time budget.
SECONDS = os.environ.get("FUZZ_SECONDS", "20")
PROBLEMS = ("Traceback", '"level": "error"', "Exception")


@pytest.mark.slow
def test_responses_match_the_openapi_document(tmp_path: Path) -> None:
    with running_server(INKNET_LOG_LEVEL="warning") as server:
        done = subprocess.run(
            [
                Path(sys.executable).with_name("schemathesis"),
                *("--no-color", "--config-file", Path(__file__).with_name("schemathesis.toml")),
                *("run", f"{server.url}/openapi.json", "--checks", "all", "--continue-on-failure"),
                *("--max-time", SECONDS, "--max-response-time", "2", "--generation-database", "none"),
            ],
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout
        counted = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
        assert counted is not None, done.stdout
        # At least ten requests per second, on any machine.
        assert int(counted[1]) == int(counted[2]) > 10 * int(SECONDS)
        assert not [line for line in server.log if any(word in line for word in PROBLEMS)]
    print(f"\nschemathesis: {counted[0]}")
