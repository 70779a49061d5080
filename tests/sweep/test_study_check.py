"""Damaged, foreign and hostile studies: each is refused in one sentence, by the sweep and by its report, or works."""

import json
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

from inknet.digits import load_mnist, write_idx
from inknet.sweep import Plan, Sweep, parse_space, storage
from tests.cli.helpers import complaint, run
from tests.sweep.helpers import Notes

pytestmark = pytest.mark.slow

TRIALS = 3


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a sweep with finalists, on small images."""
    folder = tmp_path_factory.mktemp("swept")
    images, labels = load_mnist("test")
    pixels = np.rint(images[:100] * 255).astype(np.uint8).reshape(-1, 28, 28)
    write_idx(folder / "images", np.ascontiguousarray(pixels[:, 8:20, 8:20]))
    write_idx(folder / "labels", labels[:100].astype(np.uint8))
    space = parse_space({"hidden": "5..9", "learning-rate": "0.01..0.3", "batch-size": "20,25", "init": "he"})
    plan = Plan(space, epochs=2, held_out=50)
    sweep = Sweep.start(folder / "run", plan, trials=TRIALS, images=folder / "images", labels=folder / "labels")
    sweep.run(Notes(), 1, 2)
    sweep.close()
    return folder / "run"


@pytest.fixture(autouse=True)
def at_most_a_minute() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        pytest.fail("it never ends")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


Damage = Callable[[Path], object]


def sql(*statements: str) -> Damage:
    """Return the damage that SQL does to the study."""

    def apply(folder: Path) -> None:
        connection = sqlite3.connect(folder / "study.db")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    return apply


def settings(**values: object) -> Damage:
    """Return the damage of other values in the folder's settings; None removes one."""

    def apply(folder: Path) -> None:
        known: dict[str, Any] = json.loads((folder / "settings.json").read_text(encoding="utf-8")) | values
        kept = {name: value for name, value in known.items() if value != "REMOVED"}
        (folder / "settings.json").write_text(json.dumps(kept), encoding="utf-8")

    return apply


def plan(**values: object) -> Damage:
    def apply(folder: Path) -> None:
        known = json.loads((folder / "settings.json").read_text(encoding="utf-8"))["sweep"]
        settings(sweep=known | values)(folder)

    return apply


def database(make: Callable[[Path], object]) -> Damage:
    """Return the damage of another file in the study's place."""

    def apply(folder: Path) -> None:
        (folder / "study.db").unlink()
        make(folder / "study.db")

    return apply


def cut(share: float) -> Damage:
    def apply(folder: Path) -> None:
        data = (folder / "study.db").read_bytes()
        (folder / "study.db").write_bytes(data[: int(share * len(data))])

    return apply


def param(value: str, name: str = "hidden") -> Damage:
    return sql(f"UPDATE trial_params SET param_value = {value} WHERE trial_id = 2 AND param_name = '{name}'")


def distribution(text: str) -> Damage:
    return sql(f"UPDATE trial_params SET distribution_json = '{text}' WHERE trial_id = 2 AND param_name = 'hidden'")


def attribute(table: str, key: str, value: str, of: int = 2) -> Damage:
    """Return the damage of an attribute with another value, as JSON text."""
    owner = table.partition("_")[0]
    return sql(
        f"INSERT INTO {table}_attributes ({owner}_id, key, value_json) VALUES ({of}, '{key}', '{value}')"
        f" ON CONFLICT ({owner}_id, key) DO UPDATE SET value_json = excluded.value_json"
    )


DAMAGED = "the study 'sweep' is damaged: "
RESULT = "the accuracy of trial 1 must be a number from 0 to 1, got "
PLACE = "must be a retry of an earlier one"
SETTINGS = "the settings of trial 1 must be those of the plan"
BATCH = '{"name": "CategoricalDistribution", "attributes": {"choices": [20, 25]}}'
DEEP = "[" * 100_000 + "]" * 100_000

