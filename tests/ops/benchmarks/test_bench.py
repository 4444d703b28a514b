from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from ops.benchmarks import bench
from ops.errors import Problem
from ops.run import background

pytestmark = pytest.mark.process

# Stands for an app that starts a process which holds MB for a while: more with stock bindings.
APP = """
import os, pathlib, subprocess, sys
stock = os.environ["PAYMENTS_STOCK_BINDINGS"] == "1"
if "HOLD" in os.environ:
    hold = f"import time; held = b'x' * ({60 if stock else 20} << 20); time.sleep({0.3 if stock else 0.1})"
    subprocess.run([sys.executable, "-c", hold])
write = os.environ.get("WRITE", "same")
stack = pathlib.Path(os.environ["CDKTF_OUTDIR"], "stacks", "payments-dev")
stack.mkdir(parents=True, exist_ok=True)
if write != "nothing":
    (stack / "cdk.tf.json").write_text(write if stock else "same")
"""

HANGS_THE_SECOND_TIME = """
import pathlib, time
again = pathlib.Path("again")
time.sleep(60) if again.exists() else again.touch()
"""


def synth(cwd: Path, **variables: str) -> dict[str, Any]:
    figures: dict[str, Any] = bench.synth([sys.executable, "-c", APP], cwd=cwd, variables=variables, runs=1)
    return figures


def test_both_bindings_are_measured_with_all_their_processes(tmp_path: Path) -> None:
    figures = json.loads(json.dumps(synth(tmp_path, HOLD="yes")))
    stock, fast = figures["stock"]["then"], figures["fast"]["then"]
    assert stock["seconds"] > 0.3
    assert stock["seconds"] / fast["seconds"] == pytest.approx(figures["times_faster"], abs=0.1)
    assert 30 < stock["peak_mb"] - fast["peak_mb"] < 50
    assert figures["stock"]["first"].keys() == fast.keys() == {"seconds", "peak_mb"}
    assert (figures["runs"], figures["identical"]) == (1, True)


def test_the_execution_that_is_timed_is_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []

    def resident(pid: int) -> int:
        looked_at.append(pid)
        return 0

    monkeypatch.setattr(bench, "_resident", resident)
    pids = tmp_path / "pids"
    note = f"import os, time; open({str(pids)!r}, 'a').write(f'{{os.getpid()}} '); time.sleep(0.2)"
    bench.measure([sys.executable, "-c", note], cwd=tmp_path, variables={})
    timed, weighed = map(int, pids.read_text().split())
    assert timed not in looked_at
    assert weighed in looked_at


@pytest.mark.parametrize("write", ["other", "nothing"])
def test_stacks_that_differ_or_are_missing_are_not_identical(tmp_path: Path, write: str) -> None:
    assert synth(tmp_path, WRITE=write)["identical"] is False


def test_a_failing_app_is_a_problem_with_what_it_said(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; print('no such stack'); sys.exit(3)"]
    with pytest.raises(Problem, match=r"ended with exit code 3\.\nno such stack"):
        bench.measure(command, cwd=tmp_path, variables={})


def test_an_interrupted_measurement_leaves_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Popen[bytes]] = []

    def note(*args: Any, **kwargs: Any) -> Popen[bytes]:
        started.append(background(*args, **kwargs))
        return started[-1]

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "background", note)
    monkeypatch.setattr("time.sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        bench.measure([sys.executable, "-c", HANGS_THE_SECOND_TIME], cwd=tmp_path, variables={})
    assert [child.returncode for child in started] == [0, -9]
