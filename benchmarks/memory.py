"""How much memory processes have (Linux)."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

__all__ = ["peak", "resident"]

#: The first line of a mapping in smaps: addresses, permissions, offset, device, inode, and what is mapped.
_MAPPING = re.compile(r"^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)$")


def resident(pids: Iterable[int]) -> float:
    """Return the megabytes that processes have in memory together.

    What several have of one file, such as a library, is the same memory: of each file, the most that one of them has
    counts. So neither does a library count twice, nor is it shared with strangers.
    """
    private, of_files = 0, Counter[str]()
    for pid in pids:
        anonymous, files = _mappings(pid)
        private += anonymous
        # The larger of each.
        of_files |= files
    return (private + of_files.total()) * 1024 / 1e6


def peak(pid: int) -> float:
    """Return the most megabytes that a process has had in memory."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    # A process that has just ended has none.
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def _mappings(pid: int) -> tuple[int, Counter[str]]:
    """Return the kilobytes that are a process's own, and those of each file."""
    private, of_files, file = 0, Counter[str](), ""
    for line in Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8").splitlines():
        if mapping := _MAPPING.match(line):
            file = mapping[1]
        elif line.startswith("Rss:"):
            of_files[file] += int(line.split()[1])
        elif line.startswith("Anonymous:"):
            kilobytes = int(line.split()[1])
            private += kilobytes
            of_files[file] -= kilobytes
    return private, +of_files
