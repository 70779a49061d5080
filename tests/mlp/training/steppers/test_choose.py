"""The choice of a stepper: the fast ones where they take the same steps and pay."""

from typing import Any

import numpy as np
import pytest

from inknet.mlp import Adam, GradientDescent, Network, Trainer, TrainingOptions
from inknet.mlp.activations import LeakyReLU
from inknet.mlp.losses import CrossEntropy, MeanSquaredError
from inknet.mlp.optimizers import OptimizerState
from inknet.mlp.parameters import FloatArray
from inknet.mlp.training.data import TrainingData
from inknet.mlp.training.state import TrainingState
from inknet.mlp.training.steppers import choose
from inknet.mlp.training.steppers.active_inputs import ActiveInputsStepper
from inknet.mlp.training.steppers.deferred import DeferredStepper
from inknet.mlp.training.steppers.plain import PlainStepper
from inknet.mlp.training.steppers.recorded import RecordedStepper
from inknet.mlp.training.steppers.scaled import ScaledStepper
from tests.mlp.training.steppers.helpers import digits


class Clipped(GradientDescent):
    """A user-defined subclass of GradientDescent: no step is larger than a hundredth."""

    def step(self, parameters: FloatArray, gradient: FloatArray, learning_rate: float, state: OptimizerState) -> None:  # noqa: ARG002
        parameters -= np.clip(learning_rate * gradient, -0.01, 0.01)


def chosen(network: Network, **options: Any) -> type:  # noqa: ANN401 - any option
    return type(Trainer(network, *digits(), **{"epochs": 1, **options}).stepper)


def network(sizes: tuple[int, ...] = (784, 200, 10), **options: Any) -> Network:  # noqa: ANN401 - any option
    return Network(sizes, **options)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, DeferredStepper),
        ({"optimizer": GradientDescent()}, DeferredStepper),
        ({"optimizer": Adam()}, PlainStepper),
        ({"optimizer": "momentum"}, PlainStepper),
        ({"optimizer": Clipped()}, PlainStepper),
        ({"weight_decay": 0.1}, ScaledStepper),
        ({"ema_decay": 0.9}, ScaledStepper),
        ({"batch_size": 1}, RecordedStepper),
        ({"batch_size": 8}, RecordedStepper),
        ({"batch_size": 9}, DeferredStepper),
        ({"batch_size": 33}, ScaledStepper),
        ({"batch_size": 128}, ScaledStepper),
        ({"batch_size": 1, "loss": MeanSquaredError()}, DeferredStepper),
    ],
)
def test_options_decide(options: dict[str, Any], expected: type) -> None:
    assert chosen(network(), **options) is expected


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        (network(output="sigmoid"), DeferredStepper),
        (network(hidden="tanh"), DeferredStepper),
        (network(hidden=LeakyReLU()), DeferredStepper),
        (network((784, 50, 10)), RecordedStepper),
        (network((784, 50)), DeferredStepper),
        (network((784, 60, 200, 10)), DeferredStepper),
        (network((784, 41, 10)), ScaledStepper),
        (network(bias="layer"), ScaledStepper),
    ],
    ids=repr,
)
def test_networks_decide(built: Network, expected: type) -> None:
    targets = np.eye(built.sizes[-1])[np.arange(150) % built.sizes[-1]]
    assert type(Trainer(built, digits()[0], targets, epochs=1, batch_size=1).stepper) is expected


INPUTS, ROWS = 700, 300


def sparse() -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(0)
    inputs = rng.random((ROWS, INPUTS)) * (rng.random((ROWS, INPUTS)) < rng.permutation(INPUTS) / INPUTS / 20)
    inputs[:, ::10] = 0
    return inputs, np.eye(10)[rng.integers(0, 10, ROWS)]


def stepper_of(sizes: list[int], inputs: FloatArray, **options: Any) -> object:  # noqa: ANN401 - any option
    arguments = {"epochs": 2, "batch_size": 32, **options}
    bias = arguments.pop("bias", "node")
    return Trainer(Network(sizes, bias=bias), inputs, sparse()[1], **arguments).stepper


