"""Ship the model of a run: copy its best network to models/, evaluate it, and write its card and the README's figures.

Usage: python -m experiments.ship_model RUN SEEDS ABLATION
       python -m experiments.ship_model --card

SEEDS is the output of `experiments.five_seeds`, ABLATION that of `experiments.ablation`. With --card only the texts
are written again, from the card's JSON.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from experiments.measure_pen_digits import measure_pen_digits
from PIL import Image

from inknet import Recognizer
from inknet.digits.recognizer import SHIPPED_MODEL
from inknet.resources import resource

MODEL = resource("models") / SHIPPED_MODEL
ROOT = Path(__file__).parents[1]
README, IMAGES = ROOT / "README.md", ROOT / "docs" / "images"
#: Pictures of the report that the README and the card show.
PICTURES = ("reliability", "robustness", "nodes")

LIMITS = [
    "It recognizes one upright digit at a time: no numbers of several digits, no letters, and no digit rotated by more"
    " than about 30 degrees.",
    "For an image that is not a digit it still returns the most similar digit; `certain` is then usually, but not"
    " always, false.",
    "The pen digits come from thirty people at one university; handwriting and pens elsewhere may differ.",
]


def main(run: Path, seeds: Path, ablation: Path) -> None:
    shutil.copyfile(run / "best.pkl", MODEL)
    settings = json.loads((run / "settings.json").read_text(encoding="utf-8"))
    epochs = len((run / "history.jsonl").read_text(encoding="utf-8").splitlines())
    recognizer = Recognizer.load(MODEL)
    test = json.loads(_inknet("evaluate", str(MODEL), "--json"))
    card: dict[str, Any] = {
        "name": MODEL.stem,
        "sizes": list(recognizer.network.sizes),
        "parameter_count": recognizer.network.parameter_count,
        "recipe": settings["recipe"],
        # The bits depend on the number of threads, which split the matrix products.
        "command": (
            f"OPENBLAS_NUM_THREADS=1 inknet train --recipe {settings['recipe']['name']} --seed {settings['seed']}"
        ),
        "seed": settings["seed"],
        "epochs": epochs,
        "data_sha256": settings["data_sha256"],
        "sha256": test["sha256"],
        "accuracy": test["accuracy"],
        "loss": test["loss"],
        "count": test["count"],
        "calibration_error": test["calibration_error"],
        "doubted": test["doubted"],
        "confusion": test["confusion"],
        **measure_pen_digits(recognizer),
        "seeds": json.loads(seeds.read_text(encoding="utf-8")),
        "ablation": json.loads(ablation.read_text(encoding="utf-8")),
        "limits": LIMITS,
        "license": "MIT; trained on MNIST (CC BY-SA 3.0) and pen digits (CC BY 4.0), see data/README.md",
    }
    MODEL.with_suffix(".json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    write_texts(card)
    with tempfile.TemporaryDirectory() as folder:
        _inknet("report", str(MODEL), "--output", folder)
        for picture in PICTURES:
            # With 64 colors it is a fifth of the size.
            with Image.open(Path(folder) / f"{picture}.png") as image:
                image.convert("RGB").quantize(64).save(IMAGES / f"{picture}.png", optimize=True)
    print(markdown(card))


def write_texts(card: dict[str, Any]) -> None:
    """Write the card as Markdown, and its figures into the README."""
    MODEL.with_suffix(".md").write_text(markdown(card), encoding="utf-8")
    README.write_text(with_figures(README.read_text(encoding="utf-8"), card), encoding="utf-8")


def _inknet(*arguments: str) -> str:
    command = [sys.executable, "-m", "inknet", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def figures(card: dict[str, Any]) -> str:
    """Return the table of figures, each with the command that reproduces it."""
    evaluating = f"`inknet evaluate models/{card['name']}.pkl`"
    measuring = "`python -m experiments.measure_pen_digits`"
    seeds = {name: f"{_percent(figure['mean'])} ± {100 * figure['sd']:.2f}" for name, figure in card["seeds"].items()}
    return table(
        ("figure", "value", "command"),
        (
            f"MNIST test set, {card['count']:,} images",
            f"**{_percent(card['accuracy'])}**, loss {card['loss']:.4f}",
            evaluating,
        ),
        (
            f"{card['pen_count']:,} pen digits by six held-out writers, rendered as on the page",
            f"**{_percent(card['pen_accuracy'])}**",
            measuring,
        ),
        (
            "the same as 280×280 images: pens of 8 to 32 pixels, any position, 25 to 95 % of the canvas, slanted,"
            " some dotted or cropped",
            f"**{_percent(card['canvas_accuracy'])}**",
            measuring,
        ),
        (
            "five seeds of the same recipe, mean ± standard deviation: MNIST, pen digits, 280×280 images",
            ", ".join(seeds.values()),
            "`python -m experiments.five_seeds FOLDER`",
        ),
        (
            "expected calibration error: MNIST, pen digits, 280×280 images",
            ", ".join(
                _percent(card[name])
                for name in ("calibration_error", "pen_calibration_error", "canvas_calibration_error")
            ),
            f"{evaluating}, {measuring}",
        ),
        (
            "reported as uncertain (`certain` is false): 2,000 scribbles, letters and symbols; MNIST; pen digits;"
            " 280×280 images",
            ", ".join(
                _percent(card[name]) for name in ("non_digits_doubted", "doubted", "pen_doubted", "canvas_doubted")
            ),
            f"{measuring}, {evaluating}",
        ),
    )


def ablation(card: dict[str, Any]) -> str:
    """Return the table of the ablation."""
    rows = [
        (name, *(f"{_percent(figure['mean'])} ± {100 * figure['sd']:.2f}" for figure in measured.values()))
        for name, measured in card["ablation"]["variants"].items()
    ]
    return table(("", "MNIST, held out", "pen digits", "280×280 images"), *rows)


def table(head: tuple[str, ...], *rows: tuple[str, ...]) -> str:
    """Return a table in Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def with_figures(readme: str, card: dict[str, Any]) -> str:
    """Return the README with the card's figures between its two comments."""
    before, _, rest = readme.partition("<!-- figures -->")
    _, _, after = rest.partition("<!-- /figures -->")
    return f"{before}<!-- figures -->\n{figures(card)}\n<!-- /figures -->{after}"


