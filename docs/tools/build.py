"""Build the book into build/site: every warning is an error.

Usage: python -m docs.tools.build

Needs the dependency group `book`; scripts/setup.sh's `set_up dev` installs it. It works on the project that it is
called in, which is the repository, or a copy of it.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONFIGURATION = "zensical.toml"


def main() -> int:
    root = Path.cwd()
    if not (root / CONFIGURATION).is_file():
        sys.exit(f"there is no {CONFIGURATION} here; call this where the repository begins")
    # An old build would hide a missing page, and the cache an old warning.
    for folder in ("build/site", ".cache"):
        shutil.rmtree(root / folder, ignore_errors=True)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), str(root / "src")]),
        "NO_COLOR": "1",
    }
    built = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    said = re.sub(r"\x1b\[[0-9;]*m", "", built.stdout)
    print(said, end="")
    # mkdocstrings and griffe only warn of a docstring that they cannot read.
    return built.returncode or int(re.search(r"\b(WARNING|ERROR)\b", said) is not None)


if __name__ == "__main__":
    sys.exit(main())
