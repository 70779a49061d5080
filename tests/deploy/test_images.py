"""Both images, built and run: with INKNET_TEST_IMAGES, a folder that keeps the base, since it takes minutes."""

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
def test_images_are_small_and_the_service_is_healthy() -> None:
    folder = os.environ.get("INKNET_TEST_IMAGES")
    if folder is None:
        pytest.skip("not built, which takes minutes: set INKNET_TEST_IMAGES to a folder that keeps the base image")
    missing = [program for program in ("buildah", "crun", "debootstrap", "unshare") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not built: there is no {', '.join(missing)} (apt-get install buildah crun debootstrap)")
    if os.geteuid() != 0:
        pytest.skip("not built: only root can make the base image")
    done = subprocess.run([ROOT / "deploy" / "build-images", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *images, service = done.stdout.splitlines()
    sizes = {name: int(size) for name, size in re.findall(r"^(\S+): (\d+) MB", "\n".join(images), flags=re.MULTILINE)}
    assert sizes.keys() == {"inknet", "inknet-lambda"}
    assert max(sizes.values()) <= LARGEST
    assert service == "the service is healthy, as 10001:10001 with a read-only root"
