import hashlib
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from inknet.digits.classifier import Classifier
from inknet.digits.outliers import OutlierDetector, node_values
from inknet.mlp import InputError, ModelFileError, Network
from tests.digits.conftest import Mnist
from tests.digits.helpers import one_sentence


def classifier(inputs: int, **metadata: object) -> Classifier:
    network = Network([inputs, 3], seed=1)
    network.metadata = metadata
    return Classifier(network)


def test_images_of_any_shape() -> None:
    assert classifier(12, shape=[3, 4]).shape == (3, 4)
    # What was not told is a square if it can be one.
    assert classifier(64).shape == (8, 8)
    assert classifier(7).shape == (1, 7)
    rows = np.random.default_rng(0).uniform(0, 1, (5, 12)).astype(np.float32)
    wide = classifier(12, shape=[3, 4])
    assert wide.normalize_many(rows) is rows
    assert (wide.predict(rows) == wide.network.predict(rows)).all()
    for shape in ((5, 3, 4), (5, 3, 4, 1), (5, 1, 3, 4)):
        assert (wide.predict(rows.reshape(shape)) == wide.network.predict(rows)).all()
    for shape in ((5, 4, 3), (5, 2, 6), (5, 3, 1, 4)):
        with pytest.raises(InputError, match=r"must have the shape \(n, 12\) or \(n, 3, 4\)"):
            wide.predict(rows.reshape(shape))
    assert wide.is_certain(rows).tolist() == (wide.network.predict(rows).max(axis=1) > 0.5).tolist()


@pytest.mark.parametrize("shape", [[3, 5], [12], [-3, -4], [3.0, 4.0], "3×4", 12, [3, 4, 1]], ids=str)
def test_a_shape_that_does_not_fit(shape: object) -> None:
    with pytest.raises(ModelFileError) as caught:
        classifier(12, shape=shape)
    assert "must have 12 pixels, got" in one_sentence(caught.value)


@pytest.mark.parametrize("moments", [True, 1, "yes", [0]], ids=str)
def test_moments_of_other_sizes_than_28(moments: object) -> None:
    assert classifier(784, moments=moments).shape == (28, 28)
    with pytest.raises(ModelFileError, match="moments need images of 28×28 pixels"):
        classifier(12, moments=moments)


@pytest.mark.parametrize(("inputs", "fits"), [(4, False), (5, True), (6, False)])
def test_an_outlier_detector_has_an_input_per_node(inputs: int, fits: bool) -> None:
    network = Network([4, 3, 2])
    network.metadata["certainty"] = OutlierDetector(Network([inputs, 1], output="sigmoid"), 0.5).to_dict()
    if not fits:
        with pytest.raises(ModelFileError, match=f"has {inputs} inputs, but the network 5 nodes"):
            Classifier(network)
        return
    detecting = Classifier(network)
    assert detecting.outlier_detector is not None
    rows = np.random.default_rng(0).uniform(0, 1, (7, 4)).astype(np.float32)
    assert (detecting.predict(rows) == network.predict(rows)).all()
    inliers = detecting.outlier_detector.is_inlier(node_values(network, rows))
    assert detecting.is_certain(rows).tolist() == inliers.tolist()
    for one_by_one in (False, True):
        probabilities, certain = detecting._predict(rows, one_by_one)
        assert probabilities == pytest.approx(network.predict(rows), abs=1e-6)
        assert certain.tolist() == inliers.tolist()


def test_rows_are_predicted_together_unless_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).uniform(0, 1, (5, 12)).astype(np.float32)
    plain = classifier(12)
    expected = plain.predict(rows)
    blocks: list[int] = []
    predict = Network.predict

    def record(network: Network, block: NDArray[np.float32]) -> NDArray[np.floating]:
        blocks.append(len(block))
        return predict(network, block)

    monkeypatch.setattr(Network, "predict", record)
    for options, sizes in (((), [5]), ((False,), [5]), ((True,), [1] * 5)):
        blocks.clear()
        assert plain._predict(rows, *options)[0] == pytest.approx(expected, abs=1e-6)
        assert blocks == sizes


