"""User data, run in a shell with stand-ins for all programs of the instance."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from constructs_lib.aws.compute.packaging import build_zip
from constructs_lib.aws.compute.user_data import CLOUDWATCH, UserData

ROOT_FOLDERS = ("/etc/", "/opt/", "/var/")


class Machine:
    """Provides folders and programs of an instance below one folder; each program records its calls."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls = root / "calls"
        for folder in ("bin", "etc/logrotate.d", "etc/systemd/system", "opt", "var"):
            (root / folder).mkdir(parents=True)
        for program in ("dnf", "poweroff", "systemctl", CLOUDWATCH):
            self.program(program)
        (root / "bin" / "python3.13").symlink_to(sys.executable)

    def program(self, name: str, command: str = "") -> None:
        path = self.root / (name.lstrip("/") if name.startswith("/") else f"bin/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/bash\necho "{path.name} $*" >> "{self.calls}"\n{command}\n')
        path.chmod(0o755)

    def start(self, script: str) -> int:
        for folder in ROOT_FOLDERS:
            script = script.replace(folder, f"{self.root}{folder}")
        path = f"{self.root}/bin{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["bash"], input=script, env={"PATH": path}, cwd=self.root, text=True, capture_output=True
        ).returncode

    def called(self) -> list[str]:
        return self.calls.read_text().replace(str(self.root), "").splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


@pytest.fixture
def user_data(machine: Machine, tmp_path: Path) -> UserData:
    source = tmp_path / "app.py"
    source.write_text("print('works')\n")
    archive = build_zip({"worker/app.py": source}, tmp_path / "worker.zip").path
    machine.program("aws", f'[ "$AWS_DEFAULT_REGION" = eu-west-1 ] && cp "{archive}" "${{@: -1}}"')
    return UserData(
        bucket="artifacts",
        key="worker/1.zip",
        sha256=hashlib.sha256(archive.read_bytes()).hexdigest(),
        module="worker.app",
        environment={"AWS_DEFAULT_REGION": "eu-west-1", "TABLE_NAME": "payments-$dev"},
        agent_parameter="/payments/dev/fleet/agent",
        agent_version="1",
    )


def test_a_machine_installs_one_exact_zip_and_starts_its_module(
    machine: Machine, user_data: UserData
) -> None:
    assert machine.start(user_data.script()) == 0
    assert machine.called() == [
        "dnf install --assumeyes --quiet amazon-cloudwatch-agent python3.13",
        "amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c ssm:/payments/dev/fleet/agent",
        "aws s3api get-object --bucket artifacts --key worker/1.zip /opt/worker.zip",
        "systemctl daemon-reload",
        "systemctl enable --now worker",
    ]
    assert (machine.root / "opt/worker/worker/app.py").read_text() == "print('works')\n"
    assert (machine.root / "var/log/worker").is_dir()
    assert (machine.root / "etc/worker.env").read_text() == (
        "AWS_DEFAULT_REGION='eu-west-1'\nTABLE_NAME='payments-$dev'\n"
    )


def test_the_service_is_restarted_for_ever_and_may_change_nothing_on_the_machine(
    machine: Machine, user_data: UserData
) -> None:
    machine.start(user_data.script())
    unit = (machine.root / "etc/systemd/system/worker.service").read_text().splitlines()
    assert "ExecStart=/usr/bin/python3.13 -m worker.app" in unit
    for line in (
        "Restart=always",
        "StartLimitIntervalSec=0",
        "TimeoutStopSec=100",
        "DynamicUser=yes",
        "CapabilityBoundingSet=",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
    ):
        assert line in unit


def test_other_code_than_was_deployed_never_runs_and_the_machine_stops(
    machine: Machine, user_data: UserData
) -> None:
    assert machine.start(replace(user_data, sha256="0" * 64).script()) != 0
    assert machine.called()[-1] == "poweroff "
    assert not list((machine.root / "opt/worker").iterdir())


@pytest.mark.parametrize("program", ["dnf", "aws", "systemctl", CLOUDWATCH])
def test_a_machine_on_which_a_step_fails_stops(machine: Machine, user_data: UserData, program: str) -> None:
    machine.program(program, "exit 1")
    assert machine.start(user_data.script()) != 0
    assert machine.called()[-1] == "poweroff "


def test_the_script_fits_and_holds_nothing_that_terraform_would_read_as_a_template(
    user_data: UserData,
) -> None:
    script = user_data.script()
    assert len(script) < 16 * 1024
    assert "${" not in script
    assert "%{" not in script
