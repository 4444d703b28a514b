"""The tags of everything."""

from __future__ import annotations

from collections.abc import Mapping

UNKNOWN = "unknown"
# Tag: variable of the pipeline that deploys.
VARIABLES = {
    "Repository": "REPOSITORY",
    "Author": "COMMIT_AUTHOR",
    "PRNumber": "PR_NUMBER",
    "Team": "TEAM",
}


def default_tags(environment: str, created_at: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Who, what and since when; a variable that is not set or empty gives `unknown`."""
    told = {tag: variables.get(variable) or UNKNOWN for tag, variable in VARIABLES.items()}
    return {"Environment": environment, **told, "CreatedAt": created_at}
