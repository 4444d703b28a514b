"""GitHub and GitLab, as the workflows need them: notes on a change, and issues.

GitHub: https://docs.github.com/en/rest, version 2022-11-28. GitLab: https://docs.gitlab.com/api/, version 4.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ops.errors import NEEDS_PERSON, Problem
from ops.http import request

PAGE = 100  # the longest page of both forges
BOT = "github-actions[bot]"  # the author of what GITHUB_TOKEN writes


@dataclass(frozen=True, slots=True)
class Note:
    """Represents a comment or an issue. `own`: the workflows wrote it."""

    id: int
    body: str
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Forge:
    """Represents a repository of GitHub or a project of GitLab, and how its API differs from the other's.

    Every call raises Problem where the API refuses it. The headers contain a token and are never shown.
    """

    base: str
    headers: Mapping[str, str] = field(repr=False)
    longest: int  # characters of a note
    edit: str  # the HTTP method that changes a note
    notes_path: str  # of a change
    note_path: str
    issues_path: str  # the open issues with a label
    number: str  # the key of an issue's number
    text: str  # the key of an issue's text
    labels_are_a_list: bool
    closed: Mapping[str, str]  # the fields that close an issue
    own: Callable[[Mapping[str, Any]], bool]

    def notes(self, change: int) -> list[Note]:
        """Returns the comments of a pull request or merge request, the oldest first."""
        found = self._list(self.notes_path.format(change=change))
        return [Note(it["id"], it.get("body") or "", self.own(it)) for it in found]

    def add_note(self, change: int, body: str) -> None:
        """Adds a comment."""
        self.send("POST", self.notes_path.format(change=change).partition("?")[0], {"body": body})

    def edit_note(self, change: int, note: int, body: str) -> None:
        """Replaces the text of a comment."""
        self.send(self.edit, self.note_path.format(change=change, note=note), {"body": body})

    def issues(self, label: str) -> list[Note]:
        """Returns the open issues with a label; GitHub also lists pull requests, which are left out."""
        found = self._list(self.issues_path.format(label=label))
        issues = [it for it in found if "pull_request" not in it]
        return [Note(it[self.number], it.get(self.text) or "", self.own(it)) for it in issues]

    def open_issue(self, title: str, body: str, label: str) -> None:
        """Opens an issue."""
        labels = [label] if self.labels_are_a_list else label
        self.send("POST", "issues", {"title": title, self.text: body, "labels": labels})

    def edit_issue(self, issue: int, body: str, *, close: bool = False) -> None:
        """Replaces the text of an issue; `close` also closes it."""
        self.send(self.edit, f"issues/{issue}", {self.text: body, **(self.closed if close else {})})

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Calls the API and returns its JSON."""
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
                hint="Run the job again; if it fails again, see the status page of the forge.",
            )
        return answer.json()

    def _list(self, path: str) -> list[Any]:
        found: list[Any] = []
        joint = "&" if "?" in path else "?"
        while True:
            page = self.send("GET", f"{path}{joint}per_page={PAGE}&page={len(found) // PAGE + 1}")
            found += page
            if len(page) < PAGE:
                return found


def from_runner(variables: Mapping[str, str] = os.environ) -> Forge:
    """Returns the forge whose runner set these variables; raises Problem where one is missing."""
    return _gitlab(variables) if variables.get("GITLAB_CI") else _github(variables)


def required(variables: Mapping[str, str], name: str) -> str:
    """Returns a variable that the runner sets; raises Problem if it is missing."""
    if not variables.get(name):
        raise Problem(
            f"{name} is not set.",
            hint="This command runs in a workflow: docs/ci.md lists the variables that it needs.",
            code=NEEDS_PERSON,
        )
    return variables[name]


def _github(variables: Mapping[str, str]) -> Forge:
    """Needs `pull-requests: write` for notes and `issues: write` for issues."""
    return Forge(
        base=f"{required(variables, 'GITHUB_API_URL')}/repos/{required(variables, 'GITHUB_REPOSITORY')}",
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {required(variables, 'GITHUB_TOKEN')}",
            "X-GitHub-Api-Version": "2022-11-28",
        },
        longest=65_536,
        edit="PATCH",
        notes_path="issues/{change}/comments",  # comments of a pull request are those of its issue
        note_path="issues/comments/{note}",
        issues_path="issues?state=open&labels={label}&sort=created&direction=asc",
        number="number",
        text="body",
        labels_are_a_list=True,
        closed={"state": "closed", "state_reason": "completed"},
        own=lambda entry: (entry.get("user") or {}).get("login") == BOT,
    )


def _gitlab(variables: Mapping[str, str]) -> Forge:
    """Needs a project access token of role Reporter and scope `api`, as a masked variable."""
    api = required(variables, "CI_API_V4_URL")
    user: list[int] = []  # the token's, read on the first use

    def own(entry: Mapping[str, Any]) -> bool:
        if not user:
            user.append(replace(forge, base=api).send("GET", "user")["id"])
        return bool(entry["author"]["id"] == user[0])

    forge = Forge(
        base=f"{api}/projects/{required(variables, 'CI_PROJECT_ID')}",
        headers={"PRIVATE-TOKEN": required(variables, "PAYCTL_GITLAB_TOKEN")},
        longest=1_000_000,
        edit="PUT",
        notes_path="merge_requests/{change}/notes?sort=asc&order_by=created_at",
        note_path="merge_requests/{change}/notes/{note}",
        issues_path="issues?state=opened&labels={label}&sort=asc",
        number="iid",
        text="description",
        labels_are_a_list=False,
        closed={"state_event": "close"},
        own=own,
    )
    return forge
