import pickle
import signal
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_blobs, make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from inknet.mlp import EpochReport, InputError, NoImprovement
from inknet.mlp.activations import LeakyReLU
from inknet.sklearn import NetworkClassifier
from tests.mlp.helpers import one_sentence

X, Y = make_blobs(120, centers=3, cluster_std=1.0, random_state=2)
NAMES = np.array(["ant", "bee", "cat"])[Y]


def _quick(**parameters: Any) -> NetworkClassifier:  # noqa: ANN401
    return NetworkClassifier(
        (10,), **{"epochs": 20, "learning_rate": 0.01, "batch_size": 8, "random_state": 0, **parameters}
    )


def test_classes_may_be_strings() -> None:
    classifier = _quick().fit(X, NAMES)
    assert classifier.classes_.tolist() == ["ant", "bee", "cat"]
    assert classifier.score(X, NAMES) > 0.9
    probabilities = classifier.predict_proba(X)
    assert probabilities.shape == (120, 3)
    np.testing.assert_array_equal(classifier.classes_[probabilities.argmax(axis=1)], classifier.predict(X))
    np.testing.assert_allclose(np.exp(classifier.predict_log_proba(X)), probabilities, rtol=1e-12)


def test_two_classes() -> None:
    two = Y < 2
    classifier = _quick().fit(X[two], NAMES[two])
    assert classifier.predict_proba(X).shape == (120, 2)
    assert set(classifier.predict(X)) == {"ant", "bee"}


def test_computations_use_the_dtype_of_the_rows() -> None:
    assert _quick().fit(X, Y).predict_proba(X).dtype == np.float64
    assert _quick().fit(X.astype("float32"), Y).predict_proba(X.astype("float32")).dtype == np.float32


def test_the_same_random_state_gives_the_same_bits() -> None:
    def bits(state: Any, **parameters: Any) -> bytes:  # noqa: ANN401
        return _quick(random_state=state, **parameters).fit(X, Y).network_.parameters.tobytes()

    assert bits(1) == bits(1) == bits(np.random.RandomState(1))
    assert bits(1) != bits(2)
    assert bits(1, validation_fraction=0.2) == bits(1, validation_fraction=0.2)


def test_no_hidden_layer_and_several() -> None:
    assert NetworkClassifier((), random_state=0).fit(X, Y).network_.sizes == (2, 3)
    assert NetworkClassifier(7, epochs=1).fit(X, Y).network_.sizes == (2, 7, 3)
    assert NetworkClassifier([5, 4], epochs=1).fit(X, Y).network_.sizes == (2, 5, 4, 3)


def test_rows_of_any_scale_are_learned() -> None:
    odd = X * [1e6, 1e-6] + [1e9, 5]
    assert _quick().fit(odd, Y).score(odd, Y) == pytest.approx(_quick().fit(X, Y).score(X, Y), abs=0.02)


# Weights


def test_sample_weights_are_repeated_rows() -> None:
    counts = np.random.default_rng(0).integers(0, 3, len(Y))
    full: dict[str, Any] = {"batch_size": 1000, "class_weight": "balanced"}
    weighted = _quick(**full).fit(X, Y, sample_weight=counts)
    repeated = _quick(**full).fit(X.repeat(counts, axis=0), Y.repeat(counts))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-6)
    assert np.abs(weighted.predict_proba(X) - _quick(**full).fit(X, Y).predict_proba(X)).max() > 1e-4


def test_class_weights_by_class() -> None:
    # Unstandardized, since the features' mean and spread go by the rows' weights, and not by the classes'.
    by_class = _quick(class_weight={"bee": 3.0}, standardize=False).fit(X, NAMES)
    by_row = _quick(standardize=False).fit(X, NAMES, sample_weight=np.where(NAMES == "bee", 3, 1))
    np.testing.assert_array_equal(by_class.predict_proba(X), by_row.predict_proba(X))
    assert by_class.predict_proba(X)[:, 1].sum() > _quick(standardize=False).fit(X, NAMES).predict_proba(X)[:, 1].sum()
    with pytest.raises(ValueError, match=r"class_weight must be for the classes .* got 'dog'"):
        _quick(class_weight={"dog": 1}).fit(X, NAMES)


@pytest.mark.slow
def test_balanced_classes_find_the_rare_one() -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random(600) < 0.05).astype(int)
    rows = (labels + rng.normal(0, 0.6, 600))[:, np.newaxis]
    plain, balanced = _quick().fit(rows, labels), _quick(class_weight="balanced").fit(rows, labels)
    rare = labels == 1
    assert plain.score(rows[rare], labels[rare]) < 0.5
    assert balanced.score(rows[rare], labels[rare]) > 0.7


