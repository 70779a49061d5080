import itertools
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inknet.files.safe_pickle import dumps, loads
from inknet.mlp import ACTIVATIONS, ModelFileError, Network, Trainer
from inknet.mlp.activations import LeakyReLU
from inknet.mlp.storage.model_file import load_model, save_model
from tests.files.programs import PROGRAMS, Evil, each_program
from tests.mlp.helpers import one_sentence, two_blobs

METADATA = {"name": "Zoë", "accuracy": 0.5, "sizes": [1, [2]], "more": {"a": None, "b": True, "c": "", "d": -(2**70)}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.pkl"


def _refusal(path: Path) -> str:
    with pytest.raises(ModelFileError) as caught:
        Network.load(path)
    text = one_sentence(caught.value)
    assert str(path) in text
    return text.replace(str(path), "")


# Out and in again


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bias", ["node", "layer"])
def test_a_network_round_trips_bit_for_bit(bias: str, dtype: str, path: Path) -> None:
    hidden = ["relu", "tanh", "sigmoid", "leaky-relu"]
    network = Network([3, 4, 5, 4, 3, 2], hidden=hidden, output="identity", bias=bias, dtype=dtype, seed=4)
    network.metadata = METADATA
    network.save(path)
    again = Network.load(str(path))
    assert again.parameters.tobytes() == network.parameters.tobytes()
    assert again.parameters.dtype == network.parameters.dtype
    assert repr(again) == repr(network)
    assert again.metadata == METADATA
    inputs = np.random.default_rng(0).random((5, 3))
    assert again.predict(inputs).tobytes() == network.predict(inputs).tobytes()


def test_a_loaded_network_can_be_trained(path: Path) -> None:
    inputs, labels = two_blobs()
    one = Network([2, 4, 2], seed=1)
    one.save(path)
    other = Network.load(path)
    one.train(inputs, labels, epochs=2)
    other.train(inputs, labels, epochs=2)
    assert one.parameters.tobytes() == other.parameters.tobytes()


def test_the_file_is_a_pickle_of_a_plain_versioned_dictionary(path: Path) -> None:
    Network([3, 2]).save(path)
    model = pickle.loads(path.read_bytes())  # noqa: S301 - our own
    assert model["format"] == "inknet-model"
    assert model["version"] == 1
    assert model["network"]["sizes"] == [3, 2]
    assert model["network"]["parameters"]["dtype"] == "<f4"
    assert len(model["network"]["parameters"]["data"]) == 8 * 4


def test_saving_a_loaded_network_gives_the_same_bytes(path: Path) -> None:
    network = Network([3, 4, 2])
    network.metadata = METADATA
    network.save(path)
    data = path.read_bytes()
    Network.load(path).save(path)
    assert path.read_bytes() == data


@pytest.mark.parametrize("optimizer", ["gradient-descent", "momentum", "adam"])
def test_training_resumes_from_its_file_with_the_same_bits(optimizer: str, path: Path) -> None:
    inputs, labels = two_blobs()
    options: dict[str, Any] = {
        "epochs": 4,
        "learning_rate": 0.05,
        "optimizer": optimizer,
        "ema_decay": 0.9,
        "validation": (inputs, labels),
    }
    whole = Network([2, 4, 2], seed=1)
    whole.train(inputs, labels, **options)
    for epoch in range(1, 5):
        network = Network([2, 4, 2], seed=1)

        def keep(report: Any, trainer: Trainer, wanted: int = epoch) -> None:  # noqa: ANN401 - a report
            if report.epoch == wanted:
                save_model(path, trainer.network, trainer.state.as_dict())

        network.train(inputs, labels, **options, on_epoch=keep)
        model = load_model(path)
        resumed = Network.from_dict(model["network"])
        resumed.train(inputs, labels, **options, resume=model["training"])
        assert resumed.parameters.tobytes() == whole.parameters.tobytes()


# What is not saved


@pytest.mark.parametrize(
    "metadata",
    [
        {"a": object()},
        {"a": {1, 2}},
        {"a": Path("x")},
        {"a": lambda: 1},
        {"a": 1j},
        {"a": np.array(["x"], dtype=object)},
        {"a": np.arange(3, dtype="int16")},
        {1: 2},
        {"a": {"dtype": 1, "shape": 2, "data": 3}},
        {"a": 10**1000},
    ],
)
def test_unloadable_metadata_do_not_replace_a_good_file(metadata: Any, path: Path) -> None:  # noqa: ANN401
    network = Network([2, 2])
    network.save(path)
    before = path.read_bytes()
    network.metadata = metadata
    with pytest.raises(ModelFileError, match="not saved") as caught:
        network.save(path)
    one_sentence(caught.value)
    assert path.read_bytes() == before
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_recursive_metadata_are_not_saved(path: Path) -> None:
    network = Network([2, 2])
    network.metadata["self"] = network.metadata
    with pytest.raises(ModelFileError, match="not saved"):
        network.save(path)
    assert not path.exists()


def test_numpy_values_in_metadata_become_plain_values(path: Path) -> None:
    network = Network([2, 2])
    network.metadata = {"a": np.float32(0.5), "b": (1, np.int64(2)), "c": np.arange(3), "d": [b"", b"", b"a", b"a"]}
    network.save(path)
    again = Network.load(path).metadata
    assert again["a"] == 0.5
    assert again["b"] == [1, 2]
    assert again["c"].tolist() == [0, 1, 2]
    assert again["d"] == [b"", b"", b"a", b"a"]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_non_finite_weights_are_not_saved(value: float, path: Path) -> None:
    network = Network([2, 2])
    network.save(path)
    before = path.read_bytes()
    network.parameters[3] = value
    with pytest.raises(ModelFileError, match="not finite"):
        network.save(path)
    assert path.read_bytes() == before


def test_an_unregistered_activation_is_not_saved(path: Path) -> None:
    network = Network([2, 2, 2], hidden=LeakyReLU(0.2, name="steep"))
    with pytest.raises(ModelFileError, match=r"'steep' must be in inknet\.mlp\.ACTIVATIONS"):
        network.save(path)
    assert not path.exists()


def test_a_user_defined_activation_is_stored_by_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steep = LeakyReLU(0.5, name="steep")
    monkeypatch.setitem(ACTIVATIONS, "steep", steep)
    network = Network([2, 2, 2], hidden="steep")
    network.save(path)
    assert Network.load(path).predict([-1, 1]).tobytes() == network.predict([-1, 1]).tobytes()
    monkeypatch.delitem(ACTIVATIONS, "steep")
    text = _refusal(path)
    assert "'steep'" in text
    assert "add it to inknet.mlp.ACTIVATIONS" in text


def test_a_failed_write_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Network([2, 2], seed=1).save(path)
    before = path.read_bytes()

    def fail(*args: Any) -> None:  # noqa: ANN401, ARG001 - whatever it is called with
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        Network([2, 2], seed=2).save(path)
    assert path.read_bytes() == before
    assert [item.name for item in path.parent.iterdir()] == [path.name]


# What is not loaded


def test_paths_that_are_not_files_are_refused(tmp_path: Path) -> None:
    assert "No such file" in _refusal(tmp_path / "none.pkl")
    assert "not a file" in _refusal(tmp_path)
    (tmp_path / "empty").touch()
    assert "ends too early" in _refusal(tmp_path / "empty")
    os.mkfifo(tmp_path / "pipe")
    assert "not a file" in _refusal(tmp_path / "pipe")
    with pytest.raises(ModelFileError):
        Network.load("nul\0byte")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_an_endless_device_is_refused() -> None:
    assert "not a file" in _refusal(Path("/dev/zero"))


def test_a_file_larger_than_any_model(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Network([2, 2]).save(path)
    monkeypatch.setattr("inknet.mlp.storage.model_file._MAX_BYTES", path.stat().st_size - 1)
    assert "larger than" in _refusal(path)
    with pytest.raises(ModelFileError, match="not saved"):
        Network([2, 2]).save(path)


def test_a_file_truncated_anywhere(path: Path) -> None:
    Network([2, 2]).save(path)
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        _refusal(path)


@pytest.mark.slow
def test_a_file_with_any_one_byte_changed(path: Path) -> None:
    network = Network([2, 2])
    network.metadata["name"] = "x"
    network.save(path)
    data = path.read_bytes()
    refused = 0
    for index, change in itertools.product(range(len(data)), (0x01, 0x20, 0x80, 0xFF)):
        broken = bytearray(data)
        broken[index] ^= change
        path.write_bytes(broken)
        try:
            again = Network.load(path)
        except ModelFileError as error:
            one_sentence(error)
            refused += 1
        else:
            # A number or a letter of the metadata has changed, nothing else can have.
            assert again.sizes == network.sizes
            assert np.isfinite(again.parameters).all()
    assert refused > len(data)


@each_program
def test_pickle_programs_are_refused(name: str, path: Path) -> None:
    path.write_bytes(PROGRAMS[name])
    _refusal(path)


@pytest.mark.parametrize("protocol", range(6))
def test_hidden_programs_are_not_executed(protocol: int, path: Path) -> None:
    Network([2, 2]).save(path)
    model: Any = loads(path.read_bytes())
    canary = path.parent / "canary"
    for place in (["format"], ["network"], ["network", "metadata"], ["network", "parameters", "data"], ["training"]):
        spoilt: Any = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own
        inner = spoilt
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = Evil(canary, "system")
        path.write_bytes(pickle.dumps(spoilt, protocol=protocol))
        _refusal(path)
    assert not canary.exists()


def _array(dtype: str = "<f4", shape: Any = (6,), data: Any = bytes(24)) -> dict[str, Any]:  # noqa: ANN401
    return {"dtype": dtype, "shape": shape, "data": data}


@pytest.mark.parametrize("odd", [None, True, 0, -1, 10**30, 1.5, "", "x", b"x", [], [[]], (), {}, {"a": 1}])
@pytest.mark.parametrize(
    "field", ["format", "version", "network", "sizes", "hidden", "output", "bias", "dtype", "parameters", "metadata"]
)
def test_a_field_of_the_wrong_type_is_refused(field: str, odd: object, path: Path) -> None:
    Network([2, 2]).save(path)
    model: Any = loads(path.read_bytes())
    inner = model if field in model else model["network"]
    if (field, odd) in [("hidden", []), ("hidden", ())] or (field == "metadata" and isinstance(odd, dict)):
        return  # that is what belongs there
    inner[field] = odd
    path.write_bytes(dumps(model))
    _refusal(path)
    for array in (_array(), _array("<f8", (0,), b""), _array("<i8", (), bytes(8))):
        if field != "parameters":
            inner[field] = array
            path.write_bytes(dumps(model))
            _refusal(path)
    del inner[field]
    path.write_bytes(dumps(model))
    _refusal(path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sizes": [2, 3]}, "do not fit"),
        ({"sizes": [2]}, "sizes"),
        ({"sizes": [2, 0]}, "sizes"),
        ({"sizes": [2, True]}, "sizes"),
        ({"sizes": [2, "2"]}, "sizes"),
        ({"sizes": [2, 10**12]}, "do not fit"),
        ({"sizes": [2, 10**15]}, "sizes"),
        ({"sizes": [10**14] * 300, "hidden": ["relu"] * 298}, "do not fit"),
        ({"sizes": list(range(1, 100_000))}, "do not fit"),
        ({"hidden": ["relu"]}, "do not fit"),
        ({"sizes": [2, 2, 2], "hidden": ["softmax"]}, "softmax"),
        ({"sizes": [5, 1], "output": "softmax"}, "softmax"),
        ({"output": "swish"}, "'swish'"),
        ({"output": "x" * 100_000}, "activation"),
        ({"bias": "layer"}, "do not fit"),
        ({"bias": "some"}, "bias"),
        ({"dtype": "float64"}, "do not fit"),
        ({"dtype": "f4"}, "dtype"),
        ({"dtype": "<f4"}, "dtype"),
        ({"parameters": _array(shape=(6, 1))}, "do not fit"),
        ({"parameters": _array(shape=(7,))}, "fill its shape"),
        ({"parameters": _array(shape=(-1, -6))}, "invalid shape"),
        ({"parameters": _array(shape=(-6,))}, "invalid shape"),
        ({"parameters": _array(shape=(6.0,))}, "invalid shape"),
        ({"parameters": _array(shape=6)}, "invalid shape"),
        ({"parameters": _array(shape=(True, 6))}, "invalid shape"),
        ({"parameters": _array(shape=[0, 2**100], data=b"")}, "shape"),
        ({"parameters": _array(shape=[0, 2**47, 2**47], data=b"")}, "not a model file"),
        ({"parameters": _array(shape=[1] * 70, data=bytes(4))}, "shape"),
        ({"parameters": _array(data=bytes(23))}, "fill its shape"),
        ({"parameters": _array(data="x" * 24)}, "fill its shape"),
        ({"parameters": _array("|O", data=bytes(48))}, "type"),
        ({"parameters": _array(">f4")}, "type"),
        ({"parameters": _array("x" * 100_000)}, "type"),
        ({"parameters": _array("<i8", data=bytes(48)), "dtype": "int64"}, "dtype"),
        ({"parameters": _array(data=b"\xff" * 24)}, "not finite"),
        ({"parameters": list(range(6))}, "do not fit"),
    ],
)
def test_an_inconsistent_network_is_refused(change: dict[str, Any], reason: str, path: Path) -> None:
    Network([2, 2]).save(path)
    model: Any = loads(path.read_bytes())
    model["network"].update(change)
    path.write_bytes(dumps(model))
    assert reason in _refusal(path)


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        (2, "upgrade inknet"),
        (2**48 - 1, "upgrade inknet"),
        (2**48, "must be a positive"),
        (0, "positive integer, got 0"),
        ("1", "'1'"),
    ],
)
def test_other_versions_are_refused(version: object, reason: str, path: Path) -> None:
    Network([2, 2]).save(path)
    model: Any = loads(path.read_bytes())
    path.write_bytes(dumps({**model, "version": version, "network": {"new": "form"}}))
    assert reason in _refusal(path)


