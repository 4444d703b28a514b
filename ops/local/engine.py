"""Life cycle of local AWS: one daemon per checkout, on loopback. It outlives the command that starts it.

Its state is in `<checkout>/.payctl/local/`. `engine.json` has process id, port and secret. The daemon locks
it until it ends: without the lock, the process id may belong to an unrelated process.
"""

import fcntl
import http.client
import json
import os
import shutil
import signal
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.errors import Problem
from ops.run import background, exclusive_lock

HOST = "127.0.0.1"
REGION = "eu-west-1"
READY_SECONDS = 60.0
ANSWER_SECONDS = 20.0
CALL_SECONDS = 1.0
END_SECONDS = 10.0
LOG_FILES = 5
SOURCES = Path(__file__).resolve().parents[2]
# WEBHOOKS_TO_LOOPBACK allows Lambda functions to send webhooks to this machine: docs/webhooks.md.
WAIT = "wait for another command that starts or stops local AWS"
INHERITED = (
    "HOME",
    "LANG",
    "LC_ALL",
    "PATH",
    "TZ",
    "COVERAGE_PROCESS_CONFIG",
    "COVERAGE_PROCESS_START",
    "WEBHOOKS_TO_LOOPBACK",
)
OVERRIDING = ("AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")


@dataclass(frozen=True, slots=True)
class Running:
    """Represents a running daemon. `pid` leads a process group; `secret` is root's secret access key."""

    endpoint: str
    pid: int
    log: Path
    secret: str = field(repr=False)


def start(checkout: Path, *, python: Path | None = None, seconds: float = READY_SECONDS) -> Running:
    """Returns the daemon of a checkout. Starts it if necessary and replaces it if it does not respond.

    `python` is the interpreter of the emulator's environment.
    """
    folder = _folder(checkout)
    program = python or checkout / ".venv-emulator" / "bin" / "python"
    if not program.exists():
        raise Problem(f"Local AWS is not installed: {program} is missing.", hint="Install it: ./payctl setup")
    with exclusive_lock(folder / "lock", WAIT):
        found = _alive(folder)
        if found and _responds(found, ANSWER_SECONDS):
            return _running(folder, found)
        _end(folder)
        return _launch(folder, program, seconds)


def stop(checkout: Path) -> bool:
    """Ends the daemon and the Lambda functions that it started. Returns True if it was running."""
    folder = _folder(checkout)
    with exclusive_lock(folder / "lock", WAIT):
        return _end(folder)


def status(checkout: Path) -> Running | None:
    """Returns the daemon if it is running and responds, or None."""
    folder = _folder(checkout)
    found = _alive(folder)
    return _running(folder, found) if found and _responds(found, 0) else None


def reset(checkout: Path, *, python: Path | None = None) -> Running:
    """Restarts the daemon on the same port. It keeps all state in memory, so everything in it is deleted."""
    stop(checkout)
    return start(checkout, python=python)


def environment(running: Running, account: str, region: str = REGION) -> dict[str, str]:
    """Returns environment variables with which every SDK uses the daemon as the root user of `account`.

    They also reset variables that would override them: profiles, sessions, service endpoints and proxies.
    """
    endpoints = [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_")]
    exempt = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or HOST
    bypass = exempt if HOST in exempt else f"{exempt},{HOST}"
    profile = str(running.log.with_name("profile.ini"))
    return {
        **dict.fromkeys((*OVERRIDING, *endpoints), ""),
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
    """Returns the base URL of a stage of a REST API. Append the path of a resource."""
    return f"{endpoint}/_aws/execute-api/{api_id}/{stage}"


def _folder(checkout: Path) -> Path:
    folder = checkout / ".payctl" / "local"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(
            f"{folder} cannot be created: {error.strerror}.", hint="Local AWS keeps its state there."
        ) from error
    return folder


def _alive(folder: Path) -> dict[str, Any] | None:
    """Returns the contents of `engine.json` while the daemon runs, or None."""
    while True:
        try:
            with (folder / "engine.json").open() as handle:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
        except FileNotFoundError:
            return None
        except BlockingIOError:
            with suppress(json.JSONDecodeError):
                state: dict[str, Any] = json.loads((folder / "engine.json").read_text())
                return state
            time.sleep(0.01)  # locked, but not written yet


def _running(folder: Path, state: dict[str, Any]) -> Running:
    return Running(f"http://{HOST}:{state['port']}", state["pid"], folder / "engine.log", state["secret"])


def _responds(state: dict[str, Any], seconds: float) -> bool:
    """Returns True if the health check succeeds within `seconds`. It is tried at least once."""
    deadline = time.monotonic() + seconds
    while True:
        connection = http.client.HTTPConnection(HOST, state["port"], timeout=CALL_SECONDS)
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
    variables = {name: os.environ[name] for name in INHERITED if name in os.environ}
    variables["TMPDIR"] = str(folder / "tmp")
    process = background([program, "-m", "ops.local.server", folder], env=variables, log=log, cwd=SOURCES)
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        state = _alive(folder)
        if state and _responds(state, 0):
            process.returncode = 0  # prevents Popen's warning that the process is still running
            return _running(folder, state)
        time.sleep(0.05)
    failure = f"did not answer within {seconds:g} s" if process.poll() is None else "ended while starting"
    _kill(process.pid, signal.SIGKILL)
    process.wait()
    last = log.read_text(errors="replace").strip().splitlines()[-1:]
    raise Problem(
        f"Local AWS {failure}.", hint=f"Its log is {log}" + "".join(f"; it ends: {line}" for line in last)
    )


def _rotated(folder: Path) -> Path:
    """Returns the path of a new log. The last ones are kept as engine.1.log, engine.2.log and so on."""
    logs = [folder / "engine.log", *(folder / f"engine.{number}.log" for number in range(1, LOG_FILES))]
    for older, newer in reversed(list(zip(logs[1:], logs, strict=False))):
        if newer.exists():
            newer.replace(older)
    return logs[0]


def _end(folder: Path) -> bool:
    state = _alive(folder)
    if state is None:
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        _kill(state["pid"], number)
        deadline = time.monotonic() + END_SECONDS
        while _alive(folder) and time.monotonic() < deadline:
            time.sleep(0.02)
    with suppress(ChildProcessError):
        os.waitpid(state["pid"], 0)  # it is a child process if this command started it
    return True


def _kill(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)
