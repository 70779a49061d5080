"""Both images, built and run: needs root on Debian with buildah, crun and debootstrap."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: In megabytes, on a base of Debian's packages.
LARGEST = 250


@pytest.mark.slow
def test_images_are_small_and_the_service_is_healthy(tmp_path: Path) -> None:
    missing = [program for program in ("buildah", "crun", "debootstrap", "unshare") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not built: there is no {', '.join(missing)} (apt-get install buildah crun debootstrap)")
    if os.geteuid() != 0:
        pytest.skip("not built: only root can make the base image")
    folder = os.environ.get("INKNET_TEST_IMAGES", str(tmp_path))
    done = subprocess.run([ROOT / "deploy" / "build-images", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *images, service = done.stdout.splitlines()
    sizes = {name: int(size) for name, size in re.findall(r"^(\S+): (\d+) MB", "\n".join(images), flags=re.MULTILINE)}
    assert sizes.keys() == {"inknet", "inknet-lambda"}
    assert max(sizes.values()) <= LARGEST
    assert service == "the service is healthy, as 10001:10001 with a read-only root"