def test_inactive_inputs_are_left_out_where_it_pays() -> None:
    inputs, _ = sparse()
    stepper = stepper_of([INPUTS, 60, 10], inputs)
    assert isinstance(stepper, ActiveInputsStepper)
    assert isinstance(stepper.stepper, DeferredStepper)
    assert stepper.network.sizes == (inputs.any(axis=0).sum(), 60, 10)
    assert isinstance(stepper_of([INPUTS, 60, 10], inputs, batch_size=16), ActiveInputsStepper)


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 15},
        {"epochs": 1},
        {"bias": "layer"},
        {"optimizer": "adam"},
        {"weight_decay": 0.1},
        {"ema_decay": 0.1},
        {"augment": lambda inputs, targets, _: (inputs, targets)},
    ],
)
def test_inactive_inputs_stay_where_leaving_them_out_does_not_pay(options: dict[str, Any]) -> None:
    assert not isinstance(stepper_of([INPUTS, 60, 10], sparse()[0], **options), ActiveInputsStepper)


def test_inactive_inputs_stay_in_small_layers_and_dense_data() -> None:
    inputs, _ = sparse()
    assert not isinstance(stepper_of([INPUTS, 20, 10], inputs), ActiveInputsStepper)
    assert not isinstance(stepper_of([INPUTS, 60, 10], inputs + 1), ActiveInputsStepper)
    assert not isinstance(stepper_of([INPUTS, 60, 10], np.zeros((ROWS, INPUTS))), ActiveInputsStepper)


def test_a_set_too_large_to_copy_is_not_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, _ = sparse()
    monkeypatch.setattr(choose, "_MOST_NUMBERS", inputs.size)
    assert isinstance(stepper_of([INPUTS, 60, 10], inputs), ActiveInputsStepper)
    monkeypatch.setattr(choose, "_MOST_NUMBERS", inputs.size - 1)
    assert not isinstance(stepper_of([INPUTS, 60, 10], inputs), ActiveInputsStepper)


@pytest.mark.parametrize("options", [{"ema_decay": 0.9}, {"weight_decay": 0.1}])
def test_options_that_need_all_weights_at_each_step_have_an_effect(options: dict[str, Any]) -> None:
    inputs, targets = digits()
    results = []
    for seed in (0, 0, 1):
        trained = Network([784, 60, 10], seed=3)
        Trainer(trained, inputs, targets, epochs=1, batch_size=1, seed=seed, **options).run()
        results.append(trained.parameters.tobytes())
    assert results[0] == results[1] != results[2]
    plain = Network([784, 60, 10], seed=3)
    plain.train(inputs, targets, epochs=1, batch_size=1)
    assert plain.parameters.tobytes() != results[0]


def test_a_subclass_of_gradient_descent_takes_its_own_steps() -> None:
    inputs, targets = digits()
    trained = Network([784, 60, 10], seed=3)
    before = trained.parameters.copy()
    trained.train(inputs[:1], targets[:1], epochs=1, batch_size=1, learning_rate=5, optimizer=Clipped())
    assert np.abs(trained.parameters - before).max() == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize(("rows", "sampled"), [(300, 1), (9000, 2)])
def test_the_most_often_active_inputs_of_the_sampled_rows_come_first(rows: int, sampled: int) -> None:
    # Every `sampled`-th row counts. Column 0 is active in all rows, column 5 in every odd one, column 3 in the first,
    # and column 7 in a third of the sample.
    inputs = np.zeros((rows, INPUTS))
    inputs[:, 0] = 1
    inputs[1::2, 5] = inputs[0, 3] = inputs[:: 3 * sampled, 7] = 1
    built, options, loss = Network([INPUTS, 60, 10], dtype="float64"), TrainingOptions(), CrossEntropy()
    data = TrainingData(inputs, np.eye(10)[np.arange(rows) % 10])
    stepper, columns = choose.choose_stepper(built, loss, data, options, TrainingState(built, options))
    assert isinstance(stepper, ActiveInputsStepper)
    order = [0, 5, 7, 3] if sampled == 1 else [0, 7, 3, 5]
    np.testing.assert_array_equal(columns.inputs, inputs[:, order])
