"""The machine: two of its cores, without OpenBLAS settings made for other machines."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

__all__ = ["describe", "spare_cores", "start_afresh", "thread_settings"]

CORES = 2
#: These choose OpenBLAS's kernels for equal bits on all machines; speed is measured with this machine's own kernels.
BITS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
PACKAGES = ("numpy", "torch", "scikit-learn", "jax", "onnxruntime", "litserve", "fastapi", "uvicorn", "pillow")

_ALL_CORES = sorted(os.sched_getaffinity(0))


def start_afresh() -> None:
    """Restart this program without settings that libraries read at load time, and pin it to two cores."""
    kept = {name: value for name, value in os.environ.items() if name not in BITS}
    if kept != dict(os.environ):
        os.execve(sys.executable, sys.orig_argv, kept)  # noqa: S606 - itself
    os.sched_setaffinity(0, _ALL_CORES[:CORES])


def spare_cores() -> set[int]:
    """Return the cores left for a load generator: none on a machine with two."""
    return set(_ALL_CORES[CORES:])


def thread_settings(threads: int) -> dict[str, str]:
    """Return the environment that sets the threads of OpenBLAS, OpenMP and MKL."""
    return dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))


def describe() -> dict[str, object]:
    """Return a description of the machine and the packages."""
    # Load numpy's BLAS.
    np.ones((2, 2)) @ np.ones((2, 2))
    blas = [info for info in threadpool_info() if info["user_api"] == "blas"]
    return {
        "processor": _processor(),
        "cores": len(_ALL_CORES),
        "cores_used": CORES,
        "load": os.getloadavg()[0],
        "system": platform.platform(),
        "python": platform.python_version(),
        "blas": [f"{info['internal_api']} {info['version']} {info.get('architecture')}" for info in blas],
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
