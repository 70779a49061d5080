import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="how memory is given is each system's own")

# The fastest of many: as soon as nothing else runs, a product takes what it takes.
PRODUCTS = """
import time
import numpy as np
from inknet import Network

network = Network([784, 200, 10])
rows = np.ones((64, 784), np.float32)

def fastest():
    times = []
    for _ in range(200):
        began = time.perf_counter()
        network.layers[0].logits(rows)
        times.append(time.perf_counter() - began)
    return min(times)

before = fastest()
np.ones((1500, 1500), np.float32) @ np.ones((1500, 1500), np.float32)
print(before / fastest())
"""

#: Page faults of the last nine of ten batches, each with more work memory than glibc keeps of its own accord.
BATCHES = """
import resource
import numpy as np
from inknet.mlp.training.blas_workspace import keep_work_memory

{keep}
def batch():
    work = [np.ones(100_000, np.float32) for _ in range(20)]

batch()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(9):
    batch()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _number(program: str) -> float:
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    out = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment
    ).stdout
    return float(out)


def test_a_network_s_first_product_is_as_fast_as_after_a_large_one() -> None:
    assert _number(PRODUCTS) < 1.5  # where its memory was not touched, 2.8


def test_work_memory_is_kept_for_the_next_batch() -> None:
    assert _number(BATCHES.format(keep="keep_work_memory()")) < 100


def test_else_it_would_be_asked_for_anew() -> None:
    assert _number(BATCHES.format(keep="")) > 9 * 1000
