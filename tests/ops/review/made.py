"""Small plans without Terraform."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ops.review.build import Extras, case_of, review
from ops.review.judges.case import Case
from ops.review.plan.plan import Plan
from ops.review.plan.reading import read
from ops.review.plan.secrets import Redactor
from ops.review.report import Finding, Report, Review

TODAY = date(2026, 6, 15)
ACTIONS = {
    (False, True): ["create"],
    (True, False): ["delete"],
    (True, True): ["update"],
}


def entry(address: str, before: Any = None, after: Any = None, **more: Any) -> dict[str, Any]:
    """Returns an entry of `resource_changes`; `more`: fields of `change`, or of the entry itself."""
    beside: dict[str, Any] = {
        name: more.pop(name)
        for name in ("previous_address", "action_reason", "deposed", "mode")
        if name in more
    }
    kind = address.rpartition("module.")[2].partition(".")[2] if address.startswith("module.") else address
    change = {"actions": ACTIONS.get((before is not None, after is not None), ["no-op"]), **more}
    return {
        "address": address,
        "type": kind.partition(".")[0],
        "mode": "managed",
        **beside,
        "change": {"before": before, "after": after, **change},
    }


def document(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Returns a plan in the form of `terraform show -json`."""
    return {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": list(entries), **more}


def plan(
    *entries: dict[str, Any],
    name: str = "dev",
    redactor: Redactor | None = None,
    paths: Mapping[str, str] | None = None,
    **more: Any,
) -> Plan:
    return read(
        document(*entries, **more),
        redactor or Redactor(b"key"),
        name=name,
        where="plan.json",
        paths=paths or {},
    )


def case(*entries: dict[str, Any], **more: Any) -> Case:
    return case_of(plan(*entries, **more), Redactor(b"key"))


def reviewed(*entries: dict[str, Any], extras: Extras | None = None, **more: Any) -> Review:
    redactor = Redactor(b"key")
    return review(case_of(plan(*entries, redactor=redactor, **more), redactor), extras or Extras(), TODAY)


def reported(*entries: dict[str, Any], **more: Any) -> Report:
    return Report((reviewed(*entries, **more),))


def findings(made: Review) -> list[Finding]:
    return [finding for block in made.blocks for finding in block.findings]


def rules(made: Review) -> list[str]:
    return [finding.rule for finding in findings(made)]
