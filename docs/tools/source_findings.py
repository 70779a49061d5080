"""The source's choices, one against the other: uniform or normal first weights, softmax or sigmoid at the output.

Usage: python -m docs.tools.source_findings FILE

The recipe `source` trains 784-200-10 row by row, for 20 epochs at most, and stops when the accuracy on the last 5,000
of MNIST's training images falls. Here each training runs for six epochs regardless: the first ones show what the recipe
would have kept, and all six what it missed. Each of the four pairs is trained with five seeds; MNIST's
test set is not read. Takes half an hour on one core, and writes a JSON document after each training; it continues an
unfinished one. At the end it prints the table of the book.
"""

import itertools
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from inknet.digits import load_mnist
from inknet.digits.training.recipes import find_recipe
from inknet.digits.training.run import new_network
from inknet.digits.training.training_set import make_training_set
from inknet.mlp import AccuracyFalls, EpochReport

SEEDS, AT_LEAST = 5, 6
INITS, OUTPUTS = ("uniform", "normal"), ("softmax", "sigmoid")

Row = dict[str, Any]
Measure = Callable[[Sequence[float]], float]


@dataclass(frozen=True)
class FellAtSomeTime:
    """Stop when the recipe would have stopped by now, and there were as many epochs as are compared."""

    def reason(self, epochs: list[EpochReport]) -> str | None:
        """Return why to stop now, or None to go on."""
        if len(epochs) < AT_LEAST:
            return None
        return next((reason for n in range(len(epochs)) if (reason := AccuracyFalls().reason(epochs[: n + 1]))), None)


def main(path: Path) -> None:
    rows: list[Row] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    done = {(row["init"], row["output"], row["seed"]) for row in rows}
    for seed, init, output in itertools.product(range(SEEDS), INITS, OUTPUTS):
        if (init, output, seed) not in done:
            rows.append(train(init, output, seed))
            print(json.dumps(rows[-1]), flush=True)
            path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(table(rows))


def kept_epochs(accuracies: Sequence[float]) -> int:
    """Return after how many epochs the recipe `source` stops: at the first fall."""
    return next((n + 1 for n in range(1, len(accuracies)) if accuracies[n] < accuracies[n - 1]), len(accuracies))


def kept(accuracies: Sequence[float]) -> float:
    """Return the accuracy that the recipe `source` keeps: the best one until it stops."""
    return max(accuracies[: kept_epochs(accuracies)])


def best_of_six(accuracies: Sequence[float]) -> float:
    """Return the best accuracy of the epochs that all trainings have."""
    return max(accuracies[:AT_LEAST])


def of(rows: Sequence[Row], measure: Measure, init: str, output: str) -> list[float]:
    """Return a measure of the trainings of one pair, by seed."""
    chosen = [row for row in rows if (row["init"], row["output"]) == (init, output)]
    return [measure(row["accuracies"]) for row in sorted(chosen, key=lambda row: row["seed"])]


def differences(rows: Sequence[Row], measure: Measure, what: str) -> list[float]:
    """Return by how much the second choice is better than the first, seed by seed, all else being equal."""
    if what == "output":
        pairs = [((init, OUTPUTS[0]), (init, OUTPUTS[1])) for init in INITS]
    else:
        pairs = [((INITS[0], output), (INITS[1], output)) for output in OUTPUTS]
    return [
        b - a for one, other in pairs for a, b in zip(of(rows, measure, *one), of(rows, measure, *other), strict=True)
    ]


def table(rows: Sequence[Row]) -> str:
    """Return the findings as tables in Markdown."""
    lines = [
        "| first weights, output | as the recipe stops | after so many epochs | best of six epochs |",
        "|---|---|---|---|",
    ]
    for output, init in itertools.product(OUTPUTS, INITS):
        stops, epochs, six = (of(rows, measure, init, output) for measure in (kept, kept_epochs, best_of_six))
        counts = f"{min(epochs)} to {max(epochs)}"
        lines.append(f"| {init}, {output} | {percent(stops)} | {counts} | {percent(six)} |")
    lines += ["", "| all else being equal | as the recipe stops | best of six epochs |", "|---|---|---|"]
    for name, what in (("sigmoid instead of softmax", "output"), ("normal instead of uniform", "init")):
        cells = (points(differences(rows, measure, what)) for measure in (kept, best_of_six))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def percent(values: Sequence[float]) -> str:
    """Return a mean ± standard deviation, in per cent."""
    return f"{100 * statistics.mean(values):.2f} % ± {100 * statistics.stdev(values):.2f}"


def points(values: Sequence[float]) -> str:
    """Return a mean ± standard error, in points of a per cent."""
    mean, error = statistics.mean(values), statistics.stdev(values) / len(values) ** 0.5
    return f"{100 * mean:+.2f} ± {100 * error:.2f}".replace("-", "−")


def train(init: str, output: str, seed: int) -> Row:
    """Train as ``inknet train --init INIT --output OUTPUT --seed SEED`` does, and on; return each epoch's accuracy."""
    recipe = replace(find_recipe("source"), init=init, output=output)
    training_set = make_training_set(recipe, *load_mnist("train"))
    network = new_network(recipe, seed)
    # Row by row there is nothing for a second thread to do.
    with threadpool_limits(1):
        history = training_set.train(network, recipe, seed=seed, early_stopping=FellAtSomeTime())
    accuracies = [report.validation_accuracy for report in history]
    return {"init": init, "output": output, "seed": seed, "accuracies": accuracies}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m docs.tools.source_findings FILE")
    main(Path(sys.argv[1]))