# Validation curves


def test_history_without_a_held_out_set() -> None:
    classifier = _quick().fit(X, Y)
    assert list(classifier.history_) == ["loss"]
    assert len(classifier.loss_curve_) == classifier.n_iter_ == 20
    assert classifier.validation_scores_ is None


def test_validation_scores_of_a_given_set_match_score() -> None:
    rows, held_out, labels, truth = train_test_split(X, NAMES, random_state=0)
    classifier = _quick().fit(rows, labels, validation=(held_out, truth))
    assert {name: len(curve) for name, curve in classifier.history_.items()} == {
        "loss": 20,
        "validation_loss": 20,
        "validation_score": 20,
    }
    # The best epoch's parameters remain.
    assert classifier.score(held_out, truth) == max(classifier.history_["validation_score"])


def test_the_validation_loss_is_that_of_its_probabilities() -> None:
    rows, held_out, labels, truth = train_test_split(X, Y, random_state=0)
    weights = np.arange(len(truth))
    classifier = _quick(epochs=1).fit(rows, labels, validation=(held_out, truth, weights))
    surprise = -classifier.predict_log_proba(held_out)[np.arange(len(truth)), truth]
    assert classifier.history_["validation_loss"] == [pytest.approx(np.average(surprise, weights=weights), rel=1e-9)]
    assert classifier.history_["validation_score"] == [
        pytest.approx(classifier.score(held_out, truth, weights), rel=1e-9)
    ]


def test_a_stratified_fraction_is_held_out() -> None:
    # Where the held-out score is that of a quarter: 30 rows, so a multiple of 1/30.
    classifier = _quick(validation_fraction=0.25).fit(X, Y)
    assert classifier.validation_scores_ is not None
    thirtieths = np.array(classifier.validation_scores_) * 30
    np.testing.assert_allclose(thirtieths, thirtieths.round(), atol=1e-9)
    assert classifier._scaler is not None
    assert classifier._scaler.n_samples_seen_ == 90


@pytest.mark.parametrize("alone", [1, 2, 5])
def test_a_class_of_one_row_is_only_trained_on(alone: int) -> None:
    rows = np.vstack([X, 20 + np.arange(2.0 * alone).reshape(alone, 2)])
    labels = np.concatenate([NAMES, [f"rare {number}" for number in range(alone)]])
    classifier = _quick(validation_fraction=0.25).fit(rows, labels)
    assert len(classifier.classes_) == 3 + alone
    assert classifier._scaler is not None
    assert classifier._scaler.n_samples_seen_ == 90 + alone


def test_classes_of_one_row_each_cannot_be_held_out() -> None:
    with pytest.raises(ValueError, match="validation_fraction must hold out and leave rows of each class"):
        _quick(validation_fraction=0.25).fit(X[:3], ["a", "b", "c"])


def test_a_share_in_fit_is_that_of_the_parameter() -> None:
    by_parameter = _quick(validation_fraction=0.25).fit(X, Y)
    assert _quick().fit(X, Y, validation=0.25).history_ == by_parameter.history_
    assert _quick(validation_fraction=np.float32(0.25)).fit(X, Y).history_ == by_parameter.history_
    # What is passed to `fit` counts.
    assert _quick(validation_fraction=0.5).fit(X, Y, validation=0.25).history_ == by_parameter.history_


def test_one_row_is_held_out() -> None:
    classifier = _quick().fit(X, Y, validation=(X[:1], Y[:1]))
    assert classifier.validation_scores_ is not None
    assert set(classifier.validation_scores_) <= {0.0, 1.0}


def test_early_stopping() -> None:
    classifier = _quick(epochs=500, validation_fraction=0.25, early_stopping=NoImprovement(patience=5)).fit(X, Y)
    assert 5 < classifier.n_iter_ < 500
    curves = classifier.history_
    best = min(range(classifier.n_iter_), key=lambda e: (-curves["validation_score"][e], curves["validation_loss"][e]))
    assert classifier.n_iter_ == best + 1 + 5
    with pytest.raises(InputError, match="needs a held-out set"):
        _quick(early_stopping="accuracy-falls").fit(X, Y)


def test_verbose_prints_a_line_per_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    _quick(epochs=2, verbose=True, validation_fraction=0.25).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["epoch 1", "epoch 2"]
    assert ", validation loss " in lines[0]


# Going on


