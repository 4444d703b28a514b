from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ops.checkout import ROOT
from ops.errors import Problem
from ops.run import background, exclusive_lock, run, stream

pytestmark = pytest.mark.process

POLITE = """
import os, signal, sys, time
def end(number, frame):
    print("state written", signal.Signals(number).name)
    sys.exit(3)
signal.signal(signal.SIGINT, end)
signal.signal(signal.SIGTERM, end)
print(os.getpid(), flush=True)
time.sleep(30)
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_run_hands_back_what_the_program_printed() -> None:
    done = run(python("import sys; print('out'); print('err', file=sys.stderr)"), capture=True)
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_a_run_replaces_the_environment_and_the_folder(tmp_path: Path) -> None:
    code = "import os; print(os.environ.get('HOME'), os.environ['A'], os.getcwd())"
    done = run(python(code), env={"A": "1"}, cwd=tmp_path, capture=True)
    assert done.stdout == f"None 1 {tmp_path}\n"


def test_a_program_is_never_asked_by_its_input() -> None:
    assert run(python("print(repr(input()))"), capture=True, accept=(1,)).returncode == 1


def test_a_failure_is_a_problem_with_what_the_program_said() -> None:
    with pytest.raises(Problem, match=r"(?s)ended with exit code 7.*broken") as caught:
        run(python("import sys; sys.stderr.write('broken'); sys.exit(7)"), capture=True, hint="Mend it.")
    assert caught.value.hint == "Mend it."


def test_a_failure_whose_output_was_seen_is_not_repeated() -> None:
    with pytest.raises(Problem, match=r"exit code 7\.$"):
        run(python("import sys; sys.exit(7)"))


def test_an_accepted_exit_code_is_no_failure() -> None:
    assert run(python("import sys; sys.exit(2)"), accept=(0, 2)).returncode == 2


def test_a_missing_program_is_a_problem() -> None:
    with pytest.raises(Problem, match=r"nowhere/program cannot be started: No such file"):
        run(["/nowhere/program"])


def test_a_stream_hands_over_the_lines_of_both_outputs() -> None:
    lines: list[str] = []
    code = "import sys; print('a', flush=True); print('b', file=sys.stderr); sys.exit(4)"
    assert stream(python(code), lines.append) == 4
    assert lines == ["a", "b"]


def test_a_last_line_without_an_end_is_handed_over_too() -> None:
    lines: list[str] = []
    stream(python("print('a'); print('b', end='')"), lines.append)
    assert lines == ["a", "b"]


def test_a_child_goes_on_when_we_are_killed_and_keeps_the_lock(tmp_path: Path) -> None:
    lock, done = tmp_path / "lock", tmp_path / "done"
    child = f"""
import time
print("going", flush=True)
time.sleep(0.5)
print("still going", flush=True)
open({str(done)!r}, "w").close()
"""
    parent = f"""
import os, signal, sys
from pathlib import Path
from ops.run import exclusive_lock, stream
with exclusive_lock(Path({str(lock)!r}), "wait"):
    stream([sys.executable, "-c", {child!r}], lambda line: os.kill(os.getpid(), signal.SIGKILL))
"""
    killed = subprocess.run(python(parent), cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    with exclusive_lock(lock, "wait"):  # waits for the child
        assert done.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_child_ends_politely_when_we_are_told_to_stop(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[str] = []

    def each(line: str) -> None:
        lines.append(line)
        if line.isdigit():
            os.kill(os.getpid(), number)
            if number == signal.SIGINT:  # a terminal sends it to the child as well
                os.kill(int(line), number)

    with pytest.raises(KeyboardInterrupt):
        stream(python(POLITE), each)
    assert lines[1:] == [f"state written {number.name}"]
    assert "Stopping: waiting for python" in capsys.readouterr().err


def test_signals_are_as_before_after_a_run() -> None:
    before = signal.getsignal(signal.SIGTERM)
    run(python(""))
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_run_works_outside_the_main_thread() -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(run(python("")).returncode))
    thread.start()
    thread.join()
    assert codes == [0]


def test_a_background_process_has_its_own_session_and_its_output_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "import os; print(os.getsid(0) == os.getpid())"
    with background(python(code), env=dict(os.environ), log=log, cwd=tmp_path) as process:
        assert process.wait() == 0
    assert log.read_text() == "True\n"
