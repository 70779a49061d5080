import json
from pathlib import Path
from typing import Any

import pytest

from inknet.mlp import EpochReport, InputError, ModelFileError, Network, Trainer
from inknet.mlp.storage.model_file import save_model
from inknet.mlp.storage.run_folder import RunFolder
from tests.mlp.helpers import one_sentence, two_blobs

INPUTS, LABELS = two_blobs()
SETTINGS = {"sizes": [2, 4, 2], "note": "Zoë", "rate": 0.1}
OPTIONS: dict[str, Any] = {
    "epochs": 4,
    "learning_rate": 0.3,
    "batch_size": 10,
    "optimizer": "adam",
    "ema_decay": 0.5,
    "validation": (INPUTS, 1 - LABELS),  # ever worse, so that the best is not the last
}


def _network() -> Network:
    return Network([2, 4, 2], seed=1)


def test_files_of_a_training(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "runs" / "one", SETTINGS)
    network = _network()
    history = network.train(INPUTS, LABELS, **OPTIONS, on_epoch=run.save_epoch)
    assert sorted(item.name for item in run.path.iterdir()) == [
        "best.pkl",
        *(f"epoch-{number:03}.pkl" for number in range(1, 5)),
        "history.jsonl",
        "last.pkl",
        "settings.json",
    ]
    assert RunFolder.open(str(run.path)).settings == SETTINGS
    lines = (run.path / "history.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [report.as_dict() for report in history]
    assert history.best is not None
    assert history.best.epoch < 4
    best = Network.load(run.path / "best.pkl")
    assert best.parameters.tobytes() == network.parameters.tobytes()
    assert Network.load(run.path / f"epoch-{history.best.epoch:03}.pkl").parameters.tobytes() == (
        network.parameters.tobytes()
    )
    last = Network.load(run.path / "last.pkl")
    assert last.parameters.tobytes() == Network.load(run.path / "epoch-004.pkl").parameters.tobytes()
    assert last.parameters.tobytes() != best.parameters.tobytes()


def test_settings_are_json_for_people(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, {"note": "Zoë", "rate": 0.1})
    assert (run.path / "settings.json").read_text(encoding="utf-8") == '{\n  "note": "Zoë",\n  "rate": 0.1\n}\n'


@pytest.mark.parametrize("after", [1, 2])
@pytest.mark.parametrize("lost", [0, 1, 2, 3])
def test_a_run_killed_between_files_resumes_with_the_same_bits(
    after: int, lost: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `lost` of the files of the epoch after `after` are written before the kill.
    class Killed(BaseException):
        pass

    whole = RunFolder.create(tmp_path / "whole", SETTINGS)
    _network().train(INPUTS, LABELS, **OPTIONS, on_epoch=whole.save_epoch)

    run = RunFolder.create(tmp_path / "killed", SETTINGS)

    def save_and_die(report: EpochReport, trainer: Trainer) -> None:
        if report.epoch == after + 1:
            replaced = 0
            replace = Path.replace

            def die(path: Path, target: Path) -> Path:
                nonlocal replaced
                if replaced == lost:
                    raise Killed
                replaced += 1
                return replace(path, target)

            monkeypatch.setattr(Path, "replace", die)
        run.save_epoch(report, trainer)

    with pytest.raises(Killed):
        _network().train(INPUTS, LABELS, **OPTIONS, on_epoch=save_and_die)
    monkeypatch.undo()

    found = RunFolder.open(run.path).load_last()
    assert found is not None
    state = found["training"]
    assert len(state["history"]) >= after
    network = Network.from_dict(found["network"])
    network.train(INPUTS, LABELS, **OPTIONS, on_epoch=run.save_epoch, resume=state)
    for name in ("best.pkl", "epoch-001.pkl", "epoch-004.pkl"):
        one, other = (Network.load(folder.path / name) for folder in (whole, run))
        assert one.parameters.tobytes() == other.parameters.tobytes()


def test_nothing_to_resume_before_the_first_epoch(tmp_path: Path) -> None:
    assert RunFolder.create(tmp_path / "run", SETTINGS).load_last() is None


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    RunFolder.create(tmp_path, SETTINGS)
    with pytest.raises(InputError, match="--resume") as caught:
        RunFolder.create(tmp_path, SETTINGS)
    one_sentence(caught.value)
    with pytest.raises(InputError, match="choose another"):
        RunFolder.create(tmp_path / "settings.json", SETTINGS)


@pytest.mark.parametrize(
    "content", [None, b"", b"{", b"[]", b"5", b"\xff\xfe", b"[" * 100_000], ids=lambda content: str(content)[:9]
)
def test_a_folder_that_is_not_a_run_is_refused(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "settings.json").write_bytes(content)
    with pytest.raises(InputError) as caught:
        RunFolder.open(tmp_path)
    assert str(tmp_path) in one_sentence(caught.value)


def test_a_network_without_training_state_cannot_be_resumed(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, SETTINGS)
    _network().save(tmp_path / "last.pkl")
    with pytest.raises(ModelFileError, match="must hold the state"):
        run.load_last()
    (tmp_path / "last.pkl").write_bytes(b"x")
    with pytest.raises(ModelFileError):
        run.load_last()


@pytest.mark.parametrize("history", [None, 5, "x", {}])
def test_a_training_without_history_cannot_be_resumed(history: object, tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, SETTINGS)
    for state in ({}, {"history": history}):
        save_model(tmp_path / "last.pkl", _network(), state)
        with pytest.raises(ModelFileError, match="must hold the history"):
            run.load_last()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "null",
        "{",
        '{"epoch": 1}',
        '{"epoch": 1, "loss": "x", "learning_rate": 1, "seconds": 1}',
        '{"epoch": null, "loss": 1, "learning_rate": 1, "seconds": 1}',
        '{"epoch": 1, "color": 2}',
        "[" * 100_000,
    ],
    ids=lambda line: line[:40],
)
def test_a_damaged_history_is_refused(line: str, tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, SETTINGS)
    network = _network()
    network.train(INPUTS, LABELS, **OPTIONS, on_epoch=run.save_epoch)
    path = tmp_path / "history.jsonl"
    assert len(run.load_history()) == 4
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(InputError, match="not the history") as caught:
        run.load_history()
    one_sentence(caught.value)


@pytest.mark.parametrize("value", ["x", None, [], True])
def test_a_state_with_a_damaged_history_is_refused(value: object, tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, SETTINGS)
    network = _network()
    network.train(INPUTS, LABELS, **OPTIONS, on_epoch=run.save_epoch)
    state = (run.load_last() or {})["training"]
    state["history"][1]["loss"] = value
    with pytest.raises(InputError, match="not the state") as caught:
        network.train(INPUTS, LABELS, **OPTIONS, resume=state)
    one_sentence(caught.value)