def test_partial_fit_learns_from_call_to_call() -> None:
    classifier = _quick()
    classes = ["ant", "bee", "cat"]
    first = NAMES < "cat"  # the third class comes later
    classifier.partial_fit(X[first], NAMES[first], classes=classes)
    for _ in range(30):
        classifier.partial_fit(X, NAMES)
    assert classifier.n_iter_ == 31
    assert classifier.score(X, NAMES) > 0.9
    with pytest.raises(ValueError, match="got 'dog'"):
        classifier.partial_fit(X[:1], ["dog"])
    with pytest.raises(ValueError, match="must be those of the first call"):
        classifier.partial_fit(X, NAMES, classes=["ant", "bee"])


def test_partial_fit_on_the_same_rows_is_an_epoch_of_fit() -> None:
    whole = _quick(schedule="constant", epochs=6, batch_size=1000, optimizer="nesterov").fit(X, Y)
    parts = _quick(batch_size=1000, optimizer="nesterov")
    for _ in range(6):
        parts.partial_fit(X, Y, classes=[0, 1, 2])
    np.testing.assert_allclose(parts.loss_curve_, whole.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(parts.predict_proba(X), whole.predict_proba(X), rtol=1e-7)


def test_the_first_partial_fit_needs_classes() -> None:
    with pytest.raises(ValueError, match="needs all classes"):
        _quick().partial_fit(X, Y)
    with pytest.raises(ValueError, match="balanced"):
        _quick(class_weight="balanced").partial_fit(X, Y, classes=[0, 1, 2])


def test_warm_start_continues() -> None:
    classifier = _quick(epochs=5, warm_start=True).fit(X, Y)
    before = classifier.loss_curve_
    after = classifier.fit(X, Y).loss_curve_
    assert after[0] < before[-1]
    assert _quick(epochs=5).fit(X, Y).fit(X, Y).loss_curve_ == before


#: Parameters of which a training that continues has kept the old values.
CHANGES: list[dict[str, Any]] = [
    {"hidden_sizes": (7,)},
    {"hidden_sizes": (10, 10)},
    {"hidden_sizes": ()},
    {"activation": "tanh"},
    {"activation": LeakyReLU(0.3)},
    {"standardize": False},
]


@pytest.mark.parametrize("changes", CHANGES, ids=lambda changes: str(*changes.values()))
@pytest.mark.parametrize("how", ["warm_start", "partial_fit"])
def test_a_training_that_continues_has_the_layers_of_its_parameters(how: str, changes: dict[str, Any]) -> None:
    classifier = _quick(epochs=2, warm_start=True, activation=LeakyReLU(0.1))

    def train() -> None:
        if how == "partial_fit":
            classifier.partial_fit(X, Y, classes=[0, 1, 2])
        else:
            classifier.fit(X, Y)

    train()
    before, history = classifier.predict_proba(X), dict(classifier.history_)
    classifier.set_params(**changes)
    with pytest.raises(ValueError, match=f"{next(iter(changes))}.* must stay") as caught:
        train()
    one_sentence(caught.value)
    np.testing.assert_array_equal(classifier.predict_proba(X), before)
    assert classifier.history_ == history
    assert classifier.set_params(warm_start=False).fit(X, Y).network_.sizes[-1] == 3


def test_the_same_layers_may_be_said_otherwise_and_other_parameters_may_change() -> None:
    classifier = _quick(epochs=2, warm_start=True, activation="relu").fit(X, Y)
    classifier.set_params(hidden_sizes=np.array([10]), activation=["relu"], learning_rate=0.02, init="glorot")
    assert classifier.fit(X, Y).fit(X, Y).score(X, Y) > 0.5
    assert pickle.loads(pickle.dumps(classifier)).fit(X, Y).n_iter_ == 2  # noqa: S301 - our own bytes


# Several labels a row


def test_several_labels_per_row() -> None:
    rows, labels = make_multilabel_classification(200, n_classes=4, random_state=0)
    classifier = _quick(epochs=60, validation_fraction=0.2).fit(rows, labels)
    assert classifier.network_.layers[-1].activation.name == "sigmoid"
    predicted = classifier.predict(rows)
    assert predicted.shape == labels.shape
    assert (predicted == labels).mean() > 0.8
    assert classifier.validation_scores_ is not None
    held_out = train_test_split(np.arange(200), test_size=0.2, random_state=np.random.RandomState(0))[1]
    assert classifier.score(rows[held_out], labels[held_out]) == pytest.approx(max(classifier.validation_scores_))


def test_several_labels_in_partial_fit() -> None:
    rows, labels = make_multilabel_classification(100, n_classes=3, random_state=0)
    classifier = _quick().partial_fit(rows, labels)
    assert classifier.partial_fit(rows, labels).predict(rows).shape == (100, 3)
    with pytest.raises(ValueError, match="3 labels per row"):
        classifier.partial_fit(rows, labels[:, :2])


# As a network


def test_the_network_takes_unscaled_rows() -> None:
    odd = X * [100, 0.01] + [50, 3]
    classifier = _quick().fit(odd, Y)
    np.testing.assert_allclose(classifier.to_network().predict(odd), classifier.predict_proba(odd), rtol=1e-9)
    plain = _quick(standardize=False).fit(X, Y)
    np.testing.assert_array_equal(plain.to_network().predict(X), plain.predict_proba(X))
    with pytest.raises(NotFittedError):
        _quick().to_network()


# What goes wrong


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"hidden_sizes": (0,)}, "got 0"),
        ({"hidden_sizes": None}, "got None"),
        ({"activation": "step"}, "'step'"),
        ({"epochs": 0}, "epochs"),
        ({"optimizer": "sgd"}, "'sgd'"),
        ({"label_smoothing": 1.5}, "label_smoothing"),
        ({"early_stopping": "bored"}, "'bored'"),
        ({"validation_fraction": 1.5}, "validation_fraction must be a share .* got 1.5"),
        ({"validation_fraction": 0.0}, "validation_fraction must be a share .* got 0.0"),
        ({"validation_fraction": 1}, "validation_fraction must be a share .* got 1"),
        ({"validation_fraction": "a"}, "validation_fraction must be a share .* got 'a'"),
        ({"validation_fraction": 0.001}, "validation_fraction must hold out and leave rows of each class, got 0.001"),
        ({"validation_fraction": 0.999}, "validation_fraction must hold out and leave rows of each class, got 0.999"),
        ({"loss": "mse"}, "'mse'"),
    ],
)
def test_invalid_parameters_are_refused_by_fit(parameters: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        NetworkClassifier(**parameters).fit(X, Y)


@pytest.mark.parametrize(
    ("validation", "says"),
    [
        ((X,), "got 1"),
        ((X, NAMES), "must hold the classes"),
        ((X[:, :1], Y), "features"),
        ((X, Y, Y * 0), "held-out weights"),
        (1.5, "validation must be a share of the rows .* got 1.5"),
        (True, "validation must be a share of the rows .* got True"),
        ({"X": X, "y": Y}, "validation must be a share of the rows"),
    ],
)
def test_an_invalid_validation_set_is_refused(validation: Any, says: str) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match=says):
        _quick().fit(X, Y, validation=validation)


