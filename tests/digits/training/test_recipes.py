"""Recipes: found by name, fitted to data; the shipped model's is on its card."""

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from inknet.digits import Recognizer
from inknet.digits.datasets.dataset import Dataset
from inknet.digits.drawing.distort import Distortion
from inknet.digits.training.recipes import RECIPES, Recipe, find_recipe, fit_recipe
from inknet.mlp import InputError
from tests.digits.helpers import one_sentence


def a_dataset(**changes: Any) -> Dataset:  # noqa: ANN401 - of several types
    values: dict[str, Any] = {
        "images": np.zeros((20, 12)),
        "labels": np.arange(20) % 3,
        "shape": (3, 4),
        "classes": ("a", "b", "c"),
    }
    return Dataset(**(values | changes))


def test_find_recipe_by_name() -> None:
    assert all(find_recipe(name).name == name for name in RECIPES)
    assert find_recipe("source").sizes == (784, 200, 10)
    assert find_recipe("source").batch_size == 1
    with pytest.raises(InputError) as caught:
        find_recipe("cake")
    assert "source, digits" in one_sentence(caught.value)


def test_the_shipped_models_card_states_its_recipe() -> None:
    recipe = json.loads(json.dumps(asdict(find_recipe("digits")), default=list))
    stated = Recognizer.load().card["recipe"]
    assert {name: recipe[name] for name in stated} | {"early_stopping": []} == stated


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(
            "source", (784, 200, 10), "relu", "softmax", "node", "uniform", epochs=20, learning_rate=0.01, batch_size=1
        )
        .change(optimizer="gradient-descent", schedule="constant", early_stopping=("accuracy-falls",), patience=1)
        .change(held_out=5000, ema_decay=0.0, weight_decay=0.0),
        Recipe(
            "images", (784, 400, 10), init="he", epochs=30, learning_rate=0.001, batch_size=64, weight_decay=0.01
        ).change(optimizer="adam", schedule="cosine-warmup", held_out=0.1),
        Recipe("drawings", (784, 100, 10), init="he", epochs=120, learning_rate=0.002, batch_size=16, ema_decay=0.98)
        .change(optimizer="adam", schedule="cosine-warmup", held_out=0.2, distortion=Distortion(strength=1.5))
        .change(moments=True),
    ],
    ids=lambda recipe: recipe.name,
)
def test_the_books_figures_were_measured_with_these(recipe: Recipe) -> None:
    assert find_recipe(recipe.name) == recipe
    assert recipe.pen_variants == recipe.canvas_variants == recipe.non_digits == 0


def test_a_recipe_is_fitted_to_its_images() -> None:
    data = a_dataset()
    fitted = fit_recipe(Recipe("x", sizes=(784, 7, 5, 10), held_out=0.2), data)
    assert fitted.sizes == (12, 7, 5, 3)
    assert fitted.held_out == 4
    assert fit_recipe(Recipe("x", held_out=0.001), data).held_out == 1
    assert fit_recipe(Recipe("x", held_out=0), data).held_out == 0
    assert fit_recipe(Recipe("x", held_out=3), data).held_out == 3


def test_numpy_scalars_become_python_numbers_that_a_run_folder_can_hold() -> None:
    recipe = Recipe(
        "x",
        sizes=np.array([784, 20, 10]),  # type: ignore[arg-type]
        held_out=np.float32(0.25),  # type: ignore[arg-type]
        learning_rate=np.float32(0.5),  # type: ignore[arg-type]
        epochs=np.int64(3),  # type: ignore[arg-type]
        pen_variants=np.uint8(2),  # type: ignore[arg-type]
        distortion=Distortion(strength=np.float16(1.5)),  # type: ignore[arg-type]
    )
    stored = json.loads(json.dumps(asdict(recipe)))
    assert (stored["sizes"], stored["held_out"], stored["learning_rate"]) == ([784, 20, 10], 0.25, 0.5)
    assert (stored["epochs"], stored["pen_variants"], stored["distortion"]["strength"]) == (3, 2, 1.5)
    for count in (0.0, 1.0, np.float64(5)):
        assert type(Recipe("x", held_out=count).held_out) is int


@pytest.mark.parametrize(
    "options", [{"pen_variants": -1}, {"canvas_variants": 0.5}, {"non_digits": "1"}, {"sizes": [5]}, {"held_out": "1"}]
)
def test_invalid_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"{next(iter(options))} must") as caught:
        Recipe("x", **options)
    one_sentence(caught.value)


def test_recipes_that_are_for_other_images() -> None:
    for name in ("digits", "drawings"):
        with pytest.raises(InputError) as caught:
            fit_recipe(RECIPES[name], a_dataset())
        assert "28×28 pixels, got 3×4; use --recipe images" in one_sentence(caught.value)
    for recipe in (Recipe("x", moments=True, held_out=0), Recipe("x", distortion=Distortion(), held_out=0)):
        with pytest.raises(InputError, match="needs 28×28 pixels"):
            fit_recipe(recipe, a_dataset())
    with pytest.raises(InputError) as caught:
        fit_recipe(RECIPES["digits"], a_dataset(shape=(28, 28)))
    assert "needs the classes 0 to 9" in one_sentence(caught.value)
    for held_out in (1.5, -0.5, float("nan"), float("inf")):
        with pytest.raises(InputError) as caught:
            fit_recipe(Recipe("x", held_out=held_out), a_dataset())
        assert f"got {held_out}" in one_sentence(caught.value)
