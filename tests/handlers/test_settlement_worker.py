import json
import signal
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from constructs_lib.packaging import build_zip
from payments.logs import Log
from settlement_worker.worker import work

HANDLERS = Path(__file__).resolve().parents[2] / "handlers"


def test_a_worker_says_that_it_lives_until_it_is_stopped() -> None:
    stopped = Event()
    lines: list[str] = []

    def write(line: str) -> None:
        lines.append(json.loads(line)["message"])
        if lines.count("nothing to settle") == 2:
            stopped.set()

    work(gateway="simulator", beat=timedelta(0), stopped=stopped, log=Log(write=write))
    assert lines == ["worker started", "nothing to settle", "nothing to settle", "worker stopped"]


def test_a_gateway_whose_settlements_cannot_be_read_is_not_taken_for_settled() -> None:
    with pytest.raises(ValueError, match="settlements of stripe cannot be read"):
        work(gateway="stripe", beat=timedelta(0), stopped=Event(), log=Log(write=lambda line: None))


def test_the_worker_runs_from_its_zip_alone_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    sources = {part: HANDLERS / part for part in ("payments", "settlement_worker")}
    with zipfile.ZipFile(build_zip(sources, tmp_path / "worker.zip").path) as archive:
        archive.extractall(tmp_path / "worker")
    worker = subprocess.Popen(
        [sys.executable, "-u", "-m", "settlement_worker"],
        cwd=tmp_path / "worker",
        env={"GATEWAY": "simulator"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout
    with worker, worker.stdout:
        assert json.loads(worker.stdout.readline())["message"] == "worker started"
        worker.send_signal(signal.SIGTERM)
        assert json.loads(worker.stdout.readline())["message"] == "worker stopped"
    assert worker.returncode == 0
