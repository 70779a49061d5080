"""A sweep shared by several processes through a PostgreSQL server that this test starts."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
import psycopg
import pytest
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from sqlalchemy import NullPool

from inknet import Network
from inknet.sweep.sweep import open_results
from tests.sweep.helpers import Digits

pytestmark = pytest.mark.slow

TRIALS, PROCESSES = 10, 4


def _binaries() -> Path | None:
    """Return the folder of the server's programs; Debian does not put them on the PATH."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(folders, key=lambda folder: int(folder.parent.name), default=None)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Run a server on a socket in a temporary folder, and return its URL."""
    programs = _binaries()
    if programs is None:
        reason = "PostgreSQL is not installed"
        if os.environ.get("REQUIRE_BROWSERS"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Not in pytest's folder, which the server's user cannot enter; the path of a socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    user = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    if user is not None:
        shutil.chown(folder, user)

    def do(program: str, *arguments: str) -> None:
        with (folder.parent / f"{folder.name}.log").open("ab") as log:
            command = [str(programs / program), "-D", str(folder / "data"), *arguments]
            subprocess.run(command, check=True, stdout=log, stderr=log, user=user, cwd="/", timeout=60)

    try:
        do("initdb", "--auth=trust", "--username=inknet", "--no-sync", "--encoding=UTF8")
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=60"
        do("pg_ctl", "start", "-w", "-o", options)
        try:
            yield f"postgresql://inknet@/postgres?host={folder}"
        finally:
            do("pg_ctl", "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder)
        (folder.parent / f"{folder.name}.log").unlink(missing_ok=True)


def _command(server: str, digits: Digits, run: Path, *options: str) -> list[str]:
    command = [sys.executable, "-m", "inknet", "sweep", "--storage", server, "--run", str(run), "--heartbeat", "1"]
    command += ["--images", str(digits["images"]), "--labels", str(digits["labels"]), "--held-out", "200"]
    # A batch size of 1: a trial takes a second, long enough to be killed in the middle.
    return [*command, "--batch-size", "1", "--learning-rate", "0.001..0.01", "--hidden", "20,40", *options]


@contextmanager
def _study(server: str, name: str) -> Iterator[optuna.Study]:
    """Open a study with plain Optuna."""
    storage = RDBStorage(server.replace("postgresql:", "postgresql+psycopg:"), engine_kwargs={"poolclass": NullPool})
    try:
        yield optuna.load_study(study_name=name, storage=storage)
    finally:
        storage.remove_session()


def _kill_in_mid_trial(process: "subprocess.Popen[str]", server: str) -> int:
    """Kill a process in the middle of a trial, and return the trial's number."""
    for _ in range(1000):
        time.sleep(0.05)
        assert process.poll() is None, "it ended before it could be killed"
        if _own(server, process.pid) is None:
            continue
        # Stop it first, so that the trial cannot end before the kill.
        process.send_signal(signal.SIGSTOP)
        trial = _own(server, process.pid)
        if trial is not None:
            process.kill()
            return trial
        process.send_signal(signal.SIGCONT)
    pytest.fail("it was never in the middle of a trial")


def _own(server: str, pid: int) -> int | None:
    """Return the number of the trial that a process is training."""
    question = """
        SELECT number FROM trials JOIN trial_user_attributes USING (trial_id)
        WHERE state = 'RUNNING' AND key = 'process' AND value_json LIKE %s
        AND EXISTS (SELECT 1 FROM trial_intermediate_values v WHERE v.trial_id = trials.trial_id)
    """
    try:
        with psycopg.connect(server) as connection:
            row = connection.execute(question, [f'%:{pid}"']).fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    return None if row is None else int(row[0])


def test_four_processes_share_a_study_and_one_is_killed(server: str, digits: Digits, tmp_path: Path) -> None:
    options = ("--study", "four", "--trials", str(TRIALS), "--epochs", "4", "--prune-after", "3")
    processes = [
        subprocess.Popen(
            _command(server, digits, tmp_path / f"machine-{number}", *options), stderr=subprocess.PIPE, text=True
        )
        for number in range(PROCESSES)
    ]
    try:
        killed = _kill_in_mid_trial(processes[0], server)
        said = [process.communicate(timeout=240)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [-signal.SIGKILL, 0, 0, 0], said

    with _study(server, "four") as study:
        trials = study.trials
    states = {state: [trial.number for trial in trials if trial.state == state] for state in TrialState}
    # Exactly the requested number of trials is finished, and none is left over.
    assert len(states[TrialState.COMPLETE] + states[TrialState.PRUNED]) == TRIALS
    assert states[TrialState.RUNNING] == states[TrialState.WAITING] == []
    # The killed trial was retried once, with the same settings. Others failed only by withdrawing before they started.
    assert killed in states[TrialState.FAIL]
    assert all(not trials[number].intermediate_values for number in states[TrialState.FAIL] if number != killed)
    (again,) = (trial for trial in trials if trial.system_attrs.get("failed_trial") == killed)
    assert again.state in (TrialState.COMPLETE, TrialState.PRUNED)
    assert again.params == trials[killed].params
    # No trial ran twice: each was reported by one process.
    told = [int(number) for text in said for number in re.findall(r"^trial +(\d+) ", text, flags=re.MULTILINE)]
    assert sorted(told) == sorted(states[TrialState.COMPLETE] + states[TrialState.PRUNED])
    assert sum(bool(re.search(r"^trial ", text, flags=re.MULTILINE)) for text in said[1:]) == PROCESSES - 1
    # Every machine that finished has the best network.
    for number in range(1, PROCESSES):
        run = tmp_path / f"machine-{number}"
        best = open_results(run, server).best
        assert best is not None
        assert Network.load(run / "best.pkl").metadata["trial"] == best.number
    # The URL, which may contain a password, is not stored.
    assert server not in (run / "settings.json").read_text(encoding="utf-8")


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)


def test_same_command_continues_and_another_space_is_rejected(server: str, digits: Digits, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = _command(server, digits, run, "--study", "again", "--epochs", "1")
    for trials, numbers in ((1, ["0"]), (2, ["1"])):
        result = _run([*command, "--trials", str(trials)])
        assert re.findall(r"^trial +(\d+) ", result.stderr, flags=re.MULTILINE) == numbers, result.stderr
    result = _run([*command, "--activation", "relu,tanh", "--run", str(tmp_path / "other")])
    assert result.returncode == 2
    assert result.stderr == (
        "inknet: the study 'again' has another plan: activation is not searched there and relu,tanh here; choose"
        " another name with --study\n"
    )
    report = [sys.executable, "-m", "inknet", "report", str(run), "--output", str(tmp_path / "report")]
    result = _run(report)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "pass its URL with --storage" in result.stderr
    assert _run([*report, "--storage", server]).returncode == 0
    assert "All trials" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("address", ["postgresql://me:secret@127.0.0.1:1/db", "postgresql://me:secret@127.0.0.1:x/db"])
def test_unreachable_storage_is_reported_without_the_password(address: str, digits: Digits, tmp_path: Path) -> None:
    result = _run(_command(address, digits, tmp_path / "run"))
    assert result.returncode == 2
    assert re.match("inknet: (cannot open the storage: |the storage must be a URL such as )", result.stderr)
    assert result.stderr.count("\n") == 1
    assert "secret" not in result.stderr