def markdown(card: dict[str, Any]) -> str:
    """Return the card as Markdown."""
    sizes = "-".join(str(size) for size in card["sizes"])
    recipe = "\n".join(f"| {name.replace('_', ' ')} | {value} |" for name, value in card["recipe"].items())
    limits = "\n".join(f"- {limit}" for limit in card["limits"])
    return f"""# {card["name"]}

A multilayer perceptron, {sizes}, {card["parameter_count"]:,} parameters, that recognizes handwritten digits.

{figures(card)}

SHA-256 of the model file: `{card["sha256"]}`

## How it was made

`{card["command"]}` ({card["epochs"]} epochs), on data with SHA-256 `{card["data_sha256"]}`. All choices
were made on held-out training images and held-out writers, before the MNIST test set was used.

| setting | value |
|---|---|
{recipe}

## Ablation

One change at a time, {card["ablation"]["seeds"]} seeds each (mean ± standard deviation), with fewer epochs than the
model, on the last {card["ablation"]["held_out"]:,} of MNIST's training images and on the held-out writers
(`python -m experiments.ablation FILE`).

{ablation(card)}

## Calibration

![Accuracy against confidence, on the MNIST test set](../docs/images/reliability.png)

## Limits

{limits}

## License

{card["license"]}
"""


if __name__ == "__main__":
    if sys.argv[1:] == ["--card"]:
        write_texts(json.loads(MODEL.with_suffix(".json").read_text(encoding="utf-8")))
    elif len(sys.argv) == 4:
        main(*map(Path, sys.argv[1:]))
    else:
        sys.exit("usage: python -m experiments.ship_model RUN SEEDS ABLATION, or --card")
