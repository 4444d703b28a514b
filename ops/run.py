"""The only module that starts other programs."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from ops.errors import Problem, Terminated
from ops.progress import Waiting


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    capture: bool = False,
    accept: Sequence[int] = (0,),
    hint: str = "",
) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end; `env` replaces the whole environment.

    Output goes to the terminal unless `capture`. Raises Problem if the program is missing or its exit code is
    not in `accept`.
    """
    sink = subprocess.PIPE if capture else None
    with _started(command, cwd=cwd, env=env, stdout=sink, stderr=sink, hint=hint) as child:
        stdout, stderr = child.communicate()
    done = subprocess.CompletedProcess(child.args, child.returncode, stdout, stderr)
    if done.returncode not in accept:
        output = (done.stderr or done.stdout or "").strip()
        what = f"{shlex.join(map(str, command))} ended with exit code {done.returncode}."
        raise Problem(f"{what}\n{output}" if output else what, hint=hint)
    return done


def stream(
    command: Sequence[str | Path],
    each: Callable[[str], None],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    hint: str = "",
) -> int:
    """Runs a program to its end, passes each line of stdout and stderr to `each`, and returns the exit code.

    The output goes through a file, not a pipe: if this process is killed, Terraform goes on, writes its state
    and frees its lock.
    """
    with (
        tempfile.TemporaryFile() as sink,
        _started(
            command, cwd=cwd, env=env, stdout=sink.fileno(), stderr=subprocess.STDOUT, hint=hint
        ) as child,
    ):
        for line in _lines(sink.fileno(), child):
            each(line)
    return child.returncode


def _lines(output: int, child: subprocess.Popen[str]) -> Iterator[str]:
    """Yields whole lines of the file that a child writes, until the child ends."""
    position, rest = 0, b""
    while True:
        ended = child.poll() is not None
        chunk = os.pread(output, 1 << 16, position)
        position += len(chunk)
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode(errors="replace") for line in lines)
        if ended and not chunk:
            yield from [rest.decode(errors="replace")] if rest else []
            return
        if not chunk:
            time.sleep(0.05)


def background(
    command: Sequence[str | Path], *, env: Mapping[str, str], log: Path, cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    """Starts a process in its own session, so that it outlives this one; its output is appended to `log`."""
    with log.open("ab") as sink:
        return subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


@contextlib.contextmanager
def exclusive_lock(file: Path, waiting: str) -> Iterator[None]:
    """Holds an exclusive lock on a file, and shows `waiting` while another process holds it.

    Child processes inherit the lock: it lasts until the last of them ends, also when this process is killed.
    """
    with file.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with Waiting(waiting):
                fcntl.flock(handle, fcntl.LOCK_EX)
        os.set_inheritable(handle.fileno(), True)
        yield


@contextlib.contextmanager
def _started(
    command: Sequence[str | Path],
    *,
    cwd: Path | None,
    env: Mapping[str, str] | None,
    stdout: int | None,
    stderr: int | None,
    hint: str,
) -> Iterator[subprocess.Popen[str]]:
    """Starts a child and waits for its end, also after SIGINT and SIGTERM.

    Ctrl-C in a terminal reaches the child too; Terraform then writes its state and frees its lock, which
    takes longer than subprocess.run waits. SIGTERM reaches only this process, so it is passed on.
    """
    received: list[int] = []
    children: list[subprocess.Popen[str]] = []

    def listen(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        print(f"\nStopping: waiting for {Path(command[0]).name} to end.", file=sys.stderr)
        if number == signal.SIGTERM:
            for child in children:
                child.send_signal(number)

    with _handled(listen):
        try:
            child = subprocess.Popen(
                [str(word) for word in command],
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                text=True,
                errors="replace",
                # Inheritable locks are kept until the child ends.
                close_fds=False,
            )
        except OSError as error:
            raise Problem(f"{command[0]} cannot be started: {error.strerror}.", hint=hint) from error
        children.append(child)
        with child:
            yield child
    if received:
        raise Terminated if signal.SIGTERM in received else KeyboardInterrupt


@contextlib.contextmanager
def _handled(listen: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Sets signal handlers in the main thread; other threads receive no signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, listen) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
