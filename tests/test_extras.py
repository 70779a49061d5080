"""Optional dependencies and the extras that install them."""

import sys
import tomllib
from pathlib import Path

import pytest

from inknet.errors import InknetError
from inknet.extras import EXTRAS, import_extra

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("module", EXTRAS)
def test_the_extra_installs_the_package(module: str) -> None:
    package, extra = EXTRAS[module]
    requirements = PROJECT["optional-dependencies"][extra]
    assert any(requirement.startswith((f"{package}>", f"{package}[")) for requirement in requirements)


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(InknetError, match=r"^a test needs scikit-learn: pip install 'inknet\[sklearn\]'$") as error:
        import_extra("sklearn", "a test")
    assert isinstance(error.value, ImportError)
