from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.checkout import ROOT
from ops.setup import pins


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    calls: list[list[str]] = []

    def run(command: list[Any], *, cwd: Path) -> None:
        assert cwd == ROOT
        calls.append([str(word) for word in command])

    monkeypatch.setattr("ops.setup.pins.run", run)
    monkeypatch.setenv("PAYCTL_UV", "/cache/uv")
    return calls


def test_every_pin_file_is_compiled_with_hashes_for_every_system(started: list[list[str]]) -> None:
    pins.pins(upgrade=False)
    assert [call[-1] for call in started[:-1]] == [f"{name}.txt" for name in pins.COMPILED]
    for call in started[:-1]:
        assert {"/cache/uv", "--generate-hashes", "--universal", "--python-version=3.13"} <= set(call)
        assert "--upgrade" not in call
    assert started[-1][1].endswith("npm-cli.js")
    assert started[-1][2:4] == ["install", "--package-lock-only"]


def test_upgrade_takes_newer_versions(started: list[list[str]]) -> None:
    pins.pins(upgrade=True)
    assert all("--upgrade" in call for call in started[:-1])
    assert started[-1][2] == "update"


def test_every_pin_file_of_the_checkout_is_compiled() -> None:
    found = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("*requirements*.in")}
    found |= {path.relative_to(ROOT).as_posix() for path in ROOT.glob("ops/**/*.in")}
    assert found == {f"{name}.in" for name in pins.COMPILED}


@pytest.mark.parametrize("name", pins.COMPILED)
def test_every_pinned_package_has_hashes_and_no_registry_is_named(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text()
    pinned = [line for line in text.splitlines() if "==" in line and not line.startswith(" ")]
    assert pinned
    assert all(line.endswith("\\") for line in pinned)
    assert "://" not in text
