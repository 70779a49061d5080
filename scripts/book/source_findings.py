"""The source's choices, one against the other: uniform or normal first weights, softmax or sigmoid at the output.

Usage: python scripts/book/source_findings.py FILE

The recipe `source` trains 784-200-10 row by row, for 20 epochs at most, and stops when the accuracy on the last 5,000
of MNIST's training images falls. Here each training goes on for six epochs even so: what the recipe would have kept is
what its first epochs say, and the six tell what it missed. Each of the four pairs is trained with five seeds; MNIST's
test set is not read. Takes some twenty minutes of one core, and writes a JSON document after each training; with one
that was begun it goes on.
"""

import itertools
import json
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

# Row by row there is nothing for a second thread to do.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

from inknet.digits import load_mnist
from inknet.digits.recipes import find_recipe
from inknet.digits.run import new_network, training_options
from inknet.digits.training_set import make_training_set
from inknet.mlp import AccuracyFalls, EpochReport

SEEDS, AT_LEAST = 5, 6
INITS, OUTPUTS = ("uniform", "normal"), ("softmax", "sigmoid")

Row = dict[str, Any]


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


def train(init: str, output: str, seed: int) -> Row:
    """Train as ``inknet train --init INIT --output OUTPUT --seed SEED`` does, and on; return each epoch's accuracy."""
    recipe = replace(find_recipe("source"), init=init, output=output)
    training_set = make_training_set(recipe, *load_mnist("train"))
    network = new_network(recipe, seed)
    options = training_options(recipe)
    options["validation"] = training_set.validation
    options["seed"] = seed
    options["early_exit"] = FellAtSomeTime()
    history = network.train(training_set.inputs, training_set.labels, **options)
    accuracies = [report.validation_accuracy for report in history]
    return {"init": init, "output": output, "seed": seed, "accuracies": accuracies}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python scripts/book/source_findings.py FILE")
    main(Path(sys.argv[1]))