@pytest.mark.parametrize("role", ["X", "y", "sample_weight", "validation", "predict"])
def test_a_mask_is_never_dropped(role: str) -> None:
    masked = {"X": np.ma.masked_array(X, X > 0), "y": np.ma.masked_array(Y, Y > 1)}
    masked["sample_weight"] = np.ma.masked_array(np.ones(len(Y)), Y > 1)
    data: dict[str, Any] = {"X": X, "y": Y}
    classifier = _quick(epochs=1).fit(X, Y)
    if role == "validation":
        data["validation"] = (masked["X"], Y)
    elif role != "predict":
        data[role] = masked[role]
    with pytest.raises(ValueError, match="must not be masked"):
        classifier.predict(masked["X"]) if role == "predict" else classifier.fit(**data)


def test_a_generator_is_refused_with_what_to_pass() -> None:
    for data in ({"X": (row for row in X), "y": Y}, {"X": X, "y": iter(NAMES)}):
        with pytest.raises(ValueError, match=r"must be an array of numbers, got a .*; pass a list of its rows"):
            _quick().fit(**data)


def test_a_single_class_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two classes"):
        _quick().fit(X, Y * 0)


def test_ctrl_c_ends_a_search_and_leaves_the_best_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    report = NetworkClassifier._report

    def interrupt(self: NetworkClassifier, epoch: EpochReport, trainer: Any) -> None:  # noqa: ANN401
        report(self, epoch, trainer)
        if epoch.epoch == 3:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(NetworkClassifier, "_report", interrupt)
    classifier = _quick()
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(X, Y)
    assert classifier.n_iter_ == 3
    assert classifier.predict(X).shape == Y.shape


# Against scikit-learn's own


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_accuracy_on_digits_is_at_least_that_of_scikit_learns_network() -> None:
    pixels, digits = load_digits(return_X_y=True)
    rows, held_out, labels, truth = train_test_split(
        pixels / 16, digits, test_size=0.5, stratify=digits, random_state=0
    )
    options: dict[str, Any] = {"standardize": False, "learning_rate": 0.01, "batch_size": 32, "label_smoothing": 0.1}
    ours = NetworkClassifier(random_state=0, **options).fit(rows, labels)
    theirs = MLPClassifier(random_state=0).fit(rows, labels)
    assert ours.score(held_out, truth) >= theirs.score(held_out, truth)
    assert ours.score(held_out, truth) > 0.975
