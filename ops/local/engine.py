"""Life cycle of the local AWS: one daemon per checkout, on loopback, that outlives its starter.

What is true of it lies in `<checkout>/.payctl/local/`. `engine.json` names process, port and secret, and the
daemon holds a lock on it for as long as it lives: a process id without that lock is a stranger's by now.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.errors import Problem
from ops.run import background

HOST = "127.0.0.1"
REGION = "eu-west-1"
READY_SECONDS = 60.0
ANSWER_SECONDS = 20.0
CALL_SECONDS = 1.0
END_SECONDS = 10.0
KEPT_LOGS = 5
SOURCES = Path(__file__).resolve().parents[2]
# The last lets functions here send webhooks to receivers here: docs/webhooks.md.
HANDED_ON = (
    "HOME",
    "LANG",
    "LC_ALL",
    "PATH",
    "TZ",
    "COVERAGE_PROCESS_CONFIG",
    "COVERAGE_PROCESS_START",
    "WEBHOOKS_TO_LOOPBACK",
)
FOREIGN = ("AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")


@dataclass(frozen=True, slots=True)
class Running:
    """A living engine: its URL, its process (which leads a process group), its log, its root secret."""

    endpoint: str
    pid: int
    log: Path
    secret: str = field(repr=False)


def start(checkout: Path, *, python: Path | None = None, seconds: float = READY_SECONDS) -> Running:
    """The engine of a checkout, started unless it runs; one that hangs is replaced.

    `python` is the interpreter of the emulator's environment.
    """
    folder = _folder(checkout)
    program = python or checkout / ".venv-emulator" / "bin" / "python"
    if not program.exists():
        raise Problem(f"Local AWS is not installed: {program} is missing.", hint="Install it: ./payctl setup")
    with _one_at_a_time(folder):
        found = _alive(folder)
        if found and _answers(found, ANSWER_SECONDS):
            return _running(folder, found)
        _end(folder)
        return _launch(folder, program, seconds)


def stop(checkout: Path) -> bool:
    """End the engine with everything it started, functions included; whether there was one."""
    folder = _folder(checkout)
    with _one_at_a_time(folder):
        return _end(folder)


def status(checkout: Path) -> Running | None:
    """The engine, if it lives and answers."""
    folder = _folder(checkout)
    found = _alive(folder)
    return _running(folder, found) if found and _answers(found, 0) else None


def reset(checkout: Path, *, python: Path | None = None) -> Running:
    """A fresh engine: all state is in memory, so it ends with the process. The port stays."""
    stop(checkout)
    return start(checkout, python=python)


def environment(running: Running, account: str, region: str = REGION) -> dict[str, str]:
    """Variables to lay over a process's own, so that every SDK in it talks to the engine as `account`'s root.

    Whatever would win over them (profiles, sessions, an endpoint for one service, a proxy) is put out.
    """
    others = [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_")]
    exempt = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or HOST
    bypass = exempt if HOST in exempt else f"{exempt},{HOST}"
    profile = str(running.log.with_name("profile.ini"))
    return {
        **dict.fromkeys((*FOREIGN, *others), ""),
        "AWS_ACCESS_KEY_ID": account,
        "AWS_CONFIG_FILE": profile,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_PROFILE": "default",
        "AWS_REGION": region,
        "AWS_SECRET_ACCESS_KEY": running.secret,
        "AWS_SHARED_CREDENTIALS_FILE": profile,
        "NO_PROXY": bypass,
        "no_proxy": bypass,
    }


def invoke_url(endpoint: str, api_id: str, stage: str) -> str:
    """Base URL of a stage of a REST API; append the path of a resource."""
    return f"{endpoint}/_aws/execute-api/{api_id}/{stage}"


def _folder(checkout: Path) -> Path:
    folder = checkout / ".payctl" / "local"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(
            f"{folder} cannot be made: {error.strerror}.", hint="Local AWS keeps its state there."
        ) from error
    return folder


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _alive(folder: Path) -> dict[str, Any] | None:
    """What the living daemon says of itself."""
    while True:
        try:
            with (folder / "engine.json").open() as handle:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
        except FileNotFoundError:
            return None
        except BlockingIOError:
            with suppress(json.JSONDecodeError):
                said: dict[str, Any] = json.loads((folder / "engine.json").read_text())
                return said
            time.sleep(0.01)  # locked, and its first line is still being written


def _running(folder: Path, said: dict[str, Any]) -> Running:
    return Running(f"http://{HOST}:{said['port']}", said["pid"], folder / "engine.log", said["secret"])


def _answers(said: dict[str, Any], seconds: float) -> bool:
    """Whether health is answered in time; asked at least once."""
    deadline = time.monotonic() + seconds
    while True:
        connection = http.client.HTTPConnection(HOST, said["port"], timeout=CALL_SECONDS)
        with closing(connection), suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/_ministack/health")
            if connection.getresponse().status == 200:
                return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)


def _launch(folder: Path, program: Path, seconds: float) -> Running:
    (folder / "engine.json").unlink(missing_ok=True)
    shutil.rmtree(folder / "tmp", ignore_errors=True)
    (folder / "tmp").mkdir(mode=0o700)
    (folder / "profile.ini").write_text("[default]\n")
    log = _rotated(folder)
    variables = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
    variables["TMPDIR"] = str(folder / "tmp")
    process = background([program, "-m", "ops.local.server", folder], env=variables, log=log, cwd=SOURCES)
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        said = _alive(folder)
        if said and _answers(said, 0):
            process.returncode = 0  # nobody here waits for a daemon; Popen would warn that it still lives
            return _running(folder, said)
        time.sleep(0.05)
    what = f"did not answer within {seconds:g} s" if process.poll() is None else "ended while starting"
    _kill(process.pid, signal.SIGKILL)
    process.wait()
    last = log.read_text(errors="replace").strip().splitlines()[-1:]
    raise Problem(
        f"Local AWS {what}.", hint=f"Its log is {log}" + "".join(f"; it ends: {line}" for line in last)
    )


def _rotated(folder: Path) -> Path:
    """A place for a new log; the last ones stay beside it as engine.1.log, engine.2.log …"""
    logs = [folder / "engine.log", *(folder / f"engine.{number}.log" for number in range(1, KEPT_LOGS))]
    for older, newer in reversed(list(zip(logs[1:], logs, strict=False))):
        if newer.exists():
            newer.replace(older)
    return logs[0]


def _end(folder: Path) -> bool:
    said = _alive(folder)
    if said is None:
        return False
    for force in (signal.SIGTERM, signal.SIGKILL):
        _kill(said["pid"], force)
        deadline = time.monotonic() + END_SECONDS
        while _alive(folder) and time.monotonic() < deadline:
            time.sleep(0.02)
    with suppress(ChildProcessError):
        os.waitpid(said["pid"], 0)  # a child of ours, if we are its starter
    return True


def _kill(group: int, force: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, force)
