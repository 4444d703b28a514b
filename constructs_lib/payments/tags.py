"""Default tags of all resources."""

from collections.abc import Mapping

UNKNOWN = "unknown"
# Environment variable of the pipeline for each tag.
VARIABLES = {
    "Repository": "REPOSITORY",
    "Author": "COMMIT_AUTHOR",
    "PRNumber": "PR_NUMBER",
    "Team": "TEAM",
}


def default_tags(environment: str, created_at: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Returns the tags. A variable that is unset or empty gives `unknown`."""
    passed = {tag: variables.get(variable) or UNKNOWN for tag, variable in VARIABLES.items()}
    return {"Environment": environment, **passed, "CreatedAt": created_at}
