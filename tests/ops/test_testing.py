from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ops import testing


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def run(command: list[object], **how: Any) -> SimpleNamespace:
        found.update(words=[str(word) for word in command], **how)
        return SimpleNamespace(returncode=5)

    monkeypatch.setattr(testing, "run", run)
    return found


def test_unit_tests_leave_out_what_needs_terraform(started: dict[str, Any]) -> None:
    assert testing.test("unit", ["-k", "queue"]) == 5
    words = started["words"]
    assert words[words.index("-m", 2) + 1] == "not integration"
    assert "--cov" not in words
    assert words[-2:] == ["-k", "queue"]


def test_everything_is_run_with_coverage(started: dict[str, Any]) -> None:
    testing.test("all", [])
    assert "--cov" in started["words"]
    assert "not integration" not in started["words"]


def test_the_tests_see_no_account_of_the_person_who_runs_them(
    started: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "prod")
    monkeypatch.setenv("TF_WORKSPACE", "prod")
    testing.test("unit", [])
    assert not {"AWS_PROFILE", "TF_WORKSPACE"} & set(started["env"])
