"""Train the shipped model's recipe with five seeds and evaluate each: mean ± standard deviation.

Usage: python -m experiments.five_seeds FOLDER

Each training is a run folder inside FOLDER, and is resumed if it was interrupted. Two run in parallel, on one thread
each. MNIST's test set is used at the end only, by `inknet evaluate`.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from experiments.measure_pen_digits import measure_pen_digits

from inknet import Recognizer

SEEDS = 5
FIGURES = ("accuracy", "pen_accuracy", "canvas_accuracy")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    runs = [folder / f"seed-{seed}" for seed in range(SEEDS)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(train, runs, range(SEEDS)))
    measured = [measure(run) for run in runs]
    figures = {name: summarize([float(one[name]) for one in measured]) for name in FIGURES}
    (folder / "seeds.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    for name, figure in figures.items():
        print(f"{name}: {100 * figure['mean']:.2f} ± {100 * figure['sd']:.2f} %")


def summarize(values: list[float]) -> dict[str, Any]:
    """Return the mean, the standard deviation and the values."""
    return {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1)), "values": values}


def train(run: Path, seed: int) -> None:
    """Start or resume a training and finish it."""
    options = ["--resume", str(run)] if run.exists() else ["--recipe", "digits", "--seed", str(seed), "--run", str(run)]
    with run.with_suffix(".log").open("a", encoding="utf-8") as log:
        inknet("train", *options, stderr=log)


def measure(run: Path) -> dict[str, Any]:
    """Evaluate the best network of a run."""
    model = run / "best.pkl"
    evaluated = json.loads(inknet("evaluate", str(model), "--json"))
    return {**evaluated, **measure_pen_digits(Recognizer.load(model))}


def inknet(*arguments: str, stderr: Any = None) -> str:  # noqa: ANN401 - as in subprocess
    """Run the command with one BLAS thread and return its output."""
    command = [sys.executable, "-m", "inknet", *arguments]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment).stdout


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m experiments.five_seeds FOLDER")
    main(Path(sys.argv[1]))
