"""Cold starts, warm times and memory of the AWS Lambda handler, measured on this machine, as JSON.

Usage: python -m benchmarks.lambda_times [CONTAINERS [EVENTS]]

Each container is a process running the image's command, Amazon's runtime client, with a local Runtime API. A cold start
lasts from the start of the process to its first response, without the time that Lambda takes to fetch the image. Memory
is the peak after a 280×280 PNG, and after a PNG of 16 megapixels.
"""

import base64
import io
import json
import os
import re
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from PIL import Image
from tests.deploy.conftest import read_event
from tests.deploy.local_lambda import LocalLambda, running_lambda


def main(containers: int, events: int) -> None:
    # OpenBLAS settings made for another machine.
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        os.environ.pop(name, None)
    cold, warm, forms, pages, small, large = [], [], [], [], [], []
    for _ in range(containers):
        start = time.perf_counter()
        with running_lambda() as container:
            container.invoke(read_event("predict"))
            cold.append((time.perf_counter() - start) * 1000)
            warm += [milliseconds(container, read_event("predict")) for _ in range(events)]
            forms += [milliseconds(container, read_event("predict_form")) for _ in range(events)]
            pages += [milliseconds(container, read_event("page")) for _ in range(events)]
            small.append(peak_megabytes(container))
            container.invoke(with_body(read_event("predict"), sixteen_megapixels()))
            large.append(peak_megabytes(container))
    print(
        json.dumps(
            {
                "cold_start_ms": round(statistics.median(cold)),
                "predict_ms": round(statistics.median(warm), 2),
                "predict_99_percent_ms": round(statistics.quantiles(warm, n=100)[98], 2),
                "predict_form_ms": round(statistics.median(forms), 2),
                "page_ms": round(statistics.median(pages), 2),
                "memory_mb": max(small),
                "memory_16_megapixels_mb": max(large),
            },
            indent=2,
        )
    )


def milliseconds(container: LocalLambda, event: dict[str, Any]) -> float:
    start = time.perf_counter()
    container.invoke(event)
    return (time.perf_counter() - start) * 1000


def peak_megabytes(container: LocalLambda) -> int:
    status = Path(f"/proc/{container.process.pid}/status").read_text(encoding="utf-8")
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return round(int(kilobytes) / 1000)


def sixteen_megapixels() -> bytes:
    image = Image.new("L", (4000, 4000), 255)
    image.paste(0, (1900, 1000, 2100, 3000))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def with_body(event: dict[str, Any], body: bytes) -> dict[str, Any]:
    headers = {**event["headers"], "content-length": str(len(body))}
    return {**event, "headers": headers, "body": base64.b64encode(body).decode()}


if __name__ == "__main__":
    main(*(int(argument) for argument in (sys.argv[1:] + ["5", "200"][len(sys.argv) - 1 :])))
