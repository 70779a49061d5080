"""ONNX Runtime predicts the same as `Network.predict`."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from inknet import InknetError, ModelFileError, Network, Recognizer, extras
from inknet.digits import load_mnist
from inknet.exchange import save_onnx
from inknet.mlp import ACTIVATIONS, InputError
from inknet.mlp.activations import LeakyReLU, Tanh
from tests.exchange.helpers import networks
from tests.mlp.helpers import one_sentence

#: The newest operator set of the package onnx.
NEWEST = onnx.defs.onnx_opset_version()


def session(network: Network, path: Path, opset: int | None = None) -> onnxruntime.InferenceSession:
    save_onnx(path, network, opset=opset)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def test_networks_predict_the_same(tmp_path: Path) -> None:
    for number, network in enumerate(networks()):
        rows = np.random.default_rng(number).normal(0, 2, (50, 4)).astype(network.dtype)
        name = "outputs" if network.layers[-1].activation.name == "identity" else "probabilities"
        (outputs,) = session(network, tmp_path / "network.onnx").run([name], {"inputs": rows})
        expected = network.predict(rows)
        assert outputs.dtype == expected.dtype == network.dtype
        np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6, err_msg=repr(network))


def declared(path: Path) -> tuple[int, int]:
    """Return the operator set and the IR version that a file declares."""
    model = onnx.load(path)
    (opset,) = model.opset_import
    assert opset.domain == ""
    return opset.version, model.ir_version


def test_every_network_needs_the_lowest_operator_set(tmp_path: Path) -> None:
    # ONNX 1.8, so that ONNX Runtime 1.6 and later can run it.
    for network in networks():
        save_onnx(tmp_path / "network.onnx", network)
        assert declared(tmp_path / "network.onnx") == (13, 7), repr(network)


def test_moments_need_the_operator_set_of_their_resampling(shipped: Recognizer, tmp_path: Path) -> None:
    # ONNX 1.11, so that ONNX Runtime 1.11 and later can run it.
    save_onnx(tmp_path / "digits.onnx", shipped.network)
    assert declared(tmp_path / "digits.onnx") == (16, 8)


@pytest.mark.parametrize(("opset", "ir"), [(16, 8), (19, 9), (20, 9), (21, 10), (28, 14)])
def test_each_operator_set_predicts_the_same(
    opset: int, ir: int, shipped: Recognizer, mnist: NDArray[np.float32], tmp_path: Path
) -> None:
    reader = session(shipped.network, tmp_path / "digits.onnx", opset)
    assert declared(tmp_path / "digits.onnx") == (opset, ir)
    probabilities, certain = reader.run(None, {"inputs": mnist[:200]})
    np.testing.assert_allclose(probabilities, shipped.predict(mnist[:200]), rtol=0, atol=1e-5)
    np.testing.assert_array_equal(certain, shipped.is_certain(mnist[:200]))


@pytest.mark.parametrize("opset", [12, NEWEST + 1, 0, -1, 15.0, "15", True])
def test_other_operator_sets_are_refused(opset: int, tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    with pytest.raises(InputError, match=f"opset must be an integer from 13 to {NEWEST} for this network") as caught:
        save_onnx(path, Network([3, 2]), opset=opset)
    assert repr(opset) in one_sentence(caught.value)
    network = Network([784, 2])
    network.metadata = {"moments": True}
    with pytest.raises(InputError, match="from 16 to"):
        save_onnx(path, network, opset=15)
    assert not path.exists()
    save_onnx(path, Network([3, 2]), opset=np.int64(15))  # type: ignore[arg-type]
    assert declared(path) == (15, 8)


def test_leaky_relu_keeps_its_slope(tmp_path: Path) -> None:
    network = Network([1, 1, 1], hidden=LeakyReLU(slope=0.3), output="identity")
    for layer in network.layers:
        layer.weights[...] = 1
    (outputs,) = session(network, tmp_path / "network.onnx").run(None, {"inputs": np.array([[-2], [2]], np.float32)})
    assert outputs.ravel().tolist() == pytest.approx([-0.6, 2])


@pytest.fixture(scope="module")
def mnist() -> NDArray[np.float32]:
    return load_mnist("test")[0]


@pytest.fixture(scope="module")
def shipped() -> Recognizer:
    return Recognizer.load()


@pytest.mark.slow
def test_shipped_model_agrees_on_all_test_images(
    shipped: Recognizer, mnist: NDArray[np.float32], tmp_path: Path
) -> None:
    reader = session(shipped.network, tmp_path / "digits.onnx")
    assert [(tensor.name, tensor.shape) for tensor in reader.get_inputs()] == [("inputs", ["rows", 784])]
    shapes = [("probabilities", ["rows", 10]), ("certain", ["rows"])]
    assert [(tensor.name, tensor.shape) for tensor in reader.get_outputs()] == shapes
    probabilities, certain = reader.run(["probabilities", "certain"], {"inputs": mnist})
    assert len(probabilities) == 10_000
    np.testing.assert_allclose(probabilities, shipped.predict(mnist), rtol=0, atol=1e-5)
    # It could be otherwise only where the certainty is its threshold but for rounding.
    assert np.count_nonzero(certain != shipped.is_certain(mnist)) <= 1
    assert 0.97 < certain.mean() < 0.99


def test_moments_are_needed_to_agree(shipped: Recognizer, mnist: NDArray[np.float32], tmp_path: Path) -> None:
    plain = Network.from_dict(shipped.network.to_dict())
    plain.metadata = {}
    reader = session(plain, tmp_path / "plain.onnx")
    assert [tensor.name for tensor in reader.get_outputs()] == ["probabilities"]
    (probabilities,) = reader.run(None, {"inputs": mnist[:100]})
    np.testing.assert_allclose(probabilities, plain.predict(mnist[:100]), rtol=0, atol=1e-5)
    assert np.abs(probabilities - shipped.predict(mnist[:100])).max() > 0.1


def test_extreme_images_agree(shipped: Recognizer, tmp_path: Path) -> None:
    # Nothing, everything, one pixel in each corner, a line down, across and aslant: each limit of the moments is met.
    images = np.zeros((9, 28, 28), np.float32)
    images[1] = 1
    for place, corner in enumerate([(0, 0), (0, 27), (27, 0), (27, 27)], start=2):
        images[place][corner] = 0.5
    images[6, :, 3] = images[7, 20] = 1
    images[8] = np.eye(28)
    reader = session(shipped.network, tmp_path / "digits.onnx")
    probabilities, certain = reader.run(None, {"inputs": images.reshape(-1, 784)})
    np.testing.assert_allclose(probabilities, shipped.predict(images.reshape(-1, 784)), rtol=0, atol=1e-5)
    np.testing.assert_array_equal(certain, shipped.is_certain(images.reshape(-1, 784)))


def test_float64_recognizer_takes_float64(mnist: NDArray[np.float32], tmp_path: Path) -> None:
    network = Network([784, 5, 10], dtype="float64", seed=2)
    network.metadata = {"moments": True}
    (outputs,) = session(network, tmp_path / "wide.onnx").run(None, {"inputs": mnist[:50].astype(np.float64)})
    np.testing.assert_allclose(outputs, Recognizer(network).predict(mnist[:50]), rtol=0, atol=1e-6)


def test_metadata_and_reproducible_bytes(tmp_path: Path) -> None:
    network = Network([3, 2], seed=1)
    for name in ("one", "other"):
        save_onnx(tmp_path / name, network, {"name": "small", "license": "MIT"})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    model = onnx.load(tmp_path / "one")
    assert {entry.key: entry.value for entry in model.metadata_props} == {"name": "small", "license": "MIT"}
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 13)]
    assert model.producer_name == "inknet"
    names = {constant.name for constant in model.graph.initializer}
    assert {"layers.0.weights", "layers.0.biases"} <= names


def test_unsupported_networks_are_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "network.onnx"
    monkeypatch.setitem(ACTIVATIONS, "own", Tanh(name="own"))
    with pytest.raises(ModelFileError, match="ONNX has no activation 'own'") as caught:
        save_onnx(path, Network([2, 2, 2], hidden="own"))
    one_sentence(caught.value)
    network = Network([2, 2])
    network.parameters[0] = np.nan
    with pytest.raises(ModelFileError, match="its parameters are not finite"):
        save_onnx(path, network)
    network = Network([2, 2])
    network.metadata = {"moments": True}
    with pytest.raises(ModelFileError, match="needs 28×28 pixels, but this network has 2 inputs"):
        save_onnx(path, network)
    assert not path.exists()


@pytest.mark.parametrize(("module", "extra"), [("onnx", "onnx"), ("safetensors", "safetensors")])
def test_missing_library_names_the_extra(module: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InknetError, match=rf"such a file needs {module}: pip install 'inknet\[{extra}\]'"):
        extras.import_extra(f"{module}.numpy", "such a file")


def test_package_imports_libraries_lazily() -> None:
    code = "import sys, inknet.exchange; print({'onnx', 'safetensors', 'sklearn', 'torch'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
