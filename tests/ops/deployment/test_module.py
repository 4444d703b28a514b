from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from constructs_lib.aws.compute.packaging import PackagingError
from constructs_lib.settings.schema import Environment
from ops.deployment import module
from ops.errors import NEEDS_PERSON, Problem

synthesized = module._files
FILES = {"main.tf.json": b"{}\n", "code/A.zip": b"zip"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Files of a module that is not synthesized; they can be changed."""
    files = dict(FILES)
    monkeypatch.setattr(module, "_files", lambda environment, uses: dict(files))
    return files


def write(out: Path, name: str = "generic", *, as_json: bool = False) -> None:
    assert module.module(name, out, uses=(), as_json=as_json) == 0


def found(out: Path) -> dict[str, bytes]:
    return {
        str(it.relative_to(out)): it.read_bytes()
        for it in out.rglob("*")
        if it.is_file() and it.name != module.MANIFEST
    }


def test_a_module_is_written_into_a_new_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "modules" / "payments"
    write(out)
    assert found(out) == FILES
    assert capsys.readouterr().out == f"{out}: made, 2 files. Begin with {out}/README.md.\n"
    assert [it.name for it in out.parent.iterdir()] == ["payments"]


def test_the_same_module_is_not_written_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "out")
    before = (tmp_path / "out").stat().st_ino
    write(tmp_path / "out", as_json=True)
    assert (tmp_path / "out").stat().st_ino == before
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {
        "folder": str(tmp_path / "out"),
        "files": sorted(FILES),
        "changed": False,
    }


def test_another_module_takes_the_place_of_the_one_before(tmp_path: Path, quick: dict[str, bytes]) -> None:
    out = tmp_path / "out"
    write(out)
    del quick["code/A.zip"]
    quick["main.tf.json"] = b"{ }\n"
    write(out)
    assert found(out) == {"main.tf.json": b"{ }\n"}


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    write(tmp_path)
    assert found(tmp_path) == FILES


def test_a_file_that_was_lost_comes_back(tmp_path: Path) -> None:
    write(tmp_path / "out")
    (tmp_path / "out" / "main.tf.json").unlink()
    write(tmp_path / "out")
    assert found(tmp_path / "out") == FILES


def refused(out: Path) -> str:
    with pytest.raises(Problem) as problem:
        write(out)
    assert problem.value.code == NEEDS_PERSON
    return problem.value.what


def test_a_folder_that_was_made_otherwise_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("mine")
    assert refused(tmp_path) == f"{tmp_path} was not written by payctl module and is not changed."
    assert found(tmp_path) == {"main.tf": b"mine"}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    assert refused(tmp_path / "out") == f"{tmp_path / 'out'} is a file."


def test_what_somebody_added_or_changed_is_not_lost(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "main.tf.json").write_text("mine")
    for n in range(3):
        (tmp_path / f"terraform.tfstate.{n}").write_text("mine")
    assert refused(tmp_path) == (
        f"{tmp_path} has files that payctl did not write, or that were changed: "
        "main.tf.json, terraform.tfstate.0, terraform.tfstate.1 and 1 more."
    )
    assert found(tmp_path)["main.tf.json"] == b"mine"


def test_a_folder_is_never_half_of_a_module(
    tmp_path: Path, quick: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    write(out)
    quick["main.tf.json"] = b"{ }\n"
    replace = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        if target == out and "new" in self.name:
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(out)
    assert found(out) == FILES
    assert os.listdir(tmp_path) == ["out"]


def test_the_settings_of_the_named_environment_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synthesized: list[tuple[Environment, object]] = []

    def files(environment: Environment, uses: object) -> dict[str, bytes]:
        synthesized.append((environment, uses))
        return dict(FILES)

    monkeypatch.setattr(module, "_files", files)
    module.module("prod", tmp_path / "prod", uses=("key",), as_json=False)
    module.module("generic", tmp_path / "generic", uses=(), as_json=False)
    assert [(it.name, it.lambda_.memory_mb, uses) for it, uses in synthesized] == [
        ("prod", 1024, ("key",)),
        ("generic", 512, ()),
    ]


@pytest.mark.process
def test_what_is_written_is_synthesized() -> None:
    made = synthesized(Environment(name="generic"), ("network",))
    assert b'variable "vpc_id"' in made["variables.tf"]
    assert b"`aws_vpc`" not in made["README.md"]


def test_code_that_cannot_be_packaged_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def unpackaged(_: object) -> None:
        raise PackagingError("app.py: invalid syntax, line 1")

    monkeypatch.setattr("constructs_lib.module_export.files.files", unpackaged)
    with pytest.raises(Problem, match=r"app\.py: invalid syntax, line 1"):
        synthesized(Environment(name="generic"), ())