@pytest.mark.parametrize("training", [5, "x", [], True, _array()])
def test_a_training_state_must_be_a_dictionary(training: object, path: Path) -> None:
    Network([2, 2]).save(path)
    model: Any = loads(path.read_bytes())
    path.write_bytes(dumps({**model, "training": training}))
    assert "training" in _refusal(path)


@pytest.mark.parametrize(("depth", "loads_again"), [(47, True), (48, False)])
def test_metadata_may_be_nested_47_deep(depth: int, loads_again: bool, path: Path) -> None:
    # With the file's own three dictionaries, fifty.
    network = Network([2, 2])
    value: object = 0
    for _ in range(depth):
        value = [value]
    network.metadata["nested"] = value
    if loads_again:
        network.save(path)
        assert Network.load(path).metadata == network.metadata
    else:
        with pytest.raises(ModelFileError, match="nested deeper than 50"):
            network.save(path)


@pytest.mark.parametrize(("dtype", "other"), [("float32", "<f8"), ("float64", "<f4")])
def test_parameters_of_another_type_are_refused(dtype: str, other: str, path: Path) -> None:
    Network([2, 2], dtype=dtype).save(path)
    model: Any = loads(path.read_bytes())
    model["network"]["parameters"] |= {"dtype": other, "data": bytes(6 * np.dtype(other).itemsize)}
    path.write_bytes(dumps(model))
    with pytest.raises(ModelFileError, match="do not fit"):
        Network.load(path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "nest", [lambda value: [value], lambda value: {"a": value}, lambda value: (value,), lambda value: [{"a": (value,)}]]
)
def test_metadata_nested_to_any_depth_load_or_are_refused(nest: Callable[[object], object], path: Path) -> None:
    # Between what one recursive function bears and what another does, there must be no gap.
    Network([2, 2]).save(path)
    model: Any = loads(path.read_bytes())
    value: object = 0
    outcomes = []
    for _ in range(400):
        value = nest(value)
        model["network"]["metadata"] = {"a": value}
        try:
            data = dumps(model)
        except (RecursionError, ValueError):
            break
        path.write_bytes(data)
        try:
            Network.load(path)
            outcomes.append(True)
        except ModelFileError as error:
            one_sentence(error)
            outcomes.append(False)
    assert outcomes[:8] == [True] * 8
    assert not outcomes[-1]
    assert outcomes == sorted(outcomes, reverse=True)


MEASURE = """
import resource, sys, time
from pathlib import Path
from inknet.mlp import ModelFileError, Network
from inknet.files.safe_pickle import dumps
path = Path(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
huge = [b"\\x8a\\xff" + b"\\x7f" * 255] * 4000
bombs = [
    # A shape whose product has a million digits.
    b"\\x80\\x04}(\\x8c\\x05dtype\\x8c\\x03<f4\\x8c\\x05shape](" + b"".join(huge) + b"e\\x8c\\x04dataC\\x00u.",
    dumps([{"dtype": "<f4", "shape": [2**40, 2**40], "data": b""}]),
    dumps({"format": "inknet-model", "version": 1, "network": {"sizes": [2**40] * 100_000}}),
]
start = time.process_time()
for bomb in bombs:
    path.write_bytes(bomb)
    try:
        Network.load(path)
    except ModelFileError:
        continue
    raise SystemExit("it was loaded")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10, time.process_time() - start)
"""


def test_bombs_take_little_memory_and_time(path: Path) -> None:
    out = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], check=True, capture_output=True, text=True, timeout=120
    ).stdout
    megabytes, seconds = out.split()
    assert int(megabytes) < 100
    assert float(seconds) < 5
