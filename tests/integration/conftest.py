"""A clone of this checkout, as a newcomer has it, whose local AWS is nobody else's."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops.checkout import ROOT

PATIENCE = 90  # seconds
PREPARED = (".venv", ".venv-emulator", ".venv-policy", "node_modules")


@dataclass(frozen=True, slots=True)
class Clone:
    """A checkout and its commands."""

    folder: Path

    def start(
        self, *words: str, env: Mapping[str, str] | None = None, session: bool = False
    ) -> subprocess.Popen[str]:
        """Start `./payctl …` from the folder; in a session of its own all of it can be killed at once."""
        return subprocess.Popen(
            ["./payctl", *words],
            cwd=self.folder,
            env={**os.environ, **_measured(self.folder), **(env or {})},
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=session,
        )

    def run(
        self, *words: str, code: int = 0, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `./payctl …`; the exit code has to be this one."""
        process = self.start(*words, env=env)
        out, err = process.communicate()
        assert process.returncode == code, f"payctl {' '.join(words)}: {process.returncode}\n{out}\n{err}"
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def variables(self) -> dict[str, str]:
        """The environment that `eval "$(./payctl env --local)"` gives."""
        show = "import json, os; print(json.dumps(dict(os.environ)))"
        shell = f'eval "$(./payctl env --local)" && "$PYTHON" -c "{show}"'
        done = subprocess.run(
            ["sh", "-c", shell],
            cwd=self.folder,
            env={**os.environ, "PYTHON": str(ROOT / ".venv" / "bin" / "python")},
            text=True,
            capture_output=True,
            check=True,
        )
        found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
        return found

    def client(self, service: str) -> Any:
        """A boto3 client of this clone's local AWS."""
        own = self.variables()
        return boto3.client(
            service,
            endpoint_url=own["AWS_ENDPOINT_URL"],
            region_name=own["AWS_REGION"],
            aws_access_key_id=own["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=own["AWS_SECRET_ACCESS_KEY"],
        )


def wait_for[T](look: Callable[[], T], what: str) -> T:
    """What is found as soon as there is something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} s"
        time.sleep(0.5)
    return found


def _measured(folder: Path) -> dict[str, str]:
    """Where coverage is taken, that of the clone's own files."""
    name = "COVERAGE_PROCESS_CONFIG"
    if name not in os.environ:
        return {}
    config = json.loads(base64.b64decode(os.environ[name]))
    config["source"] = [source.replace(str(ROOT), str(folder)) for source in config["source"]]
    return {name: base64.b64encode(json.dumps(config).encode()).decode()}


def clone_into(folder: Path) -> Clone:
    """Copy what git knows, and lend it what was prepared here."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=True,
    ).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    for name in PREPARED:
        (folder / name).symlink_to(ROOT / name)
    return Clone(folder)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A clone in a folder with a space in its name; its local AWS is ended afterwards."""
    made = clone_into(tmp_path_factory.mktemp("a clone") / "payments infra")
    yield made
    made.run("down")


@pytest.fixture(scope="module")
def variables(clone: Clone) -> dict[str, str]:
    """What plain Terraform needs for the clone's local AWS, which is started."""
    clone.run("local", "start")
    return clone.variables()
