import json
from typing import Any

import pytest

from inknet.mlp import InputError
from inknet.sweep import Plan, parse_space
from tests.digits.helpers import one_sentence


def test_recipe_of_a_trial_has_its_settings() -> None:
    recipe = Plan(epochs=4, held_out=50).recipe(
        {"hidden": 30, "depth": 2, "activation": "tanh", "init": "he", "learning-rate": 0.2, "batch-size": 8}
    )
    assert recipe.sizes == (784, 30, 30, 10)
    assert (recipe.hidden, recipe.init, recipe.learning_rate, recipe.batch_size) == ("tanh", "he", 0.2, 8)
    assert (recipe.epochs, recipe.held_out, recipe.early_stopping) == (4, 50, ())
    assert (recipe.loss, recipe.optimizer, recipe.schedule) == (None, "gradient-descent", "constant")


def test_recipe_decides_the_other_settings() -> None:
    recipe = Plan().recipe({"recipe": "digits"})
    assert (recipe.sizes, recipe.optimizer, recipe.moments) == ((784, 200, 10), "adam", True)
    # A trial is judged by the held-out images, and the digits' recipe holds out none.
    assert (recipe.held_out, recipe.non_digits) == (10_000, 0)
    assert Plan().recipe({"depth": 0}).sizes == (784, 10)


def test_plan_round_trips_through_json() -> None:
    plan = Plan(parse_space({"hidden": "5,6", "learning-rate": "0.1..0.30000000000000004"}), seed=3, each="hidden")
    assert Plan.from_dict(json.loads(json.dumps(plan.as_dict()))) == plan
    assert plan.choices_in_turn == (5, 6)
    assert Plan().choices_in_turn == ()


def test_difference_names_the_first_setting() -> None:
    plan = Plan(parse_space({"hidden": "5,6"}))
    assert plan.difference(Plan(parse_space({"hidden": "5,6"}))) is None
    assert plan.difference(Plan(parse_space({"hidden": "5,7"}))) == "hidden is 5,7 there and 5,6 here"
    assert plan.difference(Plan()) == "hidden is not searched there and 5,6 here"
    assert plan.difference(Plan(plan.space, epochs=3)) == "epochs is 3 there and 10 here"


@pytest.mark.parametrize(
    "options", [{"epochs": 0}, {"held_out": 0}, {"seed": -1}, {"prune_after": 1.5}, {"each": "hidden"}]
)
def test_invalid_plans_are_rejected(options: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refusal:
        Plan(parse_space({"hidden": "5..6"}), **options)
    assert next(iter(options)) in one_sentence(refusal.value)


@pytest.mark.parametrize("values", [{}, {"space": 3}, {"space": {}, "color": 1}, {"space": {"hidden": 5}}])
def test_damaged_plan_is_rejected(values: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="the plan of the sweep is damaged"):
        Plan.from_dict(values)
