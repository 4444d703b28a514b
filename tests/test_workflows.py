"""The workflows: pinned, unprivileged, never cancelled half-way, and calling commands that there are."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from ops.checkout import ROOT
from ops.cli import cli

pytestmark = pytest.mark.process

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PAYCTL = re.compile(r"^\./payctl (.+?)(?: \|\| .*)?$", re.MULTILINE)
WRITES = {  # each job's name, and what it may do besides reading the code
    "apply ${{ inputs.environment }}": {"id-token"},
    "comment on ${{ matrix.environment }}": {"pull-requests"},
    "dev": {"id-token"},
    "drift of ${{ matrix.environment }}": {"id-token", "issues"},
    "every test": set(),
    "plan ${{ inputs.environment }}": {"id-token"},
    "plan ${{ matrix.environment }}": {"id-token"},
    "prod": {"id-token"},
    "staging": {"id-token"},
    "synthesize without credentials": set(),
}


def _read(file: Path) -> dict[str, Any]:
    parsed: dict[str, Any] = YAML(typ="safe").load(file)
    return parsed


def _jobs() -> Iterator[tuple[Path, dict[str, Any]]]:
    for file in WORKFLOWS:
        for job in _read(file)["jobs"].values():
            yield file, job


JOBS = [pytest.param(file, job, id=f"{file.stem}: {job['name']}") for file, job in _jobs()]


def _clean(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflows_are_as_github_reads_them() -> None:
    _clean(
        sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS
    )


def test_an_auditor_of_workflows_finds_nothing() -> None:
    _clean(
        Path(sys.prefix, "bin", "zizmor"),
        "--offline",
        "--no-progress",
        "--persona=pedantic",
        "--config=.github/zizmor.yml",
        *WORKFLOWS,
    )


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_actions_are_pinned_by_commit_each_at_one_version(file: Path) -> None:
    for used in re.findall(r"uses: (\S+.*)", file.read_text()):
        assert used == "./.github/workflows/environment.yml" or re.fullmatch(
            r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used
        ), used
    everywhere = "".join(it.read_text() for it in WORKFLOWS)
    pins = set(re.findall(r"uses: ([\w-]+/[\w-]+)@(\S+)", everywhere))
    assert len(pins) == len({action for action, _ in pins})


@pytest.mark.parametrize(("file", "job"), JOBS)
def test_a_job_may_do_nothing_but_what_it_is_for(file: Path, job: dict[str, Any]) -> None:
    assert _read(file)["permissions"] == {}
    granted = {name for name, level in job["permissions"].items() if level == "write"}
    assert granted == WRITES[job["name"]]
    assert job["permissions"]["contents"] == "read"


@pytest.mark.parametrize(("file", "job"), JOBS)
def test_a_run_is_never_cancelled_half_way(file: Path, job: dict[str, Any]) -> None:
    limits = [it["concurrency"] for it in (_read(file), job) if "concurrency" in it]
    assert limits
    assert all(limit["cancel-in-progress"] is False for limit in limits)
    if "environment" in job:  # of each environment one at a time, whatever the other environments do
        (place,) = re.findall(r"\$\{\{ .*?environment \}\}", job["environment"])
        assert place in job["concurrency"]["group"]


@pytest.mark.parametrize(("file", "job"), JOBS)
def test_credentials_come_from_a_role_that_an_environment_of_github_guards(
    file: Path, job: dict[str, Any]
) -> None:
    roles = [
        step["with"] for step in job.get("steps", []) if "configure-aws-credentials" in step.get("uses", "")
    ]
    for role in roles:
        assert set(role) == {"role-to-assume", "aws-region"}
        assert "environment" in job
    stored = [line for line in file.read_text().splitlines() if "AWS_SECRET" in line or "ACCESS_KEY" in line]
    assert stored == []


def test_only_the_apply_may_use_the_environment_that_people_approve() -> None:
    plain = [job["name"] for _, job in _jobs() if re.fullmatch(r"\$\{\{.*\}\}", job.get("environment", ""))]
    assert plain == ["apply ${{ inputs.environment }}"]


def test_a_token_that_writes_is_never_held_by_a_pull_requests_code() -> None:
    for file, job in _jobs():
        if "pull_request" in _read(file)["on"] and WRITES[job["name"]] - {"id-token"}:
            checkout = job["steps"][0]["with"]
            assert checkout["ref"] == "${{ github.event.pull_request.base.sha }}"


@pytest.mark.parametrize(("file", "job"), JOBS)
def test_every_command_that_a_job_runs_is_one_of_payctls(file: Path, job: dict[str, Any]) -> None:
    lines = [line for step in job.get("steps", []) for line in PAYCTL.findall(step.get("run", ""))]
    for line in lines:
        name, *words = shlex.split(line.replace("$ENVIRONMENT", "dev").replace("$APPROVED", "0a1b"))
        command = cli.commands[name]
        while isinstance(command, click.Group):
            command = command.commands[words.pop(0)]
        with click.Context(command) as context:
            command.parse_args(context, words)  # a UsageError where a word is unknown
    ran = [step["run"] for step in job.get("steps", []) if "run" in step]
    assert len(ran) == len(lines) + ran.count(".ci/run")
