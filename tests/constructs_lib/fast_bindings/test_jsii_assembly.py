from __future__ import annotations

import json
import os
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from constructs_lib import cache
from constructs_lib.fast_bindings.jsii_assembly import filtered
from tests.constructs_lib.fast_bindings import acme_provider
from tests.constructs_lib.fast_bindings.acme_provider import ASSEMBLY, ROOT


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PAYCTL_CACHE_DIR", str(tmp_path / "a cache"))
    monkeypatch.setattr(cache, "CHECKOUT", tmp_path / "checkout")
    return acme_provider.make(tmp_path)


def files(tarball: Path) -> dict[str, str]:
    with tarfile.open(tarball) as tar:
        contents = {member.name.removeprefix("package/"): tar.extractfile(member) for member in tar}
        return {name: content.read().decode() for name, content in contents.items() if content}


def test_only_the_submodules_in_use_are_left_without_what_nothing_reads(packaged: Path) -> None:
    small = files(filtered(packaged, {"vaultV2"}))
    assert sorted(small) == [".jsii", "lib/index.js", "lib/vault-v2/index.js", "package.json"]
    assembly = json.loads(small[".jsii"])
    assert (assembly["name"], assembly["version"]) == (ASSEMBLY, "1.0.0")
    (thing,) = assembly["types"].values()
    assert thing["fqn"] == f"{ASSEMBLY}.vaultV2.Thing"
    assert "docs" not in thing
    assert small["lib/vault-v2/index.js"].endswith("exports.Thing = Thing;")


def test_a_submodule_that_a_type_mentions_comes_with_it(packaged: Path) -> None:
    small = files(filtered(packaged, {"topic"}))
    assert list(json.loads(small[".jsii"])["types"]) == [
        f"{ASSEMBLY}.simpleQueue.Thing",
        f"{ASSEMBLY}.topic.Thing",
    ]
    assert "lib/simplequeue/index.js" in small


def test_it_is_the_same_however_the_packaged_one_is_indented(packaged: Path, tmp_path: Path) -> None:
    compact = acme_provider.make(tmp_path / "compact", indent=None)
    small, other = (files(filtered(tarball, {"vaultV2"})) for tarball in (packaged, compact))
    assert small == other


def test_each_set_of_submodules_and_each_build_of_the_package_has_its_own_entry(
    packaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = filtered(packaged, {"topic"}), filtered(packaged, {"topic", "vaultV2"})
    os.utime(packaged, (0, 0))
    monkeypatch.setattr("time.time", lambda: 2e9)
    rebuilt = filtered(packaged, {"topic"})
    assert len({one, other, rebuilt}) == 3
    assert one.read_bytes() == rebuilt.read_bytes()


@pytest.mark.parametrize("damage", [lambda whole: b"", lambda whole: whole[:-9], lambda whole: b"x" + whole])
def test_a_damaged_entry_is_made_again(packaged: Path, damage: Callable[[bytes], bytes]) -> None:
    entry = filtered(packaged, {"topic"})
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    assert filtered(packaged, {"topic"}) == entry
    assert entry.read_bytes() == whole


def test_an_entry_in_use_is_not_among_the_oldest(packaged: Path) -> None:
    entry = filtered(packaged, {"topic"})
    os.utime(entry, (1, 1))
    filtered(packaged, {"topic"})
    assert entry.stat().st_mtime > 1


def test_a_cache_that_can_only_be_read_is_read(packaged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = filtered(packaged, {"topic"})
    monkeypatch.setattr(cache, "writable_folder", lambda: None)
    assert filtered(packaged, {"topic"}) == made
    with pytest.raises(OSError, match="can be written"):
        filtered(packaged, {"vaultV2"})


def test_a_submodule_without_types_or_code_is_refused(packaged: Path, tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="unheardOf"):
        filtered(packaged, {"unheardOf"})
    incomplete = acme_provider.make(tmp_path / "incomplete", omit="lib/topic/index.js")
    with pytest.raises(LookupError, match=r"has no lib/topic/index\.js"):
        filtered(incomplete, {"topic"})


def test_processes_that_make_it_at_once_all_get_it_whole(packaged: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path;"
        "from constructs_lib.fast_bindings.jsii_assembly import filtered;"
        f"print(filtered(Path({str(packaged)!r}), {{'topic'}}))"
    )
    running = [
        Popen(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    outputs = {process.communicate()[0].strip() for process in running}
    (entry,) = (tmp_path / "a cache" / "bindings").iterdir()
    assert outputs == {str(entry)}
    assert "lib/topic/index.js" in files(entry)
