"""OutlierDetector: what a network's nodes say, and telling digits from what is none by it."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from inknet import Network, Recognizer
from inknet.digits import load_mnist
from inknet.digits.outliers import OutlierDetector, node_values
from inknet.mlp import InputError, ModelFileError


def test_node_values_by_hand() -> None:
    network = Network([2, 2, 1], output="sigmoid", dtype="float64")
    network.layers[0].weights = np.array([[1.0, 0.0], [0.0, -1.0]])
    network.layers[1].weights = np.array([[2.0, 3.0]])
    network.layers[1].biases = np.array([0.5])
    # Hidden: max(0, 4) = 4 and max(0, -5) = 0; the logit is 2 × 4 + 3 × 0 + 0.5.
    assert node_values(network, np.array([[4.0, 5.0]])).tolist() == [[4.0, 0.0, 8.5]]


def test_node_values_of_several_layers() -> None:
    network = Network([2, 3, 4, 2], seed=1)
    rows = np.random.default_rng(0).random((5, 2), dtype=np.float32)
    first, second, output = network.layers
    hidden = first.forward(rows)
    expected = [hidden, second.forward(hidden), output.logits(second.forward(hidden))]
    assert (node_values(network, rows) == np.concatenate(expected, axis=1)).all()


def test_the_shipped_models_detector_was_fitted_like_this() -> None:
    # Another number means another shipped model: it would no longer come out of its recipe bit for bit.
    rng = np.random.default_rng(0)
    digits, others = rng.normal(0, 1, (600, 5)), rng.normal(0, 1, (200, 5)) + 2
    detector = OutlierDetector.fit(digits, others, [digits], seed=1)
    assert detector.network.sizes == (5, 96, 1)
    assert detector.threshold == pytest.approx(0.33070478, abs=2e-4)
    assert (1 - detector.is_inlier(digits)).sum() == 9, "1.5 % of 600"
    # Values may be far from zero, and one may be constant.
    digits, others = digits + 1000, others + 1000
    digits[:, 0] = others[:, 0] = 7
    assert OutlierDetector.fit(digits, others, [digits], seed=1).network.sizes == (5, 96, 1)


def test_it_learns_to_tell_and_doubts_as_few_as_it_may() -> None:
    rng = np.random.default_rng(0)
    digits, others = rng.normal(0, 1, (600, 5)), rng.normal(0, 1, (200, 5)) + 4
    held_out = rng.normal(0, 1, (1000, 5))
    detector = OutlierDetector.fit(digits, others, [held_out, held_out - 0.1])
    assert 1 - detector.is_inlier(held_out).mean() <= 0.02
    assert detector.is_inlier(rng.normal(0, 1, (500, 5)) + 4).mean() < 0.02
    again = OutlierDetector.from_dict(detector.to_dict())
    assert again.threshold == detector.threshold
    assert np.array_equal(again.is_inlier(held_out), detector.is_inlier(held_out))


@pytest.mark.parametrize("values", [{}, {"network": {}, "threshold": 0.5}, {"network": None, "threshold": 0.5}])
def test_incomplete_values_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ModelFileError, match="outlier detector is invalid"):
        OutlierDetector.from_dict(values)


@pytest.mark.parametrize("sizes", [[20_000, 20_000, 1], [2**40, 2**40, 1], [10, 1.5], [10], "ten"])
def test_a_file_cannot_claim_more_memory_than_it_holds(sizes: object) -> None:
    values = Network([10, 1], output="sigmoid").to_dict() | {"sizes": sizes, "hidden": ["relu"]}
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match="outlier detector is invalid"):
            OutlierDetector.from_dict({"network": values, "threshold": 0.5})
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("inputs", [15, 17])
def test_a_detector_of_another_network_is_refused(inputs: int) -> None:
    network = Network([784, 6, 10])
    network.metadata["certainty"] = OutlierDetector(Network([inputs, 1], output="sigmoid"), 0.5).to_dict()
    with pytest.raises(ModelFileError, match=f"has {inputs} inputs, but the network 16 nodes"):
        Recognizer(network)


def test_a_recognizer_has_it_in_its_file(tmp_path: Path) -> None:
    network = Network([784, 6, 10], seed=1)
    judge = Network([16, 3, 1], output="sigmoid", seed=2)
    image = load_mnist("test")[0][0].reshape(28, 28)
    score = float(judge.predict(node_values(network, image.reshape(1, 784)))[0, 0])
    for threshold, certain in ((score - 1e-3, True), (score + 1e-3, False)):
        network.metadata["certainty"] = OutlierDetector(judge, threshold).to_dict()
        network.save(tmp_path / "model.pkl")
        assert Recognizer.load(tmp_path / "model.pkl").recognize(image).certain is certain


def test_a_certainty_whose_weights_are_far_too_large_is_told_in_a_sentence() -> None:
    reader = Recognizer.load()
    assert reader.outlier_detector is not None
    reader.outlier_detector.network.layers[0].weights[...] = 1e38
    with pytest.raises(InputError, match="weights are NaN, infinite or too large"):
        reader.recognize(Path("examples/seven.png").read_bytes())


def test_without_it_confidence_decides() -> None:
    image = load_mnist("test")[0][0].reshape(28, 28)
    network = Network([784, 10])
    network.parameters[:] = 0
    assert not Recognizer(network).recognize(image).certain, "ten digits as likely as each other"
    network.layers[0].nodes[7].bias = 10
    assert Recognizer(network).recognize(image).certain
