"""Attacks on the service and damaged connections, briefly; both modules do it for longer as commands."""

import pytest

from tests.robustness.attack_service import ATTACKS, measure
from tests.robustness.fuzz_connection import fuzz

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["strings", "json", "scans", "abandoned"])
def test_others_are_answered_and_memory_is_limited(name: str) -> None:
    effect = measure(ATTACKS[name], 2)
    assert effect.answered >= 0.99
    assert effect.memory <= 400
    # A tenth of the time that it took before there were limits; commands measure it on a quiet machine.
    assert effect.live <= 2
    assert effect.errors == []
    assert set(effect.statuses) <= {0, 200, 400, 413, 422, 503}


def test_damaged_connections_do_no_harm() -> None:
    statuses = fuzz(300, 60)
    assert {200, 400} <= set(statuses)
