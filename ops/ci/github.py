"""GitHub: https://docs.github.com/en/rest, version 2022-11-28."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ops.ci.forge import Note, Rest, needed

BOT = "github-actions[bot]"  # who GITHUB_TOKEN writes as


@dataclass(frozen=True, slots=True)
class GitHub:
    """A repository; needs `pull-requests: write` for notes and `issues: write` for issues."""

    rest: Rest
    longest: int = 65_536

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Self:
        """From GITHUB_TOKEN, GITHUB_REPOSITORY and GITHUB_API_URL."""
        base = f"{needed(variables, 'GITHUB_API_URL')}/repos/{needed(variables, 'GITHUB_REPOSITORY')}"
        return cls(
            Rest(
                base,
                {
                    "Accept": "application/vnd.github+json",
                    "Authorization": f"Bearer {needed(variables, 'GITHUB_TOKEN')}",
                    "X-GitHub-Api-Version": "2022-11-28",
                },
            )
        )

    def notes(self, change: int) -> list[Note]:
        """A pull request's comments are an issue's."""
        return [_note(comment, comment["id"]) for comment in self.rest.all(f"issues/{change}/comments")]

    def add_note(self, change: int, body: str) -> None:
        self.rest.send("POST", f"issues/{change}/comments", {"body": body})

    def edit_note(self, change: int, note: int, body: str) -> None:
        self.rest.send("PATCH", f"issues/comments/{note}", {"body": body})

    def issues(self, label: str) -> list[Note]:
        """Pull requests come along in GitHub's list, and are left out."""
        found = self.rest.all(f"issues?state=open&labels={label}&sort=created&direction=asc")
        return [_note(issue, issue["number"]) for issue in found if "pull_request" not in issue]

    def open_issue(self, title: str, body: str, label: str) -> None:
        self.rest.send("POST", "issues", {"title": title, "body": body, "labels": [label]})

    def edit_issue(self, issue: int, body: str) -> None:
        self.rest.send("PATCH", f"issues/{issue}", {"body": body})

    def close_issue(self, issue: int, body: str) -> None:
        closed = {"body": body, "state": "closed", "state_reason": "completed"}
        self.rest.send("PATCH", f"issues/{issue}", closed)


def _note(entry: Mapping[str, Any], number: int) -> Note:
    author = (entry.get("user") or {}).get("login")
    return Note(number, entry.get("body") or "", author == BOT)
