"""Zips have the same bytes everywhere and contain only the code that runs."""

import base64
import hashlib
import importlib.util
import marshal
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from constructs_lib.aws.compute import packaging
from constructs_lib.aws.compute.packaging import PackagingError, build_zip
from constructs_lib.settings.environments import ENVS

PYC = "__pycache__/{}.cpython-313.pyc"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "first home" / "pay"
    (folder / "rules").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "app.py").write_text(
        "from pay.rules import KINDS\n\n"
        "def handler(event, context):\n"
        "    assert context is None\n"
        "    if event in {'succeeded', 'failed', 'canceled'}:\n"
        "        return KINDS, 'two words', 1234567, (event, 0.5)\n"
        "    raise RuntimeError('here')\n"
    )
    (folder / "rules" / "__init__.py").write_text("KINDS = ('two words', 1234567)\n")
    (folder / "schema.json").write_text("{}\n")
    return folder


def names(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def python(code: str, *options: str, cwd: Path, arguments: Sequence[Path] = (), **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *options, "-c", code, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# Reproducible bytes


def test_the_hash_is_lambdas_of_the_zip(package: Path, tmp_path: Path) -> None:
    archive = build_zip({"pay": package}, tmp_path / "a" / "b" / "pay.zip")
    assert archive.path == tmp_path / "a" / "b" / "pay.zip"
    assert base64.b64decode(archive.hash) == hashlib.sha256(archive.path.read_bytes()).digest()


def test_neither_place_nor_dates_nor_modes_nor_order_of_sources_change_a_byte(
    package: Path, tmp_path: Path
) -> None:
    first = build_zip({"pay": package, "x.json": package / "schema.json"}, tmp_path / "1.zip")
    other = shutil.copytree(package, tmp_path / "second" / "pay")
    for file in other.rglob("*"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
        file.chmod(0o700)
    packaging._bytecode.cache_clear()
    second = build_zip({"x.json": other / "schema.json", "pay": other}, tmp_path / "2.zip")
    assert first.hash == second.hash


def test_neither_hash_seed_nor_switches_of_python_change_a_byte(package: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from constructs_lib.aws.compute.packaging import build_zip;"
        "print(build_zip({'pay': Path(sys.argv[1])}, Path(sys.argv[2])).hash)"
    )
    hashes = {
        python(
            code, *flags, cwd=ENVS.parent, arguments=(package, tmp_path / f"{seed}.zip"), PYTHONHASHSEED=seed
        )
        for seed, flags in {"1": (), "2": ("-O",), "3": ("-X", "dev")}.items()
    }
    assert hashes == {build_zip({"pay": package}, tmp_path / "here.zip").hash}


@pytest.mark.parametrize("change", ["content", "name", "new"])
def test_a_change_of_the_sources_changes_the_hash(package: Path, tmp_path: Path, change: str) -> None:
    before = build_zip({"pay": package}, tmp_path / "pay.zip")
    if change == "content":
        (package / "schema.json").write_text("[]\n")
    elif change == "name":
        (package / "schema.json").rename(package / "other.json")
    else:
        (package / "more").write_text("")
    assert build_zip({"pay": package}, tmp_path / "pay.zip").hash != before.hash


def test_what_else_holds_parts_of_a_module_changes_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    source = b"def f(x):\n    return x in {'a b', 'c d'}, 12345, (1.5, 'e f')\n"
    kept_objects: list[object] = []

    def compile_and_keep(*arguments: Any, **options: Any) -> CodeType:
        code: CodeType = compile(*arguments, **options)
        kept_objects.extend((code, *code.co_consts, *code.co_consts[0].co_consts))
        return code

    without_references = packaging._bytecode.__wrapped__("f.py", source)
    monkeypatch.setattr(packaging, "compile", compile_and_keep, raising=False)
    assert packaging._bytecode.__wrapped__("f.py", source) == without_references
    assert 12345 in kept_objects


# Contents


def test_a_zip_holds_sources_bytecode_and_data_in_order(package: Path, tmp_path: Path) -> None:
    archive = build_zip({"pay": package, "x.json": package / "schema.json"}, tmp_path / "pay.zip")
    assert names(archive.path) == [
        "pay/__init__.py",
        "pay/__pycache__/__init__.cpython-313.pyc",
        "pay/__pycache__/app.cpython-313.pyc",
        "pay/app.py",
        "pay/rules/__init__.py",
        "pay/rules/__pycache__/__init__.cpython-313.pyc",
        "pay/schema.json",
        "x.json",
    ]


def test_caches_tests_and_dotfiles_stay_out(package: Path, tmp_path: Path) -> None:
    before = build_zip({"pay": package}, tmp_path / "pay.zip")
    for place in (".env", ".git/config", "__pycache__/app.cpython-313.pyc", "old.pyc", "tests/test_app.py"):
        (package / place).parent.mkdir(exist_ok=True)
        (package / place).write_text("secret")
    (package / ".link").symlink_to("/etc")
    assert build_zip({"pay": package}, tmp_path / "pay.zip") == before


def test_every_entry_is_stored_with_one_date_and_mode(package: Path, tmp_path: Path) -> None:
    (package / "app.py").chmod(0o755)
    archive = build_zip({"pay": package}, tmp_path / "pay.zip")
    with zipfile.ZipFile(archive.path) as opened:
        for entry in opened.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert entry.external_attr >> 16 == 0o100644
            assert entry.compress_type == zipfile.ZIP_STORED
            assert entry.create_system == 3


def test_bytecode_is_unchecked_and_names_no_folder_of_the_machine(package: Path, tmp_path: Path) -> None:
    archive = build_zip({"pay": package}, tmp_path / "pay.zip")
    with zipfile.ZipFile(archive.path) as opened:
        compiled = opened.read(f"pay/{PYC.format('app')}")
        source = opened.read("pay/app.py")
    assert compiled[:4] == importlib.util.MAGIC_NUMBER
    assert compiled[4:8] == b"\x01\0\0\0"
    assert compiled[8:16] == importlib.util.source_hash(source)
    code = marshal.loads(compiled[16:])
    assert isinstance(code, CodeType)
    assert code.co_filename == "pay/app.py"
    assert str(tmp_path).encode() not in compiled


# Use by Lambda


def test_unpacked_code_runs_from_its_bytecode_and_its_tracebacks_show_the_source(
    package: Path, tmp_path: Path
) -> None:
    archive = build_zip({"pay": package}, tmp_path / "pay.zip")
    task = tmp_path / "var task"
    with zipfile.ZipFile(archive.path) as opened:
        opened.extractall(task)
    code = """
import builtins, sys, traceback
sys.path.insert(0, ".")
def refuse(*_, **__): raise AssertionError("compiled")
import importlib._bootstrap_external as loader
loader.SourceLoader.source_to_code = refuse
import pay.app
assert pay.app.handler("failed", None) == (("two words", 1234567), "two words", 1234567, ("failed", 0.5))
try:
    pay.app.handler("x", None)
except RuntimeError:
    print(traceback.format_exc())
"""
    output = python(code, "-I", "-S", "-B", cwd=task)
    assert "raise RuntimeError('here')" in output
    assert f'{os.sep}pay{os.sep}app.py", line 7' in output


def test_a_zip_is_complete_by_itself(package: Path, tmp_path: Path) -> None:
    archive = build_zip({"pay": package}, tmp_path / "a b.zip")
    code = f"import sys; sys.path[:0] = [{str(archive.path)!r}]; import pay.app; print(pay.app.__loader__)"
    assert python(code, "-I", "-S", cwd=tmp_path).startswith("<zipimporter object")


# Writing


def test_an_unchanged_zip_is_not_written_again(package: Path, tmp_path: Path) -> None:
    out = tmp_path / "pay.zip"
    first = build_zip({"pay": package}, out)
    os.utime(out, (1, 1))
    assert build_zip({"pay": package}, out) == first
    assert out.stat().st_mtime == 1
    out.write_bytes(b"half")
    assert build_zip({"pay": package}, out) == first
    assert len(names(out)) == 7


def test_a_failed_write_leaves_the_old_zip_and_nothing_else(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out" / "pay.zip"
    build_zip({"pay": package}, out)
    before = out.read_bytes()
    (package / "more.json").write_text("1")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(PackagingError, match="No space left on device"):
        build_zip({"pay": package}, out)
    assert out.read_bytes() == before
    assert os.listdir(out.parent) == ["pay.zip"]


# Errors


def test_another_python_is_refused(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 12, 1, "final", 0))
    with pytest.raises(PackagingError) as caught:
        build_zip({"pay": package}, tmp_path / "pay.zip")
    assert str(caught.value) == "functions run on Python 3.13: package them with it, not with 3.12"
    assert not (tmp_path / "pay.zip").exists()


def test_a_source_that_does_not_compile_is_told_with_its_line(package: Path, tmp_path: Path) -> None:
    (package / "app.py").write_text("a = 1\nb = = 2\n")
    with pytest.raises(PackagingError, match=r"^pay/app\.py: invalid syntax, line 2$"):
        build_zip({"pay": package}, tmp_path / "pay.zip")


@pytest.mark.parametrize("target", ["/etc", "app.py", "gone"])
def test_a_link_inside_a_source_is_refused(package: Path, tmp_path: Path, target: str) -> None:
    (package / "linked.py").symlink_to(target)
    with pytest.raises(PackagingError, match=r"linked\.py: a link"):
        build_zip({"pay": package}, tmp_path / "pay.zip")


def test_a_source_may_itself_be_a_link(package: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(package)
    linked = build_zip({"pay": tmp_path / "link"}, tmp_path / "1.zip")
    assert linked.hash == build_zip({"pay": package}, tmp_path / "2.zip").hash


def test_a_missing_source_is_told(tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match=r"gone: No such file or directory$"):
        build_zip({"pay": tmp_path / "gone"}, tmp_path / "pay.zip")


def test_two_sources_of_one_place_are_refused(package: Path, tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match=r"^pay/app\.py: comes from two sources"):
        build_zip({"pay": package, "pay/app.py": package / "schema.json"}, tmp_path / "pay.zip")


def test_a_zip_that_lambda_would_refuse_names_its_largest_entries(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (package / "big.bin").write_bytes(b"0" * 5000)
    (package / "less.bin").write_bytes(b"0" * 3000)
    (package / "small.bin").write_bytes(b"0" * 2000)
    size = build_zip({"pay": package}, tmp_path / "pay.zip").path.stat().st_size
    monkeypatch.setattr(packaging, "LARGEST", size)
    build_zip({"pay": package}, tmp_path / "pay.zip")
    monkeypatch.setattr(packaging, "LARGEST", size - 1)
    largest = r"pay/big\.bin, pay/less\.bin, pay/small\.bin"
    with pytest.raises(
        PackagingError, match=rf"^other\.zip: {size:,} bytes, .* the largest in it: {largest}$"
    ):
        build_zip({"pay": package}, tmp_path / "other.zip")
    assert not (tmp_path / "other.zip").exists()