def test_a_tie_of_two_classes_is_not_certain() -> None:
    network = Network([4, 2])
    network.parameters[:] = 0
    assert not Classifier(network).is_certain(np.ones((1, 4), dtype=np.float32)).any()
    network.layers[0].nodes[1].bias = 0.1
    assert Classifier(network).is_certain(np.ones((1, 4), dtype=np.float32)).all()


@pytest.mark.parametrize(
    "network",
    [Network([4, 1], output="sigmoid"), Network([4, 3], output="identity"), Network([4, 3, 3], output="identity")],
    ids=repr,
)
def test_a_network_without_classes(network: Network) -> None:
    with pytest.raises(ModelFileError) as caught:
        Classifier(network)
    assert "is not a classifier" in one_sentence(caught.value)


@pytest.mark.parametrize("shape", [(12,), (2, 11), (2, 3, 5), (2, 4, 3), (1, 2, 3, 4)], ids=str)
def test_images_of_another_shape(shape: tuple[int, ...]) -> None:
    wide = classifier(12, shape=[3, 4])
    assert wide.predict(np.zeros((2, 3, 4))).shape == (2, 3)
    with pytest.raises(InputError) as caught:
        wide.predict(np.zeros(shape))
    assert f"shape (n, 12) or (n, 3, 4), got {shape}" in one_sentence(caught.value)


def test_a_file_and_its_card(tmp_path: Path) -> None:
    path = tmp_path / "small.pkl"
    Network([4, 3]).save(path)
    assert Classifier.load(path).card == {}
    (tmp_path / "small.json").write_text('{"accuracy": 0.5}')
    loaded = Classifier.load(str(path))
    assert (loaded.name, loaded.card) == ("small", {"accuracy": 0.5})
    assert loaded.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    for text, reason in (("[]", "must be a JSON object"), ("{", "cannot read the model card")):
        (tmp_path / "small.json").write_text(text)
        with pytest.raises(ModelFileError, match=reason):
            Classifier.load(path)


def test_only_drawings_are_normalized(mnist_test: Mnist) -> None:
    moved = np.roll(mnist_test[0][:20], 3, axis=1)
    drawings, images = classifier(784), classifier(784, normalize=False)
    assert images.normalize_many(moved) is moved
    assert (drawings.normalize_many(moved) != moved).any(axis=1).mean() > 0.5


def test_who_reads_digits() -> None:
    assert Classifier.load().reads_digits
    assert Classifier(Network([784, 10])).reads_digits
    assert not classifier(784).reads_digits
    named = Network([784, 10])
    named.metadata = {"classes": list("abcdefghij")}
    assert not Classifier(named).reads_digits
    assert not Classifier(Network([100, 10])).reads_digits


def test_the_network_cannot_be_replaced() -> None:
    shown = classifier(784)
    with pytest.raises(AttributeError, match=r"network of a Classifier cannot be replaced; create another one"):
        shown.network = Network([784, 5, 3], output="softmax")
    assert shown.network.sizes[-1] == len(shown.classes)


def test_a_model_that_can_predict_nothing_is_refused(tmp_path: Path) -> None:
    network = Network([784, 10], seed=1)
    network.parameters[:] = np.finfo(np.float32).max
    network.save(tmp_path / "large.pkl")
    with pytest.raises(ModelFileError, match="cannot be used: outputs are not finite"):
        Classifier.load(tmp_path / "large.pkl")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.pkl"))
    Network([784, 10], seed=1).save(path)
    assert Classifier.load(path).name == "?"


@pytest.mark.parametrize(("depth", "fits"), [(99, True), (100, False), (900, False), (100_000, False)])
def test_a_card_is_nested_at_most_a_hundred_deep(tmp_path: Path, depth: int, fits: bool) -> None:
    Network([784, 10], seed=1).save(tmp_path / "deep.pkl")
    text = '{"a": ' + "[" * depth + "1" + "]" * depth + "}"
    (tmp_path / "deep.json").write_text(text, encoding="utf-8")
    if fits:
        assert Classifier.load(tmp_path / "deep.pkl").card == json.loads(text)
        return
    with pytest.raises(ModelFileError) as caught:
        Classifier.load(tmp_path / "deep.pkl")
    assert "deep.json" in one_sentence(caught.value)
