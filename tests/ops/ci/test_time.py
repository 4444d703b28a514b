"""A first deployment is tagged with the time of its plan: two plans of it are the same plan all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.ci.planning import judged

FIRST, SECOND = "2026-03-01T12:00:00Z", "2026-03-01T12:07:31Z"


def hash_of(planned: str, tag: str, folder: Path) -> str:
    after: dict[str, Any] = {"name": "q", "tags": {"CreatedAt": tag}, "policy": f'{{"since": "{tag}"}}'}
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {}}
    document = {
        "format_version": "1.2",
        "planned_values": {},
        "timestamp": planned,
        "resource_changes": [
            {"address": "aws_sqs_queue.q", "type": "aws_sqs_queue", "mode": "managed", "change": change}
        ],
    }
    return judged(document, "dev", folder).reviews[0].hash


def test_the_time_of_the_plan_is_no_part_of_its_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYCTL_REVIEW_KEY", "k")
    first = hash_of(FIRST, FIRST, tmp_path)
    assert hash_of(SECOND, SECOND, tmp_path) == first
    assert hash_of(SECOND, FIRST, tmp_path) != first
    assert hash_of("", FIRST, tmp_path) != first
