"""The review as one JSON object, for a program."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

from ops.review.report import Counts, Kind, Report


def render(report: Report) -> str:
    """`verdict`, `exit_code`, `reviews` and `groups`, the names of environments whose plans are equal."""
    told = {
        "verdict": report.verdict.name,
        "exit_code": report.verdict.exit_code,
        "groups": [[review.environment for review in group] for group in report.groups],
        "reviews": [plain(review) for review in report.reviews],
    }
    return json.dumps(told, indent=2) + "\n"


def plain(value: Any) -> Any:
    """What JSON can hold."""
    if isinstance(value, Kind):
        return value.key
    if isinstance(value, IntEnum):
        return value.name
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Counts):
        return dict(value.items())
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            each.name: plain(getattr(value, each.name))
            for each in dataclasses.fields(value)
            if each.name != "shape"
        }
    return value
