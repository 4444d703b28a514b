"""The launcher, run in a copy of its files, with fakes of uv, pip and the command line."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    *("payctl", ".python-version", "requirements-uv.txt", "ops/__init__.py", "ops/checkout.py"),
    *("ops/errors.py", "ops/progress.py", "ops/run.py", "ops/setup/__init__.py", "ops/setup/prepare.py"),
)
SYSTEM = (
    *("sh", "cat", "chmod", "cksum", "cp", "dirname", "env", "ln", "mkdir"),
    *("mv", "readlink", "rm", "sed", "sleep", "touch"),
)

COMMAND_LINE = """
import os, sys
def launch():
    print({"arguments": sys.argv[1:], "folder": os.getcwd(), **os.environ})
    return int(os.environ.get("EXIT", "0"))
"""
DOCTOR = "def main(): print('doctor'); return 1"
UV = r"""#!/bin/sh
echo "$*" >>"$CALLS"
case "$1 $2" in
    --version*) echo "uv ${UV_SAYS:-0.13.9} (stand-in)" ;;
    python*)
        [ -z "${NO_PYTHON:-}" ] || { echo 'error: Failed to download cpython' >&2; exit 2; }
        echo "$PYTHON" ;;
    venv*)
        mkdir -p "$4/bin" && ln -s "$PYTHON" "$4/bin/python" ;;
    'pip sync')
        [ -z "${HANG:-}" ] || { touch "$HANG" && exec sleep 60; }
        [ -z "${SLOW:-}" ] || sleep "$SLOW"
        [ -z "${UV_FAILS:-}" ] || { echo "error: $UV_FAILS" >&2; exit 2; } ;;
esac
"""
PIP = r"""#!/bin/sh
case "$*" in
    '-m pip --version') echo pip ;;
    *--target*)
        while [ "$1" != --target ]; do shift; done
        echo "pip install" >>"$CALLS"
        mkdir -p "$2/bin" && cp "$FAKE_UV" "$2/bin/uv" ;;
    *) exit 1 ;;
