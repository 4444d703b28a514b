"""A forge as the workflows need it: notes on a change, and issues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ops.errors import NEEDS_PERSON, Problem
from ops.http import request

PAGE = 100  # the most that both forges give at once


@dataclass(frozen=True, slots=True)
class Note:
    """A comment or an issue; `mine` is whether the workflows wrote it."""

    id: int
    body: str
    mine: bool


class Forge(Protocol):
    """Where the code lives, and its changes are talked about."""

    @property
    def longest(self) -> int:
        """Characters that a note may have."""

    def notes(self, change: int) -> list[Note]:
        """The comments of a pull request or merge request, the oldest first."""

    def add_note(self, change: int, body: str) -> None:
        """Comment."""

    def edit_note(self, change: int, note: int, body: str) -> None:
        """Replace a comment's text."""

    def issues(self, label: str) -> list[Note]:
        """The open issues with a label."""

    def open_issue(self, title: str, body: str, label: str) -> None:
        """Open one."""

    def edit_issue(self, issue: int, body: str) -> None:
        """Replace an issue's text."""

    def close_issue(self, issue: int, body: str) -> None:
        """Replace an issue's text with its last, and close it."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Calls of a JSON API; Problem when it refuses. The headers hold a token and are never shown."""

    base: str
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Rest({self.base})"

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One call, answered in JSON."""
        answer = request(method, f"{self.base}/{path}", headers=self.headers, body=body)
        if answer.status in (401, 403):
            raise Problem(
                f"{self.base} refuses {method} {path} ({answer.status}).",
                hint="The job's token lacks a permission: compare its `permissions` with .github/workflows.",
                code=NEEDS_PERSON,
            )
        if answer.status >= 300:
            raise Problem(
                f"{self.base} answered {answer.status} to {method} {path}.",
                hint="Run the job again; if it stays so, see the forge's status page.",
            )
        return answer.json()

    def all(self, path: str) -> list[Any]:
        """Every page of a list."""
        found: list[Any] = []
        joint = "&" if "?" in path else "?"
        while True:
            page = self.send("GET", f"{path}{joint}per_page={PAGE}&page={len(found) // PAGE + 1}")
            found += page
            if len(page) < PAGE:
                return found


def needed(variables: Mapping[str, str], name: str) -> str:
    """A variable that the forge's runner sets."""
    if not variables.get(name):
        raise Problem(
            f"{name} is not set.",
            hint="This command is for a workflow: docs/ci.md says which variables it needs.",
            code=NEEDS_PERSON,
        )
    return variables[name]
