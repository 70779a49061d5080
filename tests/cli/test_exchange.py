"""`inknet export` and `inknet import`."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors.numpy import save_file

from inknet import Network
from inknet.cli import main
from inknet.mlp import ACTIVATIONS
from tests.exchange.helpers import assert_same, some_biases

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command in this process, in a folder of its own, and returns its output.

    With `fails=True` it must end with status 2 and one line on standard error, which is returned, and leave nothing.
    """
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path, fails: bool = False) -> str:
        monkeypatch.setattr(sys, "argv", ["inknet", *map(str, arguments)])
        before = {path: path.read_bytes() for path in tmp_path.iterdir()}
        with pytest.raises(SystemExit) as ended:
            main()
        output, errors = capsys.readouterr()
        if not fails:
            assert (ended.value.code or 0, errors) == (0, "")
            return output
        assert (ended.value.code, output) == (2, ""), errors
        assert errors.startswith("inknet: ")
        assert errors.count("\n") == 1
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
        return errors

    return run


@pytest.fixture
def network(tmp_path: Path) -> Network:
    """Save a network as model.pkl, and return it."""
    network = some_biases(Network([3, 4, 2], hidden="tanh", seed=3))
    network.metadata = {"recipe": "by hand", "array": np.arange(3.0)}
    network.save(tmp_path / "model.pkl")
    return network


@pytest.mark.parametrize(
    ("options", "written"),
    [
        (("--format", "json"), "model.network.json"),
        (("--output", "other.json"), "other.json"),
        (("--format", "safetensors"), "model.safetensors"),
        (("--output", "some.safetensors"), "some.safetensors"),
    ],
)
def test_export_and_import_round_trip(
    options: tuple[str, ...], written: str, network: Network, run: Run, tmp_path: Path
) -> None:
    assert run("export", "model.pkl", *options) == f"Written: {written}\n"
    result = json.loads(run("import", written, "--output", "back.pkl", "--json"))
    assert result == {"file": written, "model": "back.pkl", "network": repr(network), "sizes": [3, 4, 2]}
    assert_same(Network.load("back.pkl"), network)
    # By default it gets the name of what was exported, but not over the model itself.
    reason = run("import", written, fails=written.startswith("model"))
    assert ("already exists" in reason) == written.startswith("model")
    assert (tmp_path / f"{written.partition('.')[0]}.pkl").exists()


def test_onnx_metadata_comes_from_the_card(network: Network, run: Run, tmp_path: Path) -> None:
    del network
    (tmp_path / "model.json").write_text('{"accuracy": 0.5, "license": "MIT"}', encoding="utf-8")
    result = json.loads(run("export", "model.pkl", "--format", "onnx", "--json"))
    size = (tmp_path / "model.onnx").stat().st_size
    assert result == {"model": "model.pkl", "format": "onnx", "output": "model.onnx", "bytes": size}
    properties = {entry.key: entry.value for entry in onnx.load("model.onnx").metadata_props}
    sha256 = properties.pop("sha256")
    assert properties == {
        "name": "model",
        "sizes": "[3, 4, 2]",
        "recipe": "by hand",
        "accuracy": "0.5",
        "license": "MIT",
    }
    digest = subprocess.run(["sha256sum", "model.pkl"], capture_output=True, text=True, check=True).stdout.split()[0]
    assert sha256 == digest


@pytest.mark.parametrize("card", ["{", "[]"])
def test_invalid_card_is_rejected(card: str, network: Network, run: Run, tmp_path: Path) -> None:
    del network
    (tmp_path / "model.json").write_text(card, encoding="utf-8")
    assert "model card model.json" in run("export", "model.pkl", "--format", "onnx", fails=True)


@pytest.mark.parametrize("command", ["export", "import"])
def test_help_has_examples(command: str, run: Run) -> None:
    assert f"inknet {command} " in run(command, "--help").partition("Examples:")[2]


