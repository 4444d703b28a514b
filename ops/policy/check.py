"""`payctl check`: no failed check of Checkov but those that are accepted beside their resource."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from ops.deployment.deploy import environment_lock, prepare_stack, retry_without_stale_lock
from ops.errors import NEEDS_PERSON
from ops.policy.checkov import Finding, failed
from ops.target import resolve_target
from ops.terraform import terraform

Reasons = Mapping[str, Mapping[str, str]]  # by address, then by check


@dataclass(frozen=True, slots=True)
class Judgement:
    """Findings that nobody accepted, those that are accepted, and acceptances of what does not fail here.

    Some checks fail only while a plan does not know a value yet, others only once it does: `needless` in the
    plan of a new environment and in that of a deployed one is what may be deleted.
    """

    open: list[Finding]
    accepted: list[tuple[Finding, str]]
    needless: list[tuple[str, str]]


def check(name: str, *, local: bool, as_json: bool) -> int:
    """Plan an environment and check the plan: 0 clean, 2 a person has to look."""
    target = resolve_target(name, local=local)
    # A plan holds values in clear: only we may read it, and only until it is checked.
    with environment_lock(target), tempfile.TemporaryDirectory(prefix="payctl-check-") as folder:
        stack, saved, shown = prepare_stack(target), Path(folder, "plan"), Path(folder, "plan.json")
        retry_without_stale_lock(
            target, lambda: terraform.plan(stack, target.variables, out=saved, show=False)
        )
        shown.write_text(json.dumps(terraform.show(stack, saved, target.variables)))
        found = judge(failed(shown), reasons(json.loads((stack / "cdk.tf.json").read_text())))
    click.echo(json.dumps(_plain(found)) if as_json else text(name, found))
    return NEEDS_PERSON if found.open else 0


def reasons(stack: Mapping[str, Any]) -> Reasons:
    """What is accepted in a synthesized stack (constructs_lib/aws/checkov.py)."""
    return {
        f"{kind}.{name}": body["//"]["accepted"]
        for kind, bodies in stack.get("resource", {}).items()
        for name, body in bodies.items()
        if "accepted" in body.get("//", {})
    }


def judge(findings: Iterable[Finding], reasons: Reasons) -> Judgement:
    """Set findings against reasons."""
    found = list(findings)
    known = {(one.resource, one.check): one for one in found}
    accepted = {(address, check): why for address, checks in reasons.items() for check, why in checks.items()}
    return Judgement(
        open=[one for pair, one in known.items() if pair not in accepted],
        accepted=[(one, accepted[pair]) for pair, one in known.items() if pair in accepted],
        needless=sorted(pair for pair in accepted if pair not in known),
    )


def text(name: str, found: Judgement) -> str:
    """For people: what is open first, then what is accepted and why, grouped by check."""
    lines = [f"{one.resource}\n  {one.check} {one.title}" for one in found.open]
    if lines:
        lines.append("")
    groups: dict[tuple[str, str], int] = {}
    for one, why in found.accepted:
        groups[one.check, why] = groups.get((one.check, why), 0) + 1
    lines += [f"accepted {check} {count} x: {why}" for (check, why), count in sorted(groups.items())]
    lines.append(
        f"{name}: {len(found.open)} open, {len(found.accepted)} accepted, {len(found.needless)} not needed"
    )
    return "\n".join(lines)


def _plain(found: Judgement) -> dict[str, Any]:
    return {
        "open": [asdict(one) for one in found.open],
        "accepted": [{**asdict(one), "reason": why} for one, why in found.accepted],
        "needless": [{"resource": address, "check": check} for address, check in found.needless],
    }
