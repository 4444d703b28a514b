"""The review as one JSON object."""

import dataclasses
import json
from typing import Any

from ops.review.report import Report
from ops.review.verdict import Kind, Verdict


def render(report: Report) -> str:
    """Returns `verdict`, `exit_code`, `reviews` and `groups`, the names of environments with equal plans."""
    content = {
        "verdict": report.verdict.name,
        "exit_code": report.verdict.exit_code,
        "groups": [[review.environment for review in group] for group in report.groups],
        "reviews": [dataclasses.asdict(review, dict_factory=_object) for review in report.reviews],
    }
    return json.dumps(content, indent=2, default=str) + "\n"


def _object(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name.rstrip("_"): _plain(value) for name, value in fields if name != "shape"}


def _plain(value: Any) -> Any:
    if isinstance(value, Verdict):
        return value.name
    return value.key if isinstance(value, Kind) else value
