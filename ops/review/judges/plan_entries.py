"""Entries of a plan outside attributes: completeness, checks, moves, imports, outputs."""

from collections.abc import Iterator

from ops.review.judges.attribute_changes import DONE, author_differences, root_names
from ops.review.judges.case import Case
from ops.review.plan.plan import Action
from ops.review.report import Finding


def incomplete(case: Case) -> Iterator[Finding]:
    """Yields a finding for a plan that is only a part of one."""
    if case.plan.errored:
        title = "Terraform failed while it planned: the plan is incomplete"
        yield case.finding("incomplete/errored", title=title)
    elif not case.plan.complete:
        title = "The plan is partial: more changes remain after its apply"
        yield case.finding("incomplete/partial", title=title)


def checks(case: Case) -> Iterator[Finding]:
    """Yields failed checks: they neither stop an apply nor change Terraform's exit code."""
    for check in case.plan.checks:
        failed = check.status == "fail"
        yield case.finding(
            "check/failed" if failed else "check/error",
            title="fails" if failed else "could not be evaluated",
            details=check.messages,
            addresses=(check.address,),
        )


def state(case: Case) -> Iterator[Finding]:
    """Yields changes of the state: moves, imports, and resources that Terraform forgets."""
    for change in case.plan.changes:
        if change.moves:
            yield case.finding("state/moved", change, title=f"moves here from {change.previous_address}")
        if change.imports and change.action is Action.NO_OP:
            yield case.finding("state/imported", change, title="is imported without changes")
        elif change.imports:
            names = ", ".join(root_names(author_differences(case, change))) or "no attribute"
            title = f"is imported and {DONE[change.action]}: {names}"
            yield case.finding("state/import-changes", change, title=title)
        if change.forgets:
            title = "is forgotten: it stays in AWS, and Terraform no longer manages it"
            yield case.finding("state/forgotten", change, title=title)


def outputs(case: Case) -> Iterator[Finding]:
    """Yields changed and removed outputs: other stacks may read them."""
    for output in case.plan.outputs:
        address = (f"output.{output.name}",)
        if output.action is Action.DESTROY:
            title = "is removed: stacks that read it will fail"
            yield case.finding("output/removed", title=title, addresses=address)
        elif output.action not in (Action.NO_OP, Action.READ, Action.CREATE):
            title = "changes (secret)" if output.sensitive else "changes"
            yield case.finding("output/changed", title=title, addresses=address)
