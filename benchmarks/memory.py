"""Memory of processes (Linux)."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

__all__ = ["peak", "resident"]

#: The first line of a mapping in smaps: addresses, permissions, offset, device, inode, and what is mapped.
_MAPPING = re.compile(r"^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+ *(.*)$")


def resident(pids: Iterable[int]) -> float:
    """Return the resident memory of several processes together, in MB.

    Pages of a file, such as a shared library, are counted once: as many as the process with most of them has.
    """
    private, of_files = 0, Counter[str]()
    for pid in pids:
        anonymous, files = _mappings(pid)
        private += anonymous
        # The maximum for each file.
        of_files |= files
    return (private + of_files.total()) * 1024 / 1e6


def peak(pid: int) -> float:
    """Return the peak resident memory of a process, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    # A process that has just ended reports none.
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def _mappings(pid: int) -> tuple[int, Counter[str]]:
    """Return the private kilobytes of a process, and those of each mapped file."""
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
