"""Start other programs: the one door to them."""

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
    """Run to the end; `env` replaces the whole environment.

    Output goes to the terminal unless `capture`. Raises Problem when the program is missing or when
    its exit code is not in `accept`.
    """
    sink = subprocess.PIPE if capture else None
    with _started(command, cwd=cwd, env=env, stdout=sink, stderr=sink, hint=hint) as child:
        stdout, stderr = child.communicate()
    done = subprocess.CompletedProcess(child.args, child.returncode, stdout, stderr)
    if done.returncode not in accept:
        said = (done.stderr or done.stdout or "").strip()
        raise Problem(
            f"{_words(command)} ended with exit code {done.returncode}." + (f"\n{said}" if said else ""),
            hint=hint,
        )
    return done


def stream(
    command: Sequence[str | Path],
    each: Callable[[str], None],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    hint: str = "",
) -> int:
    """Run to the end, hand over every line of both outputs as it comes, and return the exit code.

    The outputs go through a file, not a pipe: when this process is killed, the child is not, and Terraform
    still writes its state and frees its lock.
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
    """Whole lines of a file that a child writes, until it ends."""
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
    """Start a process in a session of its own, so that it outlives this one; both outputs go to `log`."""
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
    """Start a child and wait for its end, also when this process is told to stop.

    A terminal's Ctrl-C reaches the child too, and a polite end (Terraform's, which writes its state and
    frees its lock) takes longer than subprocess.run grants it. SIGTERM reaches this process alone, so it
    is passed on.
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
                # What this process made inheritable, it wants held for as long as the child lives.
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
    """Only the main thread may set handlers; in another one signals never arrive."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, listen) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _words(command: Sequence[str | Path]) -> str:
    return shlex.join(str(word) for word in command)
