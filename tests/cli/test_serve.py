"""The settings of `inknet serve`; what it serves is tested in tests/service."""

import gc

import pytest

from tests.cli.helpers import run

LIST = 'must be a JSON list such as ["a", "b"]'


@pytest.fixture(autouse=True)
def nothing_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the objects of this process visible to the collector, and to Hypothesis."""
    monkeypatch.setattr(gc, "freeze", lambda: None)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("INKNET_ALLOWED_HOSTS", "x", LIST),
        ("INKNET_ALLOWED_HOSTS", "", LIST),
        ("INKNET_ALLOWED_HOSTS", "[1", LIST),
        ("INKNET_ALLOWED_HOSTS", "{}", "Input should be a valid list"),
        ("INKNET_CORS_ORIGINS", "https://example.org", LIST),
        ("INKNET_CORS_ORIGINS", "[5]", "Input should be a valid string"),
        ("INKNET_PORT", "many", "Input should be a valid integer, unable to parse string as an integer"),
    ],
)
def test_invalid_environment_variable_is_named(
    name: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    result = run("serve")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"inknet: invalid environment variable {name}: {reason}\n"


def test_deeply_nested_list_is_one_line() -> None:
    result = run("serve", INKNET_CORS_ORIGINS="[" * 50_000)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert LIST in result.stderr
