"""GitLab: https://docs.gitlab.com/api/, version 4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ops.ci.forge import Note, Rest, needed


@dataclass(frozen=True, slots=True)
class GitLab:
    """A project; needs a project access token of role Reporter and scope `api`, as a masked variable."""

    rest: Rest
    me: int
    longest: int = 1_000_000

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Self:
        """From PAYCTL_GITLAB_TOKEN, CI_API_V4_URL and CI_PROJECT_ID."""
        api = needed(variables, "CI_API_V4_URL")
        headers = {"PRIVATE-TOKEN": needed(variables, "PAYCTL_GITLAB_TOKEN")}
        me = Rest(api, headers).send("GET", "user")["id"]
        return cls(Rest(f"{api}/projects/{needed(variables, 'CI_PROJECT_ID')}", headers), me)

    def notes(self, change: int) -> list[Note]:
        found = self.rest.all(f"merge_requests/{change}/notes?sort=asc&order_by=created_at")
        return [self._note(note, note["id"], note["body"]) for note in found]

    def add_note(self, change: int, body: str) -> None:
        self.rest.send("POST", f"merge_requests/{change}/notes", {"body": body})

    def edit_note(self, change: int, note: int, body: str) -> None:
        self.rest.send("PUT", f"merge_requests/{change}/notes/{note}", {"body": body})

    def issues(self, label: str) -> list[Note]:
        found = self.rest.all(f"issues?state=opened&labels={label}&sort=asc")
        return [self._note(issue, issue["iid"], issue["description"]) for issue in found]

    def open_issue(self, title: str, body: str, label: str) -> None:
        self.rest.send("POST", "issues", {"title": title, "description": body, "labels": label})

    def edit_issue(self, issue: int, body: str) -> None:
        self.rest.send("PUT", f"issues/{issue}", {"description": body})

    def close_issue(self, issue: int, body: str) -> None:
        self.rest.send("PUT", f"issues/{issue}", {"description": body, "state_event": "close"})

    def _note(self, entry: Mapping[str, Any], number: int, body: str | None) -> Note:
        return Note(number, body or "", entry["author"]["id"] == self.me)
