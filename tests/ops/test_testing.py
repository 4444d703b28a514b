from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ops import testing


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def run(command: list[object], **how: Any) -> SimpleNamespace:
        found.append({"words": [str(word) for word in command], **how})
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(testing, "run", run)
    return found


def test_unit_tests_leave_out_what_starts_terraform_or_another_process(started: list[dict[str, Any]]) -> None:
    assert testing.test("unit", ["-k", "queue"]) == 0
    [one] = started
    assert "not integration and not process" in one["words"]
    assert "--cov" not in one["words"]
    assert one["words"][-2:] == ["-k", "queue"]


def test_integration_alone_is_what_starts_terraform_and_asks_for_no_coverage(
    started: list[dict[str, Any]],
) -> None:
    assert testing.test("integration", ["-k", "adoption"]) == 0
    [one] = started
    assert one["words"][one["words"].index("-m", 2) + 1] == "integration"
    assert "--cov" not in one["words"]
    assert one["words"][-2:] == ["-k", "adoption"]


def test_everything_is_both_halves_with_their_coverage_together(started: list[dict[str, Any]]) -> None:
    assert testing.test("all", []) == 0
    unit, integration = (one["words"] for one in started)
    assert "not integration" in unit
    assert "--cov-fail-under=0" in unit
    assert "integration" in integration
    assert "--cov-append" in integration


def test_a_failing_unit_test_is_the_result(
    started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testing, "_pytest", lambda *words: 1)
    assert testing.test("all", []) == 1


def test_the_tests_see_no_account_of_the_person_who_runs_them(
    started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "prod")
    monkeypatch.setenv("TF_WORKSPACE", "prod")
    testing.test("unit", [])
    assert not {"AWS_PROFILE", "TF_WORKSPACE"} & set(started[0]["env"])
