"""How much memory a process has (Linux)."""

import re
from pathlib import Path

__all__ = ["peak", "resident"]


def resident(pid: int) -> float:
    """Return the megabytes that a process has in memory."""
    return _megabytes(pid, "VmRSS")


def peak(pid: int) -> float:
    """Return the most megabytes that a process has had in memory."""
    return _megabytes(pid, "VmHWM")


def _megabytes(pid: int, field: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    found = re.search(rf"{field}:\s+(\d+) kB", status)
    # A process that has just ended has none.
    return int(found[1]) * 1024 / 1e6 if found else 0.0