def test_export_errors(network: Network, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "pass --format, one of onnx, safetensors, json" in run("export", "model.pkl", fails=True)
    assert "format must be one of onnx, safetensors, json, got 'gguf'" in run(
        "export", "model.pkl", "--format", "gguf", fails=True
    )
    assert "does not end in a known format" in run("export", "model.pkl", "--output", "model.bin", fails=True)
    # The service would take it for the model's card.
    assert "or its card" in run("export", "model.pkl", "--output", "model.json", fails=True)
    assert "the model itself" in run("export", "model.pkl", "--format", "json", "--output", "model.pkl", fails=True)
    assert "No such file" in run("export", "missing.pkl", "--format", "onnx", fails=True)
    assert "No such file" in run("export", "model.pkl", "--output", "missing/model.onnx", fails=True)
    monkeypatch.setitem(ACTIVATIONS, "own", ACTIVATIONS["tanh"])
    network.metadata = {"bytes": b"no word for them"}
    network.save(tmp_path / "bytes.pkl")
    assert "could not be loaded again" in run("export", "bytes.pkl", "--format", "json", fails=True)


@pytest.mark.slow
@pytest.mark.parametrize(("library", "extra"), [("onnx", "onnx"), ("safetensors", "safetensors")])
def test_missing_library_names_the_extra(library: str, extra: str, network: Network, tmp_path: Path) -> None:
    del network
    code = f"import sys; sys.modules[{library!r}] = None; from inknet.cli import main; main()"
    command = [sys.executable, "-c", code, "export", "model.pkl", "--format", extra]
    # Not from the folder of this process: a relative path to the source would no longer lead there.
    paths = os.pathsep.join(path for path in sys.path if path)
    result = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert result.stderr.endswith(f"file needs {library}: pip install 'inknet[{extra}]'\n")


WEIGHTS = {
    "0.weight": np.array([[1, 2], [3, 4], [5, 6]], np.float32),
    "0.bias": np.array([1, 0, -1], np.float32),
    "2.weight": np.array([[1, -1, 1]], np.float32),
    "2.bias": np.array([0.5], np.float32),
}


def test_import_from_pytorch(run: Run, tmp_path: Path) -> None:
    save_file(WEIGHTS, tmp_path / "weights.safetensors")
    assert "does not contain its activations" in run("import", "weights.safetensors", fails=True)
    assert "unknown activation 'swish'" in run(
        "import", "weights.safetensors", "--activation", "swish", "--output-activation", "identity", fails=True
    )
    assert "1, one per hidden layer, got 2" in run(
        "import", "weights.safetensors", "--activation", "relu,tanh", "--output-activation", "identity", fails=True
    )
    output = run("import", "weights.safetensors", "--activation", "relu", "--output-activation", "identity")
    assert output == "Network(2 → 3 relu → 1 identity, 13 parameters)\nWritten: weights.pkl\n"
    # By hand, for the row (1, 0): relu(1 + 1, 3, 5 - 1) is (2, 3, 4), and 2 - 3 + 4 + 0.5 is 3.5.
    assert Network.load("weights.pkl").predict([1, 0]).tolist() == [3.5]


def test_import_of_layers_that_only_the_user_can_order(run: Run, tmp_path: Path) -> None:
    weights = {"encoder.weight": np.ones((1, 2), np.float32), "decoder.weight": -np.ones((2, 1), np.float32)}
    save_file(weights, tmp_path / "weights.safetensors")
    activations = ("--activation", "identity", "--output-activation", "identity")
    assert "in which order its layers are: pass layers" in run(
        "import", "weights.safetensors", *activations, fails=True
    )
    run("import", "weights.safetensors", *activations, "--layers", "encoder, decoder")
    assert Network.load("weights.pkl").predict([1, 2]).tolist() == [-3, -3]
    assert "layers must name each of" in run(
        "import", "weights.safetensors", *activations, "--layers", "encoder", "--output", "other.pkl", fails=True
    )


def test_export_of_an_operator_set(network: Network, run: Run) -> None:
    del network
    run("export", "model.pkl", "--format", "onnx", "--opset", "21")
    assert onnx.load("model.onnx").opset_import[0].version == 21
    run("export", "model.pkl", "--format", "onnx")
    assert onnx.load("model.onnx").opset_import[0].version == 13
    assert "from 13 to" in run("export", "model.pkl", "--format", "onnx", "--opset", "7", fails=True)
    assert "--opset is for ONNX, got --format json" in run(
        "export", "model.pkl", "--format", "json", "--opset", "21", fails=True
    )


def test_import_errors(network: Network, run: Run, tmp_path: Path) -> None:
    del network
    run("export", "model.pkl", "--format", "json")
    run("export", "model.pkl", "--format", "safetensors")
    for file in ("model.network.json", "model.safetensors"):
        for options in (("--activation", "relu"), ("--layers", "a,b")):
            assert "contains its activations" in run("import", file, *options, fails=True)
    for file in ("model.onnx", "model.pkl", "model"):
        assert "must be a .safetensors or .json file" in run("import", file, fails=True)
    for file in ("missing.json", "missing.safetensors"):
        assert "No such file" in run("import", file, fails=True)
    shutil.copy("model.pkl", "renamed.safetensors")
    assert "it is not a safetensors file" in run("import", "renamed.safetensors", fails=True)
    (tmp_path / "card.json").write_text('{"accuracy": 0.5}', encoding="utf-8")
    assert "not written by inknet" in run("import", "card.json", fails=True)
