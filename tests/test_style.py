"""Rules that a machine can hold: layout, bans of imports, types."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest

from ops.checkout import ROOT


def _check(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("words", [("check", "--quiet"), ("format", "--check", "--quiet")])
def test_the_code_keeps_its_layout_and_imports_nothing_that_is_banned(words: Sequence[str]) -> None:
    _check("ruff", *words, "--no-cache", ".")


@pytest.mark.integration
def test_every_type_is_strict(tmp_path: object) -> None:
    _check("mypy", "--cache-dir", str(tmp_path), "main.py", "constructs_lib", "handlers", "ops", "tests")
