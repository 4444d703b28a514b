"""`payctl check`: Checkov on a plan, with the findings that the code accepts."""

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from ops.deployment.deploy import environment_lock, prepare_stack, retry_without_stale_lock
from ops.errors import NEEDS_PERSON
from ops.review.checkov import FailedCheck, failed
from ops.review.plan.stack import accepted, notes
from ops.target import resolve_target
from ops.terraform import terraform

Reasons = Mapping[str, Mapping[str, str]]  # by address, then by check


@dataclass(frozen=True, slots=True)
class Judgement:
    """Represents open failed checks, accepted ones with their reasons, and reasons without a failed check.

    Some checks fail only while a plan does not know a value yet, others only afterwards. A reason may be
    deleted when it is `needless` in the plan of a new environment and in that of a deployed one.
    """

    open: list[FailedCheck]
    accepted: list[tuple[FailedCheck, str]]
    needless: list[tuple[str, str]]


def check(name: str, *, local: bool, as_json: bool) -> int:
    """Plans an environment and checks the plan. Returns 0, or 2 when a failed check is not accepted."""
    target = resolve_target(name, local=local)
    # A plan contains secrets in clear text: only its owner may read it, and it is deleted after the check.
    with environment_lock(target), tempfile.TemporaryDirectory(prefix="payctl-check-") as folder:
        stack, saved, shown = prepare_stack(target), Path(folder, "plan"), Path(folder, "plan.json")
        retry_without_stale_lock(
            target, lambda: terraform.plan(stack, target.variables, out=saved, show=False)
        )
        shown.write_text(json.dumps(terraform.show(stack, saved, target.variables)))
        found = judge(failed(shown), accepted(notes(stack)))
    click.echo(json.dumps(_plain(found)) if as_json else text(name, found))
    return NEEDS_PERSON if found.open else 0


def judge(findings: Iterable[FailedCheck], reasons: Reasons) -> Judgement:
    """Compares failed checks with reasons."""
    known = {(one.resource, one.check): one for one in findings}
    by_pair = {(address, check): why for address, checks in reasons.items() for check, why in checks.items()}
    return Judgement(
        open=[one for pair, one in known.items() if pair not in by_pair],
        accepted=[(one, by_pair[pair]) for pair, one in known.items() if pair in by_pair],
        needless=sorted(by_pair.keys() - known.keys()),
    )


def text(name: str, found: Judgement) -> str:
    """Returns a report: open checks first, then accepted ones with their reasons, grouped by check."""
    lines = [f"{one.resource}\n  {one.check} {one.title}" for one in found.open]
    if lines:
        lines.append("")
    groups = Counter((one.check, why) for one, why in found.accepted)
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
