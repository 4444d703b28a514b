from __future__ import annotations

import os
from functools import partial
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
    assert cache.folders() == (Path(place), checkout / ".cache")


def test_without_a_home_there_is_the_checkout(checkout: Path) -> None:
    assert cache.folders() == (checkout / ".cache",)


def test_a_place_counts_as_writable_before_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYCTL_CACHE_DIR", str(tmp_path / "a" / "b"))
    assert cache.writable_folder() == tmp_path / "a" / "b"
    assert not (tmp_path / "a").exists()


def test_a_place_that_cannot_be_written_gives_way_to_the_next(
    tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PAYCTL_CACHE_DIR", str(tmp_path / "file" / "below"))
    assert cache.writable_folder() == checkout / ".cache"


def test_a_read_only_file_system_is_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert cache.writable_folder() is None


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns an empty cache folder."""
    monkeypatch.setenv("PAYCTL_CACHE_DIR", str(tmp_path / "own"))
    return tmp_path / "own"


def test_what_was_made_is_made_once(own: Path) -> None:
    assert cache.cached("things", b"of this", lambda: b"1") == b"1"
    assert cache.cached("things", b"of this", lambda: b"2") == b"1"
    assert cache.cached("things", b"of that", lambda: b"3") == b"3"
    assert cache.cached("others", b"of this", lambda: b"4") == b"4"


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 100])
def test_what_is_not_whole_is_made_again(own: Path, damage: bytes) -> None:
    cache.cached("things", b"of this", lambda: b"1")
    [entry] = (own / "things").iterdir()
    entry.write_bytes(damage)
    assert [cache.cached("things", b"of this", lambda: b"2"), cache.cached("things", b"of this", bytes)] == [
        b"2"
    ] * 2


def test_those_used_longest_ago_go_when_they_are_too_large(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MAX_BYTES", 2 * (cache.DIGEST + 10))
    for number, name in enumerate("abc"):
        for entry in (own / "things").glob("*"):
            os.utime(entry, (number, number))
        if name == "c":
            assert cache.cached("things", b"a", bytes) == b"a" * 10, "used last"
        cache.cached("things", name.encode(), partial(bytes, name.encode() * 10))
    assert sorted(entry.read_bytes()[-1:] for entry in (own / "things").iterdir()) == [b"a", b"c"]


def test_where_nothing_can_be_kept_it_is_made_each_time(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "writable_folder", lambda: None)
    made = iter([b"1", b"2"])
    assert [cache.cached("things", b"of this", made.__next__) for _ in range(2)] == [b"1", b"2"]
    assert not own.exists()
