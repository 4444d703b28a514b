"""Failures that a person can act on, and the exit codes of every command."""

from __future__ import annotations

FAILED = 1
NEEDS_PERSON = 2
BUG = 70
INTERRUPTED = 130


class Problem(Exception):
    """What went wrong in one sentence, what to do about it, and the exit code of the command."""

    def __init__(self, what: str, *, hint: str = "", code: int = FAILED) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.code = code

    def __str__(self) -> str:
        return f"{self.what}\n{self.hint}" if self.hint else self.what
