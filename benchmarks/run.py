"""What inknet costs, beside others that do the same work, in turns on two cores of this machine.

Usage: python -m benchmarks.run [--only NAME …] [--turns N] [--output FOLDER] [--quick]

NAME is training, predicting, distorting, recognizing, serving, starting or growth. Takes about a quarter of an hour on
two cores on which nothing else runs, and needs Linux. Prints a table: medians of the turns and their quartiles, and
which goals they reach; the folder gets the same as `figures.md`, everything as `figures.json`, and plots.

The others are asked for by nobody else: `pip install -e '.[metrics,plots]' --group bench`. Who is not installed is left
out. wrk, which Debian has, makes the load for the service; without it a slower client in Python does.
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
from benchmarks.serving import measure_serving
from benchmarks.starting import measure_starting
from benchmarks.turns import Contenders

PARTS: dict[str, Callable[[Bench], list[Figure]]] = {
    "training": measure_training,
    "predicting": measure_predicting,
    "distorting": measure_distorting,
    "recognizing": measure_recognizing,
    "serving": measure_serving,
    "starting": measure_starting,
    "growth": measure_growth,
}


def main(parts: list[str], turns: int, output: Path, quick: bool) -> None:
    document: dict[str, object] = {"machine": describe(), "turns": turns, "quick": quick}
    for peer in PACKAGES:
        if not installed(peer):
            print(f"{peer} is not installed, and left out.", file=sys.stderr)
    figures: list[Figure] = []
    output.mkdir(parents=True, exist_ok=True)
    with Contenders() as contenders:
        bench = Bench(contenders, turns, quick)
        for part in parts:
            figures += PARTS[part](bench)
            # After every part: what has been measured is not lost by what comes then.
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
    parser.add_argument("--turns", type=int, default=7, help="how often each is asked (7)")
    parser.add_argument("--output", type=Path, default=Path("runs/bench"), help="the folder (runs/bench)")
    parser.add_argument("--quick", action="store_true", help="a sixteenth of the work, only to see that it runs")
    arguments = parser.parse_args()
    main(arguments.only, arguments.turns, arguments.output, arguments.quick)
