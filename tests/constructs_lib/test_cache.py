from __future__ import annotations

import os
from pathlib import Path

import pytest

from constructs_lib import cache


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("PAYCTL_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(cache, "CHECKOUT", tmp_path / "checkout")
    return tmp_path / "checkout"


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({"HOME": "/h"}, "/h/.cache/payctl"),
        ({"HOME": "/h", "XDG_CACHE_HOME": ""}, "/h/.cache/payctl"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/x/payctl"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "/x", "PAYCTL_CACHE_DIR": "/p"}, "/p"),
    ],
)
def test_the_nearest_variable_names_the_cache_and_the_checkout_has_another(
    variables: dict[str, str], place: str, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache.places() == (Path(place), checkout / ".cache")


def test_without_a_home_there_is_the_checkout(checkout: Path) -> None:
    assert cache.places() == (checkout / ".cache",)


def test_a_place_counts_as_writable_before_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYCTL_CACHE_DIR", str(tmp_path / "a" / "b"))
    assert cache.folder() == tmp_path / "a" / "b"
    assert not (tmp_path / "a").exists()


def test_a_place_that_cannot_be_written_gives_way_to_the_next(
    tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PAYCTL_CACHE_DIR", str(tmp_path / "file" / "below"))
    assert cache.folder() == checkout / ".cache"


def test_a_read_only_file_system_is_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert cache.folder() is None
