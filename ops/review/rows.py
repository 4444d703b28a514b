"""One row for each resource that changes, with its attributes as they may be shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from ops.review.judges.case import Case
from ops.review.judges.others import ordinary_differences
from ops.review.plan.plan import Action, Change, Hidden, Steps
from ops.review.plan.stack import construct
from ops.review.plan.values import Difference, is_secret, shown
from ops.review.report import Attribute, Finding, Row

MOST = 40  # attributes of a resource


def rows(case: Case, findings: Iterable[Finding]) -> tuple[Row, ...]:
    """The gravest first, then by construct."""
    at: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        for address in finding.addresses:
            at[address].append(finding)
    made = [
        _row(case, change, tuple(at[change.address]))
        for change in case.plan.changes
        if change.does_something or (change.managed and change.deposed)
    ]
    return tuple(sorted(made, key=lambda row: (-row.verdict, row.construct, row.address)))


def _row(case: Case, change: Change, findings: tuple[Finding, ...]) -> Row:
    return Row(
        address=change.address + (f" (deposed {change.deposed})" if change.deposed else ""),
        type=change.type,
        construct=construct(change.path, change.address),
        action=change.action,
        moved_from=change.previous_address if change.moves else "",
        import_id=change.import_id,
        attributes=tuple(_attributes(case, change))[:MOST],
        findings=findings,
    )


def _attributes(case: Case, change: Change) -> Iterator[Attribute]:
    if change.action not in (Action.UPDATE, Action.REPLACE):
        return
    for each in ordinary_differences(case, change):
        before, after = (_text(case, each, side) for side in (each.before, each.after))
        yield Attribute(
            name=each.name,
            before=before,
            after=after,
            replaces=any(
                _begins(each.steps, path) or _begins(path, each.steps) for path in change.replace_paths
            ),
            secret=isinstance(each.before, Hidden)
            or isinstance(each.after, Hidden)
            or is_secret(each.steps, case.knowledge),
        )


def _text(case: Case, each: Difference, side: object) -> str:
    return shown(each.steps, side, case.knowledge, case.vault)


def _begins(steps: Steps, path: Steps) -> bool:
    return steps[: len(path)] == path
