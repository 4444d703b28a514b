"""Proof by mutation, run with the other tests."""

from __future__ import annotations

import pytest

from tests.mutation.mutate import main


def test_a_test_fails_for_every_mutant(capsys: pytest.CaptureFixture[str]) -> None:
    code = main([])
    report = capsys.readouterr().out
    survivors = [line for line in report.splitlines() if line.startswith("SURVIVED")]
    assert code == 0, "\n".join(survivors or [report])
