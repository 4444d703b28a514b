"""Life cycle of the daemon. Every folder of these tests has a space in its name."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops.checkout import ROOT, python
from ops.errors import Problem
from ops.local import engine

pytestmark = pytest.mark.process

PYTHON = python(ROOT, ".venv-emulator")
STARTER = """
import os, sys
from pathlib import Path
from typing import Any
from ops.local import engine
engine.start(Path(sys.argv[1]), python=Path(sys.argv[2]))
os.kill(os.getpid(), 9)
"""

WRITER = """
import fcntl, sys, time
state = open(sys.argv[1], "w")
fcntl.flock(state, fcntl.LOCK_EX)
print(flush=True)
time.sleep(0.05)
state.write('{"pid": 1}')
state.flush()
sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A checkout whose daemon is ended after the test, with a short time limit."""
    folder = tmp_path / "my checkout"
    folder.mkdir()
    yield folder
    engine.stop(folder)


@pytest.fixture
def stand_in(home: Path) -> Callable[[str], Path]:
    """Creates a script that replaces the emulator's interpreter."""

    def make(does: str) -> Path:
        program = home / "python"
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)
        return program

    return make


def gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_second_start_finds_the_first_engine_and_a_stop_ends_it(home: Path) -> None:
    assert engine.status(home) is None
    first = engine.start(home, python=PYTHON)
    assert engine.start(home, python=PYTHON) == first == engine.status(home)
    assert first.endpoint.startswith("http://127.0.0.1:")
    assert engine.stop(home)
    assert gone(first.pid)
    assert engine.status(home) is None
    assert not engine.stop(home)


def test_two_starts_at_once_make_one_engine(home: Path) -> None:
    found: list[engine.Running] = []
    threads = [
        threading.Thread(target=lambda: found.append(engine.start(home, python=PYTHON))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    assert found[0] == found[1]


def test_the_engine_outlives_a_killed_starter(home: Path) -> None:
    done = subprocess.run([sys.executable, "-c", STARTER, home, PYTHON], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert engine.status(home) is not None


def test_a_reset_forgets_everything_but_the_port(home: Path) -> None:
    before = engine.start(home, python=PYTHON)
    queues(before).create_queue(QueueName="gone")
    after = engine.reset(home, python=PYTHON)
    assert (after.endpoint, after.pid != before.pid) == (before.endpoint, True)
    assert queues(after).list_queues().get("QueueUrls", []) == []
    assert after.log.with_name("engine.1.log").exists()


def test_a_port_in_use_gives_the_next_free_one(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (home / ".payctl" / "local").mkdir(parents=True)
        (home / ".payctl" / "local" / "port").write_text(str(port))
        assert int(engine.start(home, python=PYTHON).endpoint.rpartition(":")[2]) > port


def test_an_engine_that_hangs_is_replaced(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hung = engine.start(home, python=PYTHON)
    os.kill(hung.pid, signal.SIGSTOP)
    for name in ("ANSWER_SECONDS", "CALL_SECONDS", "END_SECONDS"):
        monkeypatch.setattr(engine, name, 0.1)
    assert engine.status(home) is None
    assert engine.start(home, python=PYTHON).pid != hung.pid
    assert gone(hung.pid)


def test_a_process_that_took_over_the_number_of_a_dead_engine_is_left_alone(home: Path) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        folder = home / ".payctl" / "local"
        folder.mkdir(parents=True)
        (folder / "engine.json").write_text(json.dumps({"pid": stranger.pid, "port": 1, "secret": ""}))
        assert engine.status(home) is None
        assert not engine.stop(home)
        assert stranger.poll() is None
        stranger.kill()


def test_a_start_waits_for_an_engine_that_is_just_writing_its_state(home: Path) -> None:
    written = home / "engine.json"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, written], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        assert engine._alive(home) == {"pid": 1}


def test_without_the_emulator_it_says_how_to_install_it(home: Path) -> None:
    with pytest.raises(Problem, match="Local AWS is not installed") as problem:
        engine.start(home)
    assert problem.value.hint == "Install it: ./payctl setup"


def test_an_engine_that_ends_at_once_is_a_problem_that_names_log_and_last_line(
    home: Path, stand_in: Callable[[str], Path]
) -> None:
    with pytest.raises(Problem, match="Local AWS ended while starting") as problem:
        engine.start(home, python=stand_in("echo no cbor2 here; exit 1"))
    log = home / ".payctl" / "local" / "engine.log"
    assert problem.value.hint == f"Its log is {log}; it ends: no cbor2 here"


def test_an_engine_that_never_answers_is_a_problem_and_is_ended(
    home: Path, stand_in: Callable[[str], Path]
) -> None:
    with pytest.raises(Problem, match=r"Local AWS did not answer within 0\.2 s"):
        engine.start(home, python=stand_in('echo $$ > "$TMPDIR/pid"; exec sleep 60'), seconds=0.2)
    assert gone(int((home / ".payctl" / "local" / "tmp" / "pid").read_text()))


def test_the_logs_of_the_last_five_starts_are_kept(home: Path, stand_in: Callable[[str], Path]) -> None:
    for number in range(7):
        with pytest.raises(Problem):
            engine.start(home, python=stand_in(f"echo start {number}; exit 1"))
    logs = sorted((home / ".payctl" / "local").glob("engine*.log"))
    assert sorted(log.read_text().strip() for log in logs) == [f"start {number}" for number in range(2, 7)]


def test_a_place_that_cannot_be_written_is_a_problem(home: Path) -> None:
    (home / ".payctl").write_text("")
    with pytest.raises(Problem, match="cannot be created: Not a directory"):
        engine.status(home)
    (home / ".payctl").unlink()


def test_nothing_of_a_persons_own_settings_leads_elsewhere(
    running: engine.Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_PROFILE": "company",
        "AWS_SESSION_TOKEN": "x",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "example.com",
    }
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    laid_over = engine.environment(running, "123456789012", "us-west-2")
    assert laid_over["NO_PROXY"] == laid_over["no_proxy"] == "example.com,127.0.0.1"
    code = "import boto3; c = boto3.client('sts'); print(c.get_caller_identity()['Arn'], c.meta.region_name)"
    everything = {**os.environ, **laid_over}
    done = subprocess.run(
        [sys.executable, "-c", code], env=everything, text=True, capture_output=True, check=True
    )
    assert done.stdout == "arn:aws:iam::123456789012:root us-west-2\n"


def test_the_secret_is_not_shown_where_the_engine_is_printed(running: engine.Running) -> None:
    assert running.secret
    assert running.secret not in repr(running)


def test_a_stage_is_called_below_the_endpoint() -> None:
    url = engine.invoke_url("http://127.0.0.1:4566", "a1b2c3", "dev")
    assert url == "http://127.0.0.1:4566/_aws/execute-api/a1b2c3/dev"


def queues(of: engine.Running) -> Any:
    laid_over = engine.environment(of, "123456789012")
    return boto3.client(
        "sqs",
        endpoint_url=of.endpoint,
        region_name=laid_over["AWS_REGION"],
        aws_access_key_id=laid_over["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=laid_over["AWS_SECRET_ACCESS_KEY"],
    )