#: What is done to the study, and the words of the refusal by the sweep and its report.
HOSTILE: dict[str, tuple[Damage, str]] = {
    # Values.
    "value-null": (sql("UPDATE trial_values SET value = NULL WHERE trial_id = 2"), DAMAGED),
    "value-text": (sql("UPDATE trial_values SET value = 'high' WHERE trial_id = 2"), DAMAGED),
    "value-infinite": (sql("UPDATE trial_values SET value = 9e999 WHERE trial_id = 2"), RESULT + "inf"),
    "value-infinite-type": (
        sql("UPDATE trial_values SET value = NULL, value_type = 'INF_NEG' WHERE trial_id = 2"),
        RESULT + "-inf",
    ),
    "value-huge": (sql("UPDATE trial_values SET value = 1e300 WHERE trial_id = 2"), RESULT + "1e+300"),
    "value-negative": (sql("UPDATE trial_values SET value = -0.5 WHERE trial_id = 2"), RESULT + "-0.5"),
    "value-blob": (sql("UPDATE trial_values SET value = x'00ff' WHERE trial_id = 2"), DAMAGED),
    "value-unknown-type": (sql("UPDATE trial_values SET value_type = 'ODD' WHERE trial_id = 2"), DAMAGED),
    "value-missing": (sql("DELETE FROM trial_values WHERE trial_id = 2"), DAMAGED),
    "value-second-objective": (
        sql("INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (2, 1, 0.5, 'FINITE')"),
        DAMAGED,
    ),
    "value-far-objective": (sql("UPDATE trial_values SET objective = 9 WHERE trial_id = 2"), DAMAGED),
    "epoch-nan": (
        sql(
            "UPDATE trial_intermediate_values SET intermediate_value = NULL, intermediate_value_type = 'NAN'"
            " WHERE trial_id = 2"
        ),
        RESULT + "nan",
    ),
    "epoch-negative": (
        sql("UPDATE trial_intermediate_values SET step = -step WHERE trial_id = 2"),
        "positive integers",
    ),
    "epoch-text": (sql("UPDATE trial_intermediate_values SET step = 'x' || step WHERE trial_id = 2"), DAMAGED),
    # Settings.
    "param-null": (param("NULL"), DAMAGED),
    "param-text": (param("'many'"), DAMAGED),
    "param-infinite": (param("9e999", "learning-rate"), DAMAGED),
    "param-outside": (param("4000"), "4000"),
    "param-no-choice": (param("7", "batch-size"), DAMAGED),
    "param-foreign": (
        sql("UPDATE trial_params SET param_name = 'color' WHERE trial_id = 2 AND param_name = 'hidden'"),
        SETTINGS,
    ),
    "param-fixed": (
        sql("UPDATE trial_params SET param_name = 'init' WHERE trial_id = 2 AND param_name = 'hidden'"),
        SETTINGS,
    ),
    "params-missing": (sql("DELETE FROM trial_params WHERE trial_id = 2"), SETTINGS),
    "distribution-no-json": (distribution("IntDistribution(5, 9)"), DAMAGED),
    "distribution-null": (sql("UPDATE trial_params SET distribution_json = NULL"), DAMAGED),
    "distribution-foreign": (distribution('{"name": "Gaussian", "attributes": {}}'), DAMAGED),
    "distribution-wider": (
        distribution('{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 900}}'),
        SETTINGS,
    ),
    "distribution-categorical": (distribution(BATCH), DAMAGED),
    "distribution-deep": (distribution(DEEP), DAMAGED),
    # Trials.
    "state-unknown": (sql("UPDATE trials SET state = 'WON' WHERE trial_id = 2"), DAMAGED),
    "number-null": (sql("UPDATE trials SET number = NULL WHERE trial_id = 2"), DAMAGED),
    "number-text": (sql("UPDATE trials SET number = 'two' WHERE trial_id = 2"), DAMAGED),
    "number-twice": (sql("UPDATE trials SET number = 0 WHERE trial_id = 2"), DAMAGED),
    "number-huge": (sql("UPDATE trials SET number = 4611686018427387904 WHERE trial_id = 3"), DAMAGED),
    "trial-missing": (sql("DELETE FROM trials WHERE trial_id = 1"), "trial 0 is missing"),
    "time-text": (sql("UPDATE trials SET datetime_start = 'noon' WHERE trial_id = 2"), DAMAGED),
    "time-missing": (sql("UPDATE trials SET datetime_complete = NULL WHERE trial_id = 2"), DAMAGED),
    "seconds-missing": (sql("DELETE FROM trial_user_attributes WHERE trial_id = 2"), "must have its seconds"),
    "seconds-nan": (attribute("trial_user", "seconds", "NaN"), "must have its seconds"),
    "seconds-text": (attribute("trial_user", "seconds", '"long"'), "must have its seconds"),
    "seconds-no-json": (attribute("trial_user", "seconds", "{"), DAMAGED),
    "parameters-huge": (attribute("trial_user", "parameters", "1" * 5000), DAMAGED),
    "retry-text": (attribute("trial_system", "failed_trial", '"first"'), PLACE),
    "retry-of-later": (attribute("trial_system", "failed_trial", "9"), PLACE),
    "retry-history": (attribute("trial_system", "retry_history", "7"), PLACE),
    "fixed-params": (attribute("trial_system", "fixed_params", "5"), PLACE),
    # The study.
    "direction": (sql("UPDATE study_directions SET direction = 'MINIMIZE'"), "direction must be maximize"),
    "direction-missing": (sql("DELETE FROM study_directions"), "direction must be maximize"),
    "direction-unknown": (sql("UPDATE study_directions SET direction = 'UP'"), DAMAGED),
    "plan-no-json": (attribute("study_user", "plan", "plan", 1), DAMAGED),
    "plan-list": (attribute("study_user", "plan", "[]", 1), "the plan of the sweep is damaged"),
    "plan-deep": (attribute("study_user", "plan", DEEP, 1), DAMAGED),
    "plan-changed": (
        attribute("study_user", "plan", '{"space": {"hidden": "5..9"}, "epochs": 2, "held_out": 50}', 1),
        "has another plan",
    ),
    "data-missing": (sql("DELETE FROM study_user_attributes WHERE key = 'data_sha256'"), "other images"),
    "finalists-number": (attribute("study_user", "finalists", "3", 1), "the study 3 is damaged"),
    "finalists-nowhere": (attribute("study_user", "finalists", '"none"', 1), "the study 'none' is damaged"),
    "finalists-itself": (attribute("study_user", "finalists", '"sweep"', 1), DAMAGED),
    "finalists-settings": (attribute("study_user", "settings", '[{"hidden": 5}]', 2), "-finalists-"),
    "finalists-number-of": (attribute("study_user", "settings", "7", 2), "-finalists-"),
    "finalists-which": (
        sql(
            """UPDATE trial_params SET param_value = 5, distribution_json = replace(replace(distribution_json,
            '"low": 0', '"low": 5'), '"high": 0', '"high": 5') WHERE param_name = 'finalist'"""
        ),
        "must have a finalist and a seed",
    ),
    # The database.
    "schema-of-the-future": (sql("UPDATE alembic_version SET version_num = 'v9'"), "cannot open the storage"),
    "column-missing": (sql("ALTER TABLE trial_values DROP COLUMN value"), "no such column"),
    "table-missing": (sql("DROP TABLE trial_values"), DAMAGED),
    "truncated": (cut(0.5), "malformed"),
    "truncated-header": (cut(0.0001), "not a database"),
    "no-database": (database(lambda path: path.write_bytes(b"PK\3\4" * 5000)), "not a database"),
    "folder": (database(Path.mkdir), "unable to open database file"),
    # The folder's settings.
    "settings-trials": (settings(trials="many"), "trials in "),
    "settings-trials-infinite": (settings(trials=float("inf")), "trials in "),
    "settings-trials-missing": (settings(trials="REMOVED"), "is not the folder of a sweep"),
    "settings-heartbeat": (settings(heartbeat=-1), "heartbeat in "),
    "settings-study": (settings(study=5), "study in "),
    "settings-images": (settings(images=5), "images in "),
    "settings-plan": (settings(sweep=[]), "the plan of the sweep is damaged"),
    "settings-plan-space": (plan(space={"hidden": 5}), "the plan of the sweep is damaged"),
    "settings-plan-epochs": (plan(epochs="ten"), "epochs must be a positive integer"),
    "settings-plan-each": (plan(each=["hidden"]), "the plan of the sweep is damaged"),
    "settings-plan-unknown": (plan(color="red"), "the plan of the sweep is damaged"),
}


