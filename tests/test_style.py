"""Rules that a tool can check: layout, imports, sizes of folders, types."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import grimp
import pytest

from ops.checkout import ROOT

MOST_MODULES = 15
PACKAGES = ("constructs_lib", "ops", "payments")


def _check(*words: str) -> None:
    program, *arguments = words
    done = subprocess.run(
        [Path(sys.executable).parent / program, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "handlers"},
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("words", [("check", "--quiet"), ("format", "--check", "--quiet")])
def test_the_code_keeps_its_layout_and_imports_nothing_that_is_banned(words: Sequence[str]) -> None:
    _check("ruff", *words, "--no-cache", ".")


@pytest.mark.integration
def test_every_type_is_strict(tmp_path: object) -> None:
    _check("mypy", "--cache-dir", str(tmp_path), "main.py", "constructs_lib", "handlers", "ops", "tests")


def test_imports_point_down() -> None:
    """The contracts are in pyproject.toml; their names say what a broken one means."""
    _check("lint-imports", "pyproject.toml", "--no-cache")


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    circles = [
        f"{importer} -> {imported} -> ... -> {importer}"
        for importer in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
        if graph.chain_exists(importer=imported, imported=importer)
    ]
    assert not circles, "\n".join(circles)


def test_a_folder_has_few_enough_modules_to_read_their_names() -> None:
    crowded = {
        str(folder.relative_to(ROOT)): len(modules)
        for root in ("constructs_lib", "handlers", "ops")
        for folder, _, files in (ROOT / root).walk()
        if len(modules := [it for it in files if it.endswith(".py") and it != "__init__.py"]) > MOST_MODULES
    }
    assert not crowded, f"over {MOST_MODULES} modules at one level, sort them into packages: {crowded}"
