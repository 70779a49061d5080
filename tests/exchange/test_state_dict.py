"""Networks from the state of a PyTorch `Sequential`: from plain arrays, and from PyTorch if it is installed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from inknet.exchange import from_state_dict, load_safetensors
from inknet.mlp import InputError
from tests.mlp.helpers import one_sentence

RNG = np.random.default_rng(3)
STATE = {
    "0.weight": RNG.normal(size=(4, 3)).astype(np.float32),
    "0.bias": RNG.normal(size=4).astype(np.float32),
    "2.weight": RNG.normal(size=(2, 4)).astype(np.float32),
    "2.bias": RNG.normal(size=2).astype(np.float32),
}
ROWS = RNG.normal(size=(20, 3)).astype(np.float32)


def by_hand(state: dict[str, Any], rows: Any) -> Any:  # noqa: ANN401 - arrays
    """Return what a layer of tanh and one of softmax make of rows."""
    hidden = np.tanh(rows @ state["0.weight"].T + state["0.bias"])
    exponentials = np.exp(hidden @ state["2.weight"].T + state["2.bias"])
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def test_plain_arrays() -> None:
    network = from_state_dict(STATE, hidden="tanh", output="softmax")
    assert repr(network) == "Network(3 → 4 tanh → 2 softmax, 26 parameters)"
    assert network.dtype == np.float32
    np.testing.assert_allclose(network.predict(ROWS), by_hand(STATE, ROWS), rtol=0, atol=1e-6)


def test_lists_float64_and_missing_biases() -> None:
    network = from_state_dict(
        {"0.weight": [[1.0, 2.0]], "1.weight": np.array([[3.0]])}, hidden="identity", output="identity"
    )
    assert network.dtype == np.float64
    assert network.predict([1, 10]).tolist() == [63]
    assert from_state_dict({"0.weight": np.ones((1, 2), np.float16)}, output="identity").dtype == np.float32


def test_layers_are_ordered_by_number() -> None:
    # A file has them in the order of the alphabet: 0, 10, 2.
    state = {f"net.{place}.weight": np.full((1, 1), place + 1.0) for place in range(0, 12, 2)}
    for order in (sorted(state), sorted(state, reverse=True)):
        network = from_state_dict({name: state[name] for name in order}, hidden="identity", output="identity")
        assert [float(layer.weights[0, 0]) for layer in network.layers] == [1, 3, 5, 7, 9, 11]


#: Names of two layers that nothing orders but the mapping.
NAMES = [("encoder", "decoder"), ("b", "a"), ("0", "head"), ("input", "hidden.1"), ("model.fc", "model.out")]
#: Without biases, and shapes that fit in both orders.
FIRST, SECOND = RNG.normal(size=(2, 3)).astype(np.float32), RNG.normal(size=(3, 2)).astype(np.float32)


@pytest.mark.parametrize("names", NAMES)
def test_other_names_are_ordered_as_in_the_mapping(names: tuple[str, str]) -> None:
    first, second = (f"{name}.weight" for name in names)
    network = from_state_dict({first: FIRST, second: SECOND}, hidden="identity", output="identity")
    np.testing.assert_allclose(network.predict(ROWS), ROWS @ FIRST.T @ SECOND.T, rtol=0, atol=1e-5)
    swapped = from_state_dict({second: SECOND, first: FIRST}, hidden="identity", output="identity")
    assert swapped.sizes == (2, 3, 2)


def test_a_bias_before_its_weight_keeps_the_order() -> None:
    state = {"z.bias": np.ones(4), "a.bias": np.ones(2), "z.weight": np.ones((4, 3)), "a.weight": np.ones((2, 4))}
    assert from_state_dict(state).sizes == (3, 4, 2)


@pytest.mark.parametrize("names", [*NAMES, ("0", "2"), ("net.10", "net.2")])
def test_an_order_is_given(names: tuple[str, str], tmp_path: Path) -> None:
    first, second = names
    state = {f"{first}.weight": FIRST, f"{second}.weight": SECOND}
    path = tmp_path / "weights.safetensors"
    save_file(state, path)
    for layers, sizes in ((names, (3, 2, 3)), ([second, first], (2, 3, 2))):
        assert from_state_dict(state, layers=layers).sizes == sizes
        assert load_safetensors(path, hidden="relu", output="softmax", layers=layers).sizes == sizes


@pytest.mark.parametrize("names", NAMES)
def test_a_file_without_an_order_is_refused(names: tuple[str, str], tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save_file({f"{names[0]}.weight": FIRST, f"{names[1]}.weight": SECOND}, path)
    with pytest.raises(InputError, match="does not say in which order its layers are: pass layers") as caught:
        load_safetensors(path, hidden="relu", output="softmax")
    assert all(name in one_sentence(caught.value) for name in names)


@pytest.mark.parametrize("names", [("net.0", "net.2"), ("fc1", "fc2"), ("layers.2.linear", "layers.10.linear")])
def test_a_file_with_numbered_layers_has_their_order(names: tuple[str, str], tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save_file({f"{names[1]}.weight": SECOND, f"{names[0]}.weight": FIRST}, path)
    assert load_safetensors(path, hidden="relu", output="softmax").sizes == (3, 2, 3)


@pytest.mark.parametrize("layers", [["a"], ["a", "a"], ["a", "b", "c"], ["a", "c"], "ab c", []])
def test_an_order_must_name_each_layer_once(layers: list[str]) -> None:
    with pytest.raises(InputError, match="layers must name each of b, a once, got") as caught:
        from_state_dict({"b.weight": FIRST, "a.weight": SECOND}, layers=layers)
    one_sentence(caught.value)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({}, "there are no layers"),
        ([1, 2], r"such as model.state_dict\(\), got list"),
        ({"0.weight": np.ones((6, 1, 5, 5))}, "not those of consecutive linear layers"),
        ({"0.weight": np.ones(6), "0.bias": np.ones(6)}, "not those of consecutive linear layers"),
        ({"0.weight": np.ones((2, 3)), "1.weight": np.ones((3, 3))}, "not those of consecutive linear layers"),
        ({"0.weight": np.ones((2, 3)), "1.running_mean": np.ones(2)}, "got '1.running_mean'"),
        ({"0.weight": np.ones((2, 3)), "0.bias": np.ones(3)}, "biases do not fit"),
        ({"0.weight": np.ones((2, 3)), "1.bias": np.ones(2)}, "layer '1' has a bias but no weight"),
        ({"0.weight": np.ones((2, 3)), "2.bias": [1], "1.bias": [1]}, "layer '1' has a bias but no weight"),
        ({"0.weight": [[1, 2], [3]]}, "cannot read 0.weight"),
        ({"0.weight": np.ones((2, 2), complex)}, "must be an array of numbers, got complex128"),
        ({"0.weight": np.full((2, 2), np.inf)}, "NaN or infinity"),
    ],
)
def test_other_states_are_rejected(state: Any, reason: str) -> None:  # noqa: ANN401 - anything at all
    with pytest.raises(InputError, match=reason) as caught:
        from_state_dict(state)
    one_sentence(caught.value)


def test_file_of_plain_arrays_needs_activations(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save_file(STATE, path)
    network = load_safetensors(path, hidden=["tanh"], output="softmax")
    np.testing.assert_allclose(network.predict(ROWS), by_hand(STATE, ROWS), rtol=0, atol=1e-6)
    with pytest.raises(InputError, match="does not contain its activations: pass those of the hidden layers"):
        load_safetensors(path, output="softmax")
    with pytest.raises(InputError, match="unknown activation 'swish'"):
        load_safetensors(path, hidden="swish", output="softmax")
    save_file({"0.weight": np.ones((2, 3), np.float32)}, path)
    assert repr(load_safetensors(path, output="sigmoid")).startswith("Network(3 → 2 sigmoid")


def test_pytorch_agrees(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    files = pytest.importorskip("safetensors.torch")
    nn = torch.nn
    torch.manual_seed(0)
    kinds = {"relu": nn.ReLU(), "leaky-relu": nn.LeakyReLU(), "tanh": nn.Tanh(), "sigmoid": nn.Sigmoid()}
    for name, activation in kinds.items():
        model = nn.Sequential(nn.Linear(3, 5), activation, nn.Linear(5, 4, bias=False), activation, nn.Linear(4, 3))
        with torch.no_grad():
            expected = torch.softmax(model(torch.from_numpy(ROWS)), dim=1).numpy()
        network = from_state_dict(model.state_dict(), hidden=name, output="softmax")
        np.testing.assert_allclose(network.predict(ROWS), expected, rtol=0, atol=1e-6)
        files.save_file(model.state_dict(), tmp_path / "model.safetensors")
        again = load_safetensors(tmp_path / "model.safetensors", hidden=name, output="softmax")
        assert again.parameters.tobytes() == network.parameters.tobytes()


def test_unreadable_pytorch_tensors_are_rejected(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    files = pytest.importorskip("safetensors.torch")
    model = torch.nn.Linear(2, 2)
    half = {"0.weight": torch.ones((2, 2), dtype=torch.bfloat16)}
    for state in (
        {f"0.{name}": value for name, value in model.named_parameters()},
        {"0.weight": torch.ones((2, 2), device="meta")},
        half,
    ):
        with pytest.raises(InputError, match=r"0\.(weight|bias)\.detach\(\)\.cpu\(\)\.float\(\)") as caught:
            from_state_dict(state)
        one_sentence(caught.value)
    files.save_file(half, tmp_path / "half.safetensors")
    with pytest.raises(Exception, match="numpy has no dtype 'BF16'"):
        load_safetensors(tmp_path / "half.safetensors", output="softmax")


@pytest.mark.parametrize("name", ["state_dict", "model_state_dict", "model"])
def test_of_a_checkpoint_the_state_is_named(name: str) -> None:
    with pytest.raises(InputError, match=f"must hold the layers' arrays themselves: pass its value '{name}'"):
        from_state_dict({"epoch": 3, name: STATE, "optimizer": {}})