esac
"""


class Checkout:
    """A copy with what the launcher reads, in a folder with a space in its name."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "check out"
        self.bin = folder / "bin"
        self.calls_file = folder / "calls"
        self.bin.mkdir()
        for name in COPIED:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        (self.root / "requirements.txt").write_text("requirements.txt\n")
        (self.root / "ops" / "cli.py").write_text(COMMAND_LINE)
        (self.root / "ops" / "setup" / "doctor.py").write_text(DOCTOR)
        for program in SYSTEM:
            (self.bin / program).symlink_to(str(shutil.which(program)))
        self.uv = self.program("uv", UV)
        self.variables = {
            "PATH": str(self.bin),
            "HOME": str(folder / "home"),
            "CALLS": str(self.calls_file),
            "PYTHON": sys.executable,
            "FAKE_UV": str(folder / "fake-uv"),
        }
        shutil.copy(self.uv, folder / "fake-uv")

    def program(self, name: str, text: str) -> Path:
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def start(self, *arguments: str, by: Path | None = None, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [by or self.root / "payctl", *arguments],
            env={**self.variables, **variables},
            cwd=self.root.parent,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def run(self, *arguments: str, by: Path | None = None, **variables: str) -> tuple[int, str, str]:
        process = self.start(*arguments, by=by, **variables)
        stdout, stderr = process.communicate(timeout=30)
        return process.returncode, stdout, stderr

    def calls(self) -> list[str]:
        """Returns what was prepared since the last call, Python's path excepted."""
        lines = self.calls_file.read_text().splitlines() if self.calls_file.exists() else []
        self.calls_file.unlink(missing_ok=True)
        short = [line.replace(f"{self.root}/", "").replace(" --require-hashes", "") for line in lines]
        return [line for line in short if line != "--version" and not line.startswith("python ")]


VENV = "venv --python 3.13 .venv"
TOOLS = "pip sync --python .venv/bin/python requirements.txt"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared checkout to copy from, as that is quicker than to prepare."""
    made = Checkout(tmp_path_factory.mktemp("made"))
    assert made.run("--version")[0] == 0
    return made.root


@pytest.fixture
def prepared(checkout: Checkout, made_once: Path) -> Checkout:
    for folder in (".venv", ".payctl"):
        shutil.copytree(made_once / folder, checkout.root / folder, symlinks=True)
    return checkout


def test_the_first_run_prepares_says_so_and_runs_the_command(checkout: Checkout) -> None:
    code, stdout, stderr = checkout.run("--version", "a b")
    assert code == 0
    assert "'arguments': ['--version', 'a b']" in stdout
    assert stderr.startswith("Preparing what this command needs")
    assert re.search(r"^  Python packages · \d s$", stderr, re.MULTILINE)
    assert checkout.calls() == [VENV, TOOLS]


def test_a_second_run_prepares_nothing_and_says_nothing(prepared: Checkout) -> None:
    assert prepared.run("--version")[2] == ""
    assert prepared.calls() == []


def test_the_exit_code_is_that_of_the_command(prepared: Checkout) -> None:
    assert prepared.run("--version", EXIT="2")[0] == 2


def test_changed_pins_are_installed_into_what_is_there(prepared: Checkout) -> None:
    (prepared.root / "requirements.txt").write_text("other\n")
    prepared.run("--version")
    assert prepared.calls() == [TOOLS]


def test_a_vanished_interpreter_makes_the_environment_anew(prepared: Checkout) -> None:
    interpreter = prepared.root / ".venv" / "bin" / "python"
    interpreter.unlink()
    interpreter.symlink_to("/nowhere/python")
    assert prepared.run("--version")[0] == 0
    assert prepared.calls() == [VENV, TOOLS]


@pytest.fixture
def hanging(checkout: Checkout) -> Iterator[subprocess.Popen[str]]:
    """A first run in the middle of its preparation."""
    begun = checkout.root.parent / "begun"
    process = checkout.start("--version", HANG=str(begun))
    deadline = time.monotonic() + 10
    while not begun.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    yield process
    with process, contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def test_a_run_that_is_told_to_stop_stops_its_installer_and_frees_the_lock(
    checkout: Checkout, hanging: subprocess.Popen[str]
) -> None:
    hanging.send_signal(signal.SIGTERM)
    _, stderr = hanging.communicate(timeout=10)
    assert hanging.returncode == 143
    assert stderr.endswith("Interrupted. The next run repairs incomplete parts.\n")
    checkout.calls()
    assert checkout.run("--version")[0] == 0
    assert checkout.calls() == [VENV, TOOLS]


def test_a_killed_run_leaves_no_lock_once_its_installer_has_ended(
    checkout: Checkout, hanging: subprocess.Popen[str]
) -> None:
    hanging.kill()
    hanging.wait()
    second = checkout.start("--version")
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(3)
    os.killpg(hanging.pid, signal.SIGKILL)
    stdout, stderr = second.communicate(timeout=20)
    assert "'arguments': ['--version']" in stdout
    assert "wait for another payctl that prepares this checkout" in stderr


def test_two_first_runs_at_once_prepare_once(checkout: Checkout) -> None:
    both = [checkout.start("--version", SLOW="0.3") for _ in range(2)]
    assert [process.wait(20) for process in both] == [0, 0]
    for process in both:
        process.communicate()
    assert checkout.calls() == [VENV, TOOLS]


@pytest.mark.parametrize("absolute", [True, False])
def test_it_works_from_any_folder_through_links_of_links(prepared: Checkout, absolute: bool) -> None:
    link, second = prepared.bin / "pay", prepared.bin / "pay2"
    target = prepared.root / "payctl"
    link.symlink_to(target if absolute else os.path.relpath(target, prepared.bin))
    second.symlink_to("pay")
    code, stdout, _ = prepared.run("--version", by=second)
    assert code == 0
    assert f"'folder': '{prepared.root.parent}'" in stdout


def test_a_moved_checkout_needs_no_preparation(prepared: Checkout) -> None:
    moved = prepared.root.with_name("moved out")
    prepared.root.rename(moved)
    assert prepared.run("--version", by=moved / "payctl")[0] == 0
    assert prepared.calls() == []


def test_python_is_not_misled_by_the_callers_variables(prepared: Checkout, tmp_path: Path) -> None:
    (tmp_path / "os.py").write_text("raise SystemExit('wrong module')")
    code, stdout, _ = prepared.run("--version", PYTHONPATH=str(tmp_path), PYTHONDONTWRITEBYTECODE="1")
    assert code == 0
    assert "PYTHONPATH" not in stdout
    assert not list((prepared.root / "ops").rglob("__pycache__"))
    assert list((prepared.root / ".venv" / ".pycache").rglob("cli.*.pyc"))


@pytest.mark.parametrize(
    ("variables", "cache"),
    [
        ({}, "home/.cache/payctl"),
        ({"XDG_CACHE_HOME": "{folder}/xdg"}, "xdg/payctl"),
        ({"XDG_CACHE_HOME": "{folder}/xdg", "PAYCTL_CACHE_DIR": "{folder}/own"}, "own"),
        ({"HOME": ""}, "check out/.cache"),
        ({"HOME": "/dev/null"}, "check out/.cache"),
    ],
)
def test_caches_lie_in_the_first_folder_that_can_be_written(
    prepared: Checkout, tmp_path: Path, variables: dict[str, str], cache: str
) -> None:
    filled = {name: value.format(folder=tmp_path) for name, value in variables.items()}
    printed = prepared.run("--version", by=None, **filled)[1]
    assert f"'PAYCTL_CACHE_DIR': '{tmp_path / cache}'" in printed
    assert f"'UV_CACHE_DIR': '{tmp_path / cache}/uv'" in printed
    assert f"'npm_config_cache': '{tmp_path / cache}/npm'" in printed


def test_a_package_index_that_pip_was_told_of_is_uvs_too(prepared: Checkout) -> None:
    assert (
        "'UV_DEFAULT_INDEX': 'file:///index'" in prepared.run("--version", PIP_INDEX_URL="file:///index")[1]
    )


def test_a_failed_preparation_is_one_sentence_with_its_log(checkout: Checkout) -> None:
    code, stdout, stderr = checkout.run("plan", UV_FAILS="dns error")
    assert (code, stdout) == (1, "")
    sentence, _, log = stderr.splitlines()[-3:]
    assert sentence == "The package registry cannot be reached (Python packages)."
    assert Path(log.removeprefix("Full log: ")).read_text() == "error: dns error\n"
    assert checkout.run("plan")[0] == 0


def test_a_python_that_cannot_be_downloaded_is_one_sentence(checkout: Checkout) -> None:
    code, _, stderr = checkout.run("--version", NO_PYTHON="1")
    assert code == 1
    assert stderr.splitlines()[-2] == "Python 3.13 is missing, and could not be downloaded."


def test_a_checkout_that_cannot_be_written_is_one_sentence(checkout: Checkout) -> None:
    (checkout.root / ".payctl").touch()
    code, _, stderr = checkout.run("--version")
    assert (code, stderr.splitlines()[0]) == (1, f"{checkout.root}/.payctl cannot be written: File exists.")


def test_pip_brings_the_pinned_uv_once_where_there_is_none(checkout: Checkout) -> None:
    checkout.uv.unlink()
    checkout.program("python3", PIP)
    assert checkout.run("--version")[0] == 0
    assert checkout.calls() == ["pip install", VENV, TOOLS]
    shutil.rmtree(checkout.root / ".venv")
    assert checkout.run("--version")[0] == 0
    assert checkout.calls() == [VENV, TOOLS]


def test_an_old_uv_is_not_used(checkout: Checkout) -> None:
    checkout.program("python3", PIP)
    checkout.run("--version", UV_SAYS="0.4.30")
    assert checkout.calls()[0] == "pip install"


def test_neither_uv_nor_pip_is_one_sentence(checkout: Checkout) -> None:
    checkout.uv.unlink()
    (checkout.root / "payctl").write_text(
        (checkout.root / "payctl").read_text().replace("/usr/bin/python3", "/nowhere/python3")
    )
    code, _, stderr = checkout.run("--version")
    assert code == 1
    assert "Neither uv nor pip is installed" in stderr


def test_the_launcher_prints_the_uv_that_it_found(checkout: Checkout) -> None:
    assert checkout.run("--print-uv") == (0, f"{checkout.uv}\n", "")


def test_the_doctor_needs_nothing_prepared_and_prepares_nothing(checkout: Checkout) -> None:
    (checkout.bin / "python3").symlink_to(sys.executable)
    assert checkout.run("doctor") == (1, "doctor\n", "")
    assert checkout.calls() == []


def test_the_doctor_of_a_prepared_checkout_is_an_ordinary_command(prepared: Checkout) -> None:
    assert "'arguments': ['doctor', '--json']" in prepared.run("doctor", "--json")[1]


def test_on_a_terminal_one_line_shows_the_progress(checkout: Checkout) -> None:
    reader, terminal = os.openpty()
    process = subprocess.Popen(
        [checkout.root / "payctl", "--version"],
        env={**checkout.variables, "SLOW": "0.2", "TERM": "xterm"},
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    os.close(terminal)
    printed = b""
    while part := _read(reader):
        printed += part
    assert process.wait() == 0
    os.close(reader)
    assert re.search(rb"\r\x1b\[2K  Python packages \xc2\xb7 \d s", printed)
    assert re.search(rb"\r\x1b\[2K  Python packages \xc2\xb7 \d s\r\n$", printed)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1024)
    except OSError:  # the other end is closed
        return b""
