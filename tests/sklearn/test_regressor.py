from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split

from inknet.mlp import Huber, Loss
from inknet.sklearn import NetworkRegressor

X, Y = load_diabetes(return_X_y=True)


def _quick(**parameters: Any) -> NetworkRegressor:  # noqa: ANN401
    return NetworkRegressor((10,), **{"epochs": 20, "batch_size": 8, "random_state": 0, **parameters})


def test_large_values_are_learned() -> None:
    rows = np.linspace(0, 6, 200)[:, np.newaxis]
    values = 5000 + 1000 * np.sin(rows[:, 0])
    regressor = NetworkRegressor((30,), activation="tanh", learning_rate=0.01, batch_size=8, random_state=0).fit(
        rows, values
    )
    assert regressor.score(rows, values) > 0.99
    assert regressor.predict(rows).shape == (200,)


def test_several_values_per_row() -> None:
    both = np.stack([Y, -1000 * X[:, 0]], axis=1)
    regressor = _quick().fit(X, both)
    assert regressor.predict(X).shape == both.shape
    assert min(r2_score(both, regressor.predict(X), multioutput="raw_values")) > 0.3
    with pytest.raises(ValueError, match="2 values per row"):
        regressor.partial_fit(X, Y)


def test_sample_weights_are_repeated_rows() -> None:
    counts = np.random.default_rng(0).integers(0, 3, len(Y))
    weighted = _quick(batch_size=10_000).fit(X, Y, sample_weight=counts)
    repeated = _quick(batch_size=10_000).fit(X.repeat(counts, axis=0), Y.repeat(counts))
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-6)
    assert np.abs(weighted.predict(X) - _quick(batch_size=10_000).fit(X, Y).predict(X)).max() > 0.1


def test_validation_scores_per_epoch() -> None:
    rows, held_out, values, truth = train_test_split(X, Y, random_state=0)
    weights = np.arange(len(truth))
    regressor = _quick(epochs=30, learning_rate=0.02).fit(rows, values, validation=(held_out, truth, weights))
    assert regressor.validation_scores_ is not None
    losses = regressor.history_["validation_loss"]
    best = int(np.argmin(losses))
    score = regressor.score(held_out, truth, sample_weight=weights)
    assert score == pytest.approx(regressor.validation_scores_[best], rel=1e-9)
    # The loss is the mean squared error of standardized targets, standardized by the rows that were learned from.
    error = np.average((regressor.predict(held_out) - truth) ** 2, weights=weights)
    assert losses[best] == pytest.approx(error / values.var(), rel=1e-9)


def test_a_fraction_and_early_stopping() -> None:
    regressor = _quick(epochs=500, learning_rate=0.02, validation_fraction=0.2, early_stopping="no-improvement").fit(
        X, Y
    )
    assert regressor.n_iter_ == int(np.argmin(regressor.history_["validation_loss"])) + 1 + 10
    assert regressor.n_iter_ < 500


@pytest.mark.parametrize(
    "held_out", [{"validation": (X[:1], Y[:1])}, {"validation": 0.001}, {"validation_fraction": 0.001}]
)
def test_one_row_has_no_score(held_out: dict[str, Any]) -> None:
    parameters = {name: value for name, value in held_out.items() if name != "validation"}
    with pytest.raises(ValueError, match="held-out set must have at least 2 rows for its score, got 1"):
        _quick(**parameters).fit(X, Y, validation=held_out.get("validation"))
    assert np.isfinite(_quick().fit(X, Y, validation=(X[:2], Y[:2])).history_["validation_score"]).all()


@pytest.mark.slow
def test_outliers_move_robust_losses_less() -> None:
    rows = np.linspace(-1, 1, 200)[:, np.newaxis]
    truth = 3 * rows[:, 0]
    values = truth.copy()
    values[::10] += 100

    def error(loss: str | Loss | None) -> float:
        regressor = NetworkRegressor((), loss=loss, epochs=200, learning_rate=0.01, random_state=0).fit(rows, values)
        return float(np.abs(regressor.predict(rows) - truth).mean())

    assert error(None) == error("mean-squared-error")
    assert error(None) > 5
    for loss in ("mean-absolute-error", Huber(0.01)):
        assert error(loss) < 1.5


def test_a_classifiers_loss_is_refused() -> None:
    with pytest.raises(ValueError, match="needs probabilities"):
        _quick(loss="cross-entropy").fit(X, Y)


def test_partial_fit_learns_from_call_to_call() -> None:
    regressor = _quick()
    for _ in range(10):
        for part in np.array_split(np.arange(len(Y)), 4):
            regressor.partial_fit(X[part], Y[part])
    assert regressor.n_iter_ == 40
    assert regressor.score(X, Y) > 0.4


@pytest.mark.parametrize("hidden", [(), (10,)])
def test_the_network_takes_and_returns_unscaled_values(hidden: tuple[int, ...]) -> None:
    rows = 1000 * X + 7
    regressor = NetworkRegressor(hidden, epochs=5, random_state=0).fit(rows, Y)
    np.testing.assert_allclose(regressor.to_network().predict(rows)[:, 0], regressor.predict(rows), rtol=1e-9)