@pytest.fixture
def folder(swept: Path, tmp_path: Path) -> Path:
    """Return a copy of the sweep's folder, to damage."""
    return shutil.copytree(swept, tmp_path / "run")


def refusal(*command: str | Path) -> str:
    line = complaint(*command)
    assert len(line) < 600
    return line


@pytest.mark.parametrize("name", HOSTILE)
def test_resume_refuses_in_one_sentence(name: str, folder: Path) -> None:
    damage, words = HOSTILE[name]
    damage(folder)
    more = () if name.startswith("settings-trials") else ("--trials", str(TRIALS + 1))
    assert words in refusal("sweep", "--resume", folder, *more)


#: One of each kind: both commands make the same checks.
REPORTED = ["value-null", "state-unknown", "direction-unknown", "finalists-nowhere", "truncated", "settings-plan"]


@pytest.mark.parametrize("name", REPORTED)
def test_report_refuses_in_one_sentence(name: str, folder: Path, tmp_path: Path) -> None:
    damage, words = HOSTILE[name]
    damage(folder)
    assert words in refusal("report", folder, "--output", tmp_path / "report")
    assert not (tmp_path / "report").exists()


#: What does no harm.
HARMLESS: dict[str, Damage] = {
    "nothing": lambda folder: folder,
    "empty-file": database(Path.touch),
    "foreign-database": database(
        lambda path: sqlite3.connect(path).execute("CREATE TABLE moz_places (id INTEGER)").connection.close()
    ),
    "heartbeat-of-the-future": sql("UPDATE trial_heartbeats SET heartbeat = '9999-01-01 00:00:00'"),
    "killed-trial": sql(
        "INSERT INTO trials (number, study_id, state, datetime_start) VALUES (3, 1, 'RUNNING', '2020-01-01 00:00:00')",
        "INSERT INTO trial_heartbeats (trial_id, heartbeat) VALUES (6, '2020-01-01 00:00:00')",
    ),
    "failed-trial": sql(
        "INSERT INTO trials (number, study_id, state, datetime_start, datetime_complete)"
        " VALUES (3, 1, 'FAIL', '2020-01-01 00:00:00', '2020-01-01 00:00:00')"
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_resume_works(name: str, folder: Path) -> None:
    HARMLESS[name](folder)
    result = run("sweep", "--resume", folder, "--trials", str(TRIALS + 1), "--json")
    assert result.returncode == 0, result.stderr
    assert len(json.loads(result.stdout)["trials"]) == TRIALS + 1


def test_locked_database_is_refused_after_the_timeout(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_LOCK_TIMEOUT", 0.1)
    connection = sqlite3.connect(folder / "study.db", isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    assert refusal("sweep", "--resume", folder) == "cannot open the storage: database is locked\n"
    connection.close()
