"""The public names exist, are sorted, and are cheap to import."""

import importlib
import pkgutil
import subprocess
import sys
from types import ModuleType

import pytest

import inknet

FLOORS = [
    module.name
    for module in pkgutil.iter_modules(inknet.__path__, "inknet.")
    if module.ispkg and module.name != "inknet.files"
]


@pytest.fixture(params=["inknet", *FLOORS])
def package(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(str(request.param))


def test_every_package_has_tests() -> None:
    assert {"inknet.mlp", "inknet.digits", "inknet.service", "inknet.cli"} <= set(FLOORS)


def test_public_names_are_unique_and_sorted(package: ModuleType) -> None:
    names = list(package.__all__)
    # CONSTANTS, then Classes, then functions: the order that ruff keeps, too.
    assert names == sorted(set(names), key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert [name for name in names if not hasattr(package, name)] == []


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a new interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(result.stdout.split())


HEAVY = {"numpy", "PIL", "fastapi", "pydantic", "uvicorn", "typer", "rich"}


def test_importing_inknet_imports_nothing_heavy() -> None:
    assert loaded_by("import inknet") & HEAVY == set()


@pytest.mark.parametrize("statement", ["import inknet.mlp", "from inknet import Network"])
def test_importing_the_network_imports_numpy_and_nothing_else(statement: str) -> None:
    others = loaded_by(statement) - loaded_by("import numpy.random") - sys.stdlib_module_names
    assert others == {"inknet"}


def test_importing_the_recognizer_imports_no_service() -> None:
    assert loaded_by("from inknet import Recognizer") & HEAVY <= {"numpy", "PIL"}


def test_importing_the_command_imports_neither_numpy_nor_the_service() -> None:
    assert loaded_by("import inknet.cli") & (HEAVY - {"typer", "rich"}) == set()


def test_lazy_names_are_the_same_objects_and_listed() -> None:
    from inknet.digits import Recognizer
    from inknet.mlp import Network

    assert inknet.Network is Network
    assert inknet.Recognizer is Recognizer
    assert dir(inknet) == sorted(inknet.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Netwrok'"):
        _ = inknet.Netwrok
