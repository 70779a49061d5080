"""Marks tests as slow by what they share, and puts the longest first."""

import pytest

#: Fixtures that take seconds to set up: a trained recognizer, a server in a process of its own.
SLOW_FIXTURES = {"reader", "server"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if SLOW_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
    # A long file that one process begins last would keep the others waiting.
    items.sort(key=lambda item: [item.get_closest_marker(name) is None for name in ("browser", "slow")])
