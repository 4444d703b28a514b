from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ops.checkout import ROOT
from ops.errors import INTERRUPTED, Problem, Terminated
from ops.setup import prepare as preparation
from ops.setup.prepare import PARTS, prepare, ready

VENV = "venv --python 3.13 .venv"
TOOLS = "pip sync --python .venv/bin/python --require-hashes requirements.txt"
TESTS = "pip sync --python .venv/bin/python --require-hashes requirements-dev.txt"
MODULES = "npm-cli.js ci --ignore-scripts --no-audit --no-fund --no-update-notifier"
EMULATOR = [
    "venv --python 3.13 .venv-emulator",
    "pip sync --python .venv-emulator/bin/python --require-hashes ops/local/requirements.txt",
]


class Installers:
    """Fakes of uv and npm: record their arguments and make the programs of a part."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls: list[str] = []
        self.failure = ""

    def stream(self, command: Sequence[str | Path], each: Callable[[str], None], *, cwd: Path) -> int:
        assert cwd == self.root
        words = [str(word).removeprefix(f"{self.root}/") for word in command]
        self.calls.append(" ".join(words[1:]).replace(".venv/bin/../", "").rpartition("npm/bin/")[2])
        if self.failure:
            for line in self.failure.splitlines():
                each(line)
            return 2
        if words[1] == "venv":
            python = self.root / words[-1] / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.symlink_to(sys.executable)
        if "ci" in words:
            cdktf = self.root / "node_modules" / ".bin" / "cdktf"
            cdktf.parent.mkdir(parents=True, exist_ok=True)
            cdktf.touch(mode=0o755)
        return 0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "check out"
    for pins in {name for part in PARTS.values() for name in part.pins}:
        (folder / pins).parent.mkdir(parents=True, exist_ok=True)
        (folder / pins).write_text(f"{pins}\n")
    shutil.copy(ROOT / ".python-version", folder)
    return folder


@pytest.fixture
def installers(root: Path, monkeypatch: pytest.MonkeyPatch) -> Installers:
    made = Installers(root)
    monkeypatch.setattr(preparation, "stream", made.stream)
    monkeypatch.setenv("PAYCTL_UV", "/bin/uv")
    return made


def test_parts_are_prepared_once_and_in_order(
    root: Path, installers: Installers, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        prepare(["tests", "modules", "emulator"], root)
    assert installers.calls == [VENV, TESTS, MODULES, *EMULATOR]
    assert capsys.readouterr().err.splitlines() == [
        "Preparing what this command needs (again only when its pins change):",
        "  Python 3.13 · 0 s",
        "  Python packages and test tools · 0 s",
        "  cdktf · 0 s",
        "  Python 3.13 · 0 s",
        "  local AWS · 0 s",
    ]


def test_tests_are_installed_on_top_of_tools_and_serve_every_other_command(
    root: Path, installers: Installers
) -> None:
    prepare(["tools"], root)
    prepare(["tests"], root)
    prepare(["tools"], root)
    assert installers.calls == [VENV, TOOLS, TESTS]


def test_changed_pins_are_installed_into_the_existing_environment(root: Path, installers: Installers) -> None:
    prepare(["tools"], root)
    (root / "requirements.txt").write_text("other\n")
    prepare(["tools"], root)
    assert installers.calls == [VENV, TOOLS, TOOLS]


def test_another_python_version_makes_the_environment_anew(root: Path, installers: Installers) -> None:
    prepare(["tools"], root)
    (root / ".python-version").write_text("3.14\n")
    prepare(["tools"], root)
    assert installers.calls == [VENV, TOOLS, "venv --python 3.14 .venv", TOOLS]


def test_an_incomplete_environment_is_made_anew(root: Path, installers: Installers) -> None:
    installers.failure = "killed"
    with pytest.raises(Problem):
        prepare(["tools"], root)
    (root / ".venv").mkdir()
    (root / ".venv" / "half").touch()
    installers.failure = ""
    prepare(["tools"], root)
    assert not (root / ".venv" / "half").exists()
    assert ready("tools", root)


def test_a_failed_update_of_pins_leaves_no_stamp(root: Path, installers: Installers) -> None:
    prepare(["tools"], root)
    (root / "requirements.txt").write_text("other\n")
    installers.failure = "error: odd"
    with pytest.raises(Problem, match="odd"):
        prepare(["tools"], root)
    assert not (root / ".venv" / ".stamp").exists()


def test_a_linked_environment_is_replaced_and_its_target_is_kept(root: Path, installers: Installers) -> None:
    shared = root.parent / "shared"
    (shared / "bin").mkdir(parents=True)
    (root / ".venv").symlink_to(shared)
    prepare(["tools"], root)
    assert not (root / ".venv").is_symlink()
    assert shared.exists()


@pytest.mark.parametrize(
    ("printed", "sentence"),
    [
        (
            "error: Request failed\n  Caused by: dns error: x",
            "The package registry cannot be reached (cdktf).",
        ),
        ("npm error code ENOTFOUND", "The package registry cannot be reached (cdktf)."),
        (
            "error: write failed\n  Caused by: No space left on device (os error 28)",
            "The disk is full (cdktf).",
        ),
        ("error: Hash mismatch for `x`", "A download does not have its pinned hash (cdktf)."),
        (
            "one\nerror: odd\n  cause: a\n  cause: b",
            "Preparing failed (cdktf): error: odd cause: b",
        ),
        ("one\n\ntwo\n", "Preparing failed (cdktf): two"),
    ],
)
def test_a_failure_names_its_first_cause_and_its_log(
    root: Path, installers: Installers, printed: str, sentence: str
) -> None:
    installers.failure = printed
    with pytest.raises(Problem) as problem:
        prepare(["modules"], root)
    assert problem.value.what == sentence
    log = Path(problem.value.hint.rpartition("Full log: ")[2])
    assert log.read_text().rstrip("\n") == printed.rstrip("\n")


def test_a_full_disk_is_one_sentence(
    root: Path, installers: Installers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(preparation, "stream", full)
    with pytest.raises(Problem, match=r"check out cannot be written: No space left on device\.") as problem:
        prepare(["modules"], root)
    assert "Free disk space" in problem.value.hint


def test_uv_is_asked_of_the_launcher_where_the_environment_does_not_name_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PAYCTL_UV", raising=False)
    launcher = root / "payctl"
    launcher.write_text('#!/bin/sh\necho "/found/uv $1"\n')
    launcher.chmod(0o755)
    assert preparation.uv(root) == "/found/uv --print-uv"


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), INTERRUPTED), (Terminated(), 143), (Problem("No.", code=7), 7)]
)
def test_a_failure_before_the_command_starts_has_no_traceback(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(_: object) -> None:
        raise error

    monkeypatch.setattr(preparation, "prepare", failing)
    assert preparation.main() == code
    assert capsys.readouterr().err in ("No.\n", "Interrupted. The next run repairs incomplete parts.\n")


def test_an_environment_on_a_noexec_file_system_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(preparation, "prepare", lambda _: None)
    monkeypatch.setattr(preparation, "ready", lambda _: False)
    assert preparation.main() == 1
    assert "cannot be executed" in capsys.readouterr().err
