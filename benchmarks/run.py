"""Speed and memory of inknet next to other libraries doing the same work, on two cores of this machine.

Usage: python -m benchmarks.run [--only NAME …] [--rounds N] [--output FOLDER] [--quick]

NAME is training, predicting, distorting, recognizing, serving, starting or growth. Takes about a quarter of an hour on
two otherwise idle cores, and needs Linux. Prints a table of medians and quartiles over the rounds and of the goals they
reach, and writes it to the folder as `figures.md`, with all samples in `figures.json` and plots.

`pip install -e '.[metrics,plots]' --group bench` installs the other libraries; missing ones are skipped. The load on
the service comes from wrk, or from a slower Python client if wrk is not installed.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.comparison import PACKAGES, Bench, installed
from benchmarks.figure import Figure, table
from benchmarks.growth import measure_growth
from benchmarks.images import measure_distorting, measure_recognizing
from benchmarks.machine import describe, start_afresh
from benchmarks.network import measure_predicting, measure_training
from benchmarks.plots import plot_figures, plot_growth
from benchmarks.rounds import Contenders
from benchmarks.serving import measure_serving
from benchmarks.starting import measure_starting

PARTS: dict[str, Callable[[Bench], list[Figure]]] = {
    "training": measure_training,
    "predicting": measure_predicting,
    "distorting": measure_distorting,
    "recognizing": measure_recognizing,
    "serving": measure_serving,
    "starting": measure_starting,
    "growth": measure_growth,
}


def main(parts: list[str], rounds: int, output: Path, quick: bool) -> None:
    document: dict[str, object] = {"machine": describe(), "rounds": rounds, "quick": quick}
    for peer in PACKAGES:
        if not installed(peer):
            print(f"{peer} is not installed; skipped.", file=sys.stderr)
    figures: list[Figure] = []
    output.mkdir(parents=True, exist_ok=True)
    with Contenders() as contenders:
        bench = Bench(contenders, rounds, quick)
        for part in parts:
            figures += PARTS[part](bench)
            # Saved after every part, so that a later failure loses nothing.
            document |= {
                "figures": [figure.as_dict() for figure in figures],
                "seconds": bench.times,
                "growth": bench.growth,
            }
            text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
            (output / "figures.json").write_text(text, encoding="utf-8")
    (output / "figures.md").write_text(table(figures) + "\n", encoding="utf-8")
    plot_figures(figures, output / "figures.png")
    plot_growth(bench.growth, output / "growth.png")
    print(table(figures))


if __name__ == "__main__":
    start_afresh()
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="NAME", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=7, help="rounds after the warm-up (default: 7)")
    parser.add_argument("--output", type=Path, default=Path("runs/bench"), help="output folder (default: runs/bench)")
    parser.add_argument(
        "--quick", action="store_true", help="do a sixteenth of the work, to check that everything runs"
    )
    arguments = parser.parse_args()
    main(arguments.only, arguments.rounds, arguments.output, arguments.quick)
