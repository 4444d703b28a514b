from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from ops.deployment import env


@pytest.fixture(autouse=True)
def exports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.setup.toolchain.exports", lambda: {"PATH": "/a b/$x:/bin", "KNOWN": "same"})
    monkeypatch.setenv("KNOWN", "same")


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[bool], list[str]]:
    def printed(local: bool) -> list[str]:
        env.show(local=local)
        return capsys.readouterr().out.splitlines()

    return printed


def test_a_shell_reads_back_exactly_what_was_meant(lines: Callable[[bool], list[str]]) -> None:
    script = "\n".join([*lines(False), 'printf %s "$PATH"'])
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "/a b/$x:/bin"


def test_only_what_changes_is_printed_and_no_workspace_is_left_chosen(
    lines: Callable[[bool], list[str]],
) -> None:
    assert lines(False) == ["export PATH='/a b/$x:/bin'", "unset TF_WORKSPACE"]


def test_local_starts_the_aws_of_this_machine_and_points_clients_at_it(
    monkeypatch: pytest.MonkeyPatch, lines: Callable[[bool], list[str]]
) -> None:
    running = SimpleNamespace(endpoint="http://127.0.0.1:4566")
    monkeypatch.setattr("ops.local.engine.start", lambda checkout: running if Path(checkout) else None)
    monkeypatch.setattr(
        "ops.local.engine.environment",
        lambda running, account: {"AWS_ENDPOINT_URL": running.endpoint, "AWS_ACCESS_KEY_ID": account},
    )
    assert lines(True)[1:3] == [
        "export AWS_ENDPOINT_URL=http://127.0.0.1:4566",
        "export AWS_ACCESS_KEY_ID=000000000000",
    ]
