import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import inknet.mlp

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(inknet.mlp.__path__, "inknet.mlp.") if not module.ispkg
)


@pytest.mark.parametrize("name", ["inknet.mlp", *MODULES])
def test_all_is_sorted_unique_and_complete(name: str) -> None:
    module = importlib.import_module(name)
    names = module.__all__
    assert names == sorted(set(names), key=lambda item: (not item.isupper(), item[0].islower(), item))
    for item in names:
        assert hasattr(module, item), item


@pytest.mark.parametrize("name", MODULES)
def test_every_module_and_public_name_has_a_docstring(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    for item in module.__all__:
        value = getattr(module, item)
        if callable(value) and getattr(value, "__module__", "") == name:
            assert value.__doc__, item


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_numpy_is_all_that_is_imported() -> None:
    program = (
        "import sys; before = set(sys.modules); import inknet.mlp, inknet.mlp.storage.model_file; "
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    out = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    # numpy's compiled parts bring a module of Cython's.
    assert {name for name in out.split() if not name.startswith(("_", "cython"))} == {"inknet", "numpy"}
