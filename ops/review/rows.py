"""Rows of changed resources, with their attributes as they may be displayed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from ops.review.judges.attribute_changes import author_differences
from ops.review.judges.case import Case
from ops.review.plan.plan import Action, Change
from ops.review.plan.stack import construct
from ops.review.plan.values import display, is_secret
from ops.review.report import Attribute, Finding, Row

MOST = 40  # attributes of a resource


def rows(case: Case, findings: Iterable[Finding]) -> tuple[Row, ...]:
    """Returns a row for each resource that changes, the gravest first, then by construct."""
    at: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        for address in finding.addresses:
            at[address].append(finding)
    found = [
        Row(
            address=change.address + (f" (deposed {change.deposed})" if change.deposed else ""),
            type=change.type,
            construct=construct(change.path, change.address),
            action=change.action,
            moved_from=change.previous_address if change.moves else "",
            import_id=change.import_id,
            attributes=tuple(_attributes(case, change))[:MOST],
            findings=tuple(at[change.address]),
        )
        for change in case.plan.changes
        if change.does_something or (change.managed and change.deposed)
    ]
    return tuple(sorted(found, key=lambda row: (-row.verdict, row.construct, row.address)))


def _attributes(case: Case, change: Change) -> Iterator[Attribute]:
    if change.action not in (Action.UPDATE, Action.REPLACE):
        return
    for each in author_differences(case, change):
        before, after = (
            display(each.steps, side, case.knowledge, case.redactor) for side in (each.before, each.after)
        )
        yield Attribute(
            name=each.name,
            before=before,
            after=after,
            replaces=any(
                each.steps[: len(path)] == path or path[: len(each.steps)] == each.steps
                for path in change.replace_paths
            ),
            secret=each.hides_secret or is_secret(each.steps, case.knowledge),
        )
