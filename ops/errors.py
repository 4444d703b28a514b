"""Errors that a person can act on, and the exit codes of every command."""

from __future__ import annotations

FAILED = 1
NEEDS_PERSON = 2
BUG = 70
INTERRUPTED = 130
TERMINATED = 143


class Problem(Exception):
    """Represents a failure: one sentence, a hint on what to do, and the exit code of the command."""

    def __init__(self, what: str, *, hint: str = "", code: int = FAILED) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.code = code

    def __str__(self) -> str:
        return f"{self.what}\n{self.hint}" if self.hint else self.what


class Terminated(KeyboardInterrupt):
    """Represents an interruption by SIGTERM instead of Ctrl-C."""


def interruption_code(error: BaseException) -> int:
    """Returns the exit code of an interruption, which click wraps into its own error."""
    return TERMINATED if isinstance(error.__cause__ or error, Terminated) else INTERRUPTED
