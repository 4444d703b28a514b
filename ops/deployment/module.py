"""`payctl module`: the stack as a Terraform module in a folder."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from constructs_lib.settings.schema import Environment
from ops.errors import NEEDS_PERSON, Problem
from ops.progress import Waiting
from ops.target import read

MANIFEST = ".payctl-module.json"
GENERIC = "generic"


def module(name: str, out: Path, *, uses: Sequence[str], as_json: bool) -> int:
    """Writes the module of an environment; that of the default settings is named `generic`."""
    environment = Environment(name=GENERIC) if name == GENERIC else read(name)
    before = made_before(out)
    files = _files(environment, uses)
    manifest = {path: _sum(content) for path, content in sorted(files.items())}
    if before != manifest:
        _replace(out, {**files, MANIFEST: (json.dumps(manifest, indent=2) + "\n").encode()})
    if as_json:
        click.echo(json.dumps({"folder": str(out), "files": sorted(manifest), "changed": before != manifest}))
    else:
        done = "made" if before is None else "unchanged" if before == manifest else "made again"
        click.echo(f"{out}: {done}, {len(manifest)} files. Begin with {out / 'README.md'}.")
    return 0


def made_before(out: Path) -> Mapping[str, str] | None:
    """Returns the files of a folder that this command wrote; raises Problem if other files would be lost."""
    if out.is_file():
        raise Problem(f"{out} is a file.", hint="Name a folder.", code=NEEDS_PERSON)
    found = {str(it.relative_to(out)) for it in out.rglob("*") if not it.is_dir()} if out.exists() else set()
    if not found:
        return None
    if MANIFEST not in found:
        raise Problem(
            f"{out} was not written by payctl module and is not changed.",
            hint="Name a new folder.",
            code=NEEDS_PERSON,
        )
    manifest: dict[str, str] = json.loads((out / MANIFEST).read_text())
    own = found - {MANIFEST}
    lost = sorted(path for path in own if manifest.get(path) != _sum((out / path).read_bytes()))
    if lost:
        raise Problem(
            f"{out} has files that payctl did not write, or that were changed: {_named(lost)}.",
            hint="They would be lost. Move them away, or name a new folder.",
            code=NEEDS_PERSON,
        )
    return {path: it for path, it in manifest.items() if path in own}


def _files(environment: Environment, uses: Sequence[str]) -> dict[str, bytes]:
    with Waiting(f"synthesize the module of {environment.name}, twice"):
        from constructs_lib.aws.compute.packaging import PackagingError
        from constructs_lib.module_export.existing_resources import Use
        from constructs_lib.module_export.files import files
        from constructs_lib.module_export.interface import interface

        try:
            return files(interface(environment, [Use(use) for use in uses]))
        except PackagingError as error:
            raise Problem(str(error), hint="Nothing was written.") from error


def _replace(out: Path, files: Mapping[str, bytes]) -> None:
    """Writes a new folder and renames it, so that the folder is never incomplete."""
    out.parent.mkdir(parents=True, exist_ok=True)
    new, old = (out.with_name(f".{out.name}.{part}.{os.getpid()}") for part in ("new", "old"))
    try:
        for path, content in files.items():
            (new / path).parent.mkdir(parents=True, exist_ok=True)
            (new / path).write_bytes(content)
        if out.exists():
            out.replace(old)
        new.replace(out)
    except BaseException:
        if old.exists() and not out.exists():
            old.replace(out)
        raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _named(paths: Sequence[str]) -> str:
    shown = ", ".join(paths[:3])
    return f"{shown} and {len(paths) - 3} more" if len(paths) > 3 else shown
