from pathlib import Path

import pytest
from pydantic import ValidationError

from inknet.service import Settings


def test_defaults() -> None:
    settings = Settings()
    assert (settings.host, settings.port, settings.model) == ("127.0.0.1", 8000, None)
    assert settings.max_body_bytes == 2**20
    assert settings.max_image_bytes == 12 * 2**20


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"MODEL": "a/b.pkl", "PORT": "9000", "MAX_BODY_BYTES": "5", "DATA": "elsewhere"}.items():
        monkeypatch.setenv(f"INKNET_{name}", value)
    settings = Settings()
    assert (settings.model, settings.port, settings.max_body_bytes) == (Path("a/b.pkl"), 9000, 5)


@pytest.mark.parametrize(("name", "value"), [("PORT", "70000"), ("MAX_BODY_BYTES", "0"), ("LOG_LEVEL", "loud")])
def test_invalid_values_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"INKNET_{name}", value)
    with pytest.raises(ValidationError):
        Settings()
