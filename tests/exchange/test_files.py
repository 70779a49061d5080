"""JSON and safetensors: networks round-trip bit for bit; invalid files are rejected."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from inknet import ModelFileError, Network
from inknet.digits.recognizer import SHIPPED_MODEL
from inknet.exchange import load_json, load_safetensors, save_json, save_safetensors
from inknet.mlp.activations import Tanh
from inknet.resources import resource
from tests.exchange.helpers import METADATA, assert_same, networks, some_biases
from tests.mlp.helpers import one_sentence

Save = Callable[[Path, Network], None]
Load = Callable[[Path], Network]
FORMATS = [
    pytest.param(save_json, load_json, id="json"),
    pytest.param(save_safetensors, load_safetensors, id="safetensors"),
]


@pytest.mark.parametrize(("save", "load"), FORMATS)
def test_networks_round_trip(save: Save, load: Load, tmp_path: Path) -> None:
    path = tmp_path / "network"
    for network in networks():
        network.metadata = METADATA
        save(path, network)
        assert_same(load(path), network)


@pytest.mark.parametrize(("save", "load"), FORMATS)
def test_shipped_model_round_trips_with_its_outlier_detector(save: Save, load: Load, tmp_path: Path) -> None:
    network = Network.load(resource("models") / SHIPPED_MODEL)
    save(tmp_path / "network", network)
    back = load(tmp_path / "network")
    assert_same(back, network)
    # The very file, too.
    back.save(tmp_path / "model.pkl")
    assert (tmp_path / "model.pkl").read_bytes() == (resource("models") / SHIPPED_MODEL).read_bytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("save", "load"), FORMATS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(data=st.data())
def test_numbers_round_trip_bit_for_bit(
    save: Save, load: Load, dtype: str, tmp_path: Path, data: st.DataObject
) -> None:
    finite = st.floats(width=32 if dtype == "float32" else 64, allow_nan=False, allow_infinity=False)
    network = Network([2, 1], output="identity", dtype=dtype)
    network.parameters[...] = data.draw(st.lists(finite, min_size=3, max_size=3))
    save(tmp_path / "network", network)
    assert load(tmp_path / "network").parameters.tobytes() == network.parameters.tobytes()


def test_json_format_is_as_documented(tmp_path: Path) -> None:
    network = Network([2, 3, 1], hidden="tanh", output="sigmoid", bias="layer")
    network.metadata = {"made": "by hand", "array": np.array([[1, 2]])}
    network.layers[0].weights = np.array([[1, 2], [3, 4], [5, 6]])
    network.layers[0].biases = np.array([0.5])
    network.layers[1].weights = np.array([[-1, 0, 0.25]])
    save_json(tmp_path / "network.json", network)
    assert json.loads((tmp_path / "network.json").read_text(encoding="utf-8")) == {
        "format": "inknet-network",
        "version": 1,
        "sizes": [2, 3, 1],
        "hidden": ["tanh"],
        "output": "sigmoid",
        "bias": "layer",
        "dtype": "float32",
        "metadata": {"made": "by hand", "array": {"dtype": "int64", "shape": [1, 2], "values": [1, 2]}},
        "layers": [{"weights": [[1, 2], [3, 4], [5, 6]], "biases": [0.5]}, {"weights": [[-1, 0, 0.25]], "biases": [0]}],
    }


def test_safetensors_has_named_arrays(tmp_path: Path) -> None:
    network = some_biases(Network([4, 3, 2]))
    save_safetensors(tmp_path / "network.safetensors", network)
    tensors = load_file(tmp_path / "network.safetensors")
    assert sorted(tensors) == ["layers.0.biases", "layers.0.weights", "layers.1.biases", "layers.1.weights"]
    np.testing.assert_array_equal(tensors["layers.0.weights"], network.layers[0].weights)
    np.testing.assert_array_equal(tensors["layers.1.biases"], network.layers[1].biases)


# What cannot be saved


@pytest.mark.parametrize(("save", "load"), FORMATS)
@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"bytes": b"1"}, "could not be loaded again"),
        ({"number": float("nan")}, "could not be loaded again"),
        ({"array": np.array([1j])}, "must be of float32, float64, int64, got complex128"),
        ({1: "one"}, "must be strings"),
        (
            {"tensor": {"tensor": "metadata.0"}, "same": {"dtype": 1, "shape": 2, "values": 3}},
            "could not be loaded again",
        ),
    ],
)
def test_unsupported_metadata_is_rejected(
    save: Save, load: Load, metadata: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "network"
    save(path, Network([1, 2]))
    network = Network([2, 2])
    network.metadata = metadata
    with pytest.raises(ModelFileError, match=reason) as caught:
        save(path, network)
    one_sentence(caught.value)
    # The existing file is unchanged.
    assert load(path).sizes == (1, 2)


@pytest.mark.parametrize(("save", "load"), FORMATS)
def test_unsupported_networks_are_rejected(save: Save, load: Load, tmp_path: Path) -> None:
    del load
    with pytest.raises(ModelFileError, match=r"add it to inknet\.mlp\.ACTIVATIONS"):
        save(tmp_path / "network", Network([2, 2, 2], hidden=Tanh(name="own")))
    network = Network([2, 2])
    network.parameters[1] = np.inf
    with pytest.raises(ModelFileError, match="not finite"):
        save(tmp_path / "network", network)
    assert list(tmp_path.iterdir()) == []


# Invalid files


@pytest.mark.parametrize("load", [load_json, load_safetensors])
def test_missing_and_special_files_are_rejected(load: Load, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="No such file"):
        load(tmp_path / "missing")
    with pytest.raises(ModelFileError, match="it is not a file"):
        load(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ModelFileError, match="it is not a file"):
            load(tmp_path / "pipe")


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    """Return a network of 2-3-1 as a JSON document."""
    network = some_biases(Network([2, 3, 1], output="sigmoid"))
    network.metadata = {"array": np.array([1.5, 2.5])}
    save_json(tmp_path / "whole.json", network)
    return dict(json.loads((tmp_path / "whole.json").read_text(encoding="utf-8")))


def _set(*path: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    """Return a function that sets one value in a document."""

    def change(document: dict[str, Any]) -> None:
        place: Any = document
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_set("format", to="inknet-model"), "not written by inknet"),
        (_set("format", to=[]), "not written by inknet"),
        (_set("version", to=2), "reads versions up to 1: upgrade inknet"),
        (_set("version", to=True), "its version must be a positive integer, got True"),
        (_set("sizes", to=[3, 2, 1]), "do not fit"),
        (_set("sizes", to=[2, 3, 2]), "do not fit"),
        (_set("sizes", to=[2, 1 << 40, 1]), "do not fit"),
        (_set("sizes", to="2-3-1"), "sizes must be at least two positive integers"),
        (_set("hidden", to=["softmax"]), "a softmax must be"),
        (_set("hidden", to=["swish"]), "activation 'swish'"),
        (_set("output", to="relu"), "'relu'"),
        (_set("bias", to="none"), "bias"),
        (_set("dtype", to="float16"), "its dtype must be float32 or float64, got 'float16'"),
        (_set("dtype", to=["float32"]), "its dtype must be float32 or float64"),
        (_set("metadata", to=None), "not a dictionary"),
        (_set("metadata", "array", "dtype", to="object"), "unknown dtype, 'object'"),
        (_set("metadata", "array", "shape", to=[1 << 60]), "invalid shape"),
        (_set("metadata", "array", "shape", to=[3]), "do not fit its shape"),
        (_set("metadata", "array", "values", to=["1", "2"]), "must be an array of numbers"),
        (_set("metadata", "array", "values", to=[[1, 2], [3, 4]]), "cannot reshape"),
        (
            _set("metadata", "array", to={"dtype": "int64", "shape": [1], "values": [0.5]}),
            "int64 array",
        ),
        (_set("layers", to={}), "its parameters do not fit"),
        (_set("layers", to=[1]), "its layers must be a list of weights and biases"),
        (_set("layers", 0, to={"weights": [[0, 0]]}), "its layers must be a list of weights and biases"),
        (_set("layers", 0, "weights", to=[[1, 2, 3], [4, 5, 6]]), r"shapes \[\(2, 3\), \(1, 3\)\] do not fit"),
        (_set("layers", 0, "weights", to=[[1, 2], [3, 4], [5]]), "differ in length"),
        (_set("layers", 0, "weights", 0, 0, to="1.5"), "must be an array of numbers"),
        (_set("layers", 0, "weights", 0, 0, to=1e300), "not finite"),
        (_set("layers", 0, "biases", 0, to=None), "must be an array of numbers"),
    ],
)
def test_invalid_json_documents_are_rejected(
    change: Callable[[dict[str, Any]], None], reason: str, document: dict[str, Any], tmp_path: Path
) -> None:
    assert load_json(tmp_path / "whole.json").sizes == (2, 3, 1)
    change(document)
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ModelFileError, match=reason) as caught:
        load_json(path)
    assert one_sentence(caught.value).startswith(f"{path} is not a valid network file: ")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "null", "[" * 100_000, '{"format": NaN}', "\ud800", '{"a": ' * 2000 + "1" + "}" * 2000]
)
def test_other_texts_are_rejected(text: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ModelFileError) as caught:
        load_json(tmp_path / "file")
    one_sentence(caught.value)


def test_deeply_nested_metadata_is_rejected(document: dict[str, Any], tmp_path: Path) -> None:
    document["metadata"] = json.loads('{"a": ' * 60 + "1" + "}" * 60)
    (tmp_path / "deep.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ModelFileError, match="nested deeper than 50"):
        load_json(tmp_path / "deep.json")


TEXTS = {
    "format": "inknet-network",
    "version": "1",
    "sizes": "[2, 2]",
    "hidden": "[]",
    "output": "softmax",
    "bias": "node",
    "dtype": "float32",
    "metadata": "{}",
}


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ({"sizes": "[2, 3]"}, "do not fit its sizes"),
        ({"sizes": "[2, 2"}, "delimiter"),
        ({"sizes": "[" * 100_000}, "nested too deeply"),
        ({"version": "9"}, "upgrade inknet"),
        ({"hidden": "[2]"}, "do not fit its sizes"),
        ({"metadata": '{"a": {"tensor": "nowhere"}}'}, "an array of its metadata is missing"),
        ({"metadata": '{"a": {"tensor": ["nowhere"]}}'}, "an array of its metadata is missing"),
        ({"dtype": "float8"}, "its dtype must be float32 or float64, got 'float8'"),
    ],
)
def test_invalid_safetensors_are_rejected(texts: dict[str, str], reason: str, tmp_path: Path) -> None:
    tensors = {"layers.0.weights": np.ones((2, 2), np.float32), "layers.0.biases": np.zeros(2, np.float32)}
    path = tmp_path / "file"
    save_file(tensors, path, TEXTS)
    assert load_safetensors(path).sizes == (2, 2)
    save_file(tensors, path, TEXTS | texts)
    with pytest.raises(ModelFileError, match=reason) as caught:
        load_safetensors(path)
    one_sentence(caught.value)
    del tensors["layers.0.biases"]
    save_file(tensors, path, TEXTS)
    with pytest.raises(ModelFileError, match="do not fit its sizes"):
        load_safetensors(path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return a small network as the bytes of each format."""
    folder = tmp_path_factory.mktemp("whole")
    network = some_biases(Network([2, 2, 2]))
    network.metadata = METADATA
    save_json(folder / "json", network)
    save_safetensors(folder / "safetensors", network)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["json", "safetensors"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_files_are_rejected_or_valid(
    name: str, whole: dict[str, bytes], tmp_path: Path, data: st.DataObject
) -> None:
    damaged = bytearray(whole[name])
    for _ in range(data.draw(st.integers(0, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(damaged)), st.integers(0, len(damaged))))
    (tmp_path / "file").write_bytes(damaged[:cut])
    try:
        network = (load_json if name == "json" else load_safetensors)(tmp_path / "file")
    except (ModelFileError, ValueError) as error:
        one_sentence(error)
    else:
        assert np.isfinite(network.parameters).all()
        assert network.predict(np.zeros(network.sizes[0])).shape == (network.sizes[-1],)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(data=st.binary(max_size=200))
def test_random_bytes_are_rejected(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data)
    for load in (load_json, load_safetensors):
        with pytest.raises(ModelFileError) as caught:
            load(tmp_path / "file")
        one_sentence(caught.value)
