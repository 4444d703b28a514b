"""The forges there are, and the one whose workflow this is."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ops.ci.forge import Forge
from ops.ci.github import GitHub
from ops.ci.gitlab import GitLab


def here(variables: Mapping[str, str] = os.environ) -> Forge:
    """By what the runner sets; Problem where a variable is missing that it needs."""
    return GitLab.of(variables) if variables.get("GITLAB_CI") else GitHub.of(variables)
